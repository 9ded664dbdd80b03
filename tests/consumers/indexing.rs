//! `search-sync` over tables and an index in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use search_sync::Following;
use shared::{
    domain::{
        ArticleId, DraftId, Timestamp, UserId,
        article::{Article, ArticleBody, Description, Slug, Title},
        ranking::Scoring,
        reaction::ArticleCounters,
        search::{ArticleSearch, Entry, EntryKey, FoundArticles, FoundUsers, SearchText, Suggestions, TagCount},
        user::{Role, User, Username},
    },
    indexing::Indexing,
    ports::{
        StoreError,
        indexing::{AtAddress, IndexSource, Material},
        search::{Build, Rebuilds, Refused, SearchWrites, Searches},
    },
    queue::{QueueEvent, QueueMessage},
};

use crate::{
    contract::{Case, Over},
    surroundings::{Faults, Noted, delivery},
};

const ANN: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const GONE: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAW";

fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

fn article(text: &str, version: u64, likes: u64) -> AtAddress {
    let at = Timestamp::from_millis(1_700_000_000_000);
    let article = Article {
        id: ArticleId::from_bytes([1; 16]),
        draft_id: DraftId::from_bytes([2; 16]),
        slug: slug(text),
        author_id: ANN.parse().unwrap(),
        title: Title::parse("Title").unwrap(),
        description: Description::parse("About it").unwrap(),
        tags: Vec::new(),
        revision: 1,
        created_at: at,
        updated_at: at,
        version,
    };
    let counters = ArticleCounters { likes, version: likes, ..ArticleCounters::default() };
    AtAddress::Live(Box::new(Material { article, body: ArticleBody::parse("# Text".to_owned()).unwrap(), counters }))
}

/// The tables as they are by the time that messages come.
struct Tables;

#[async_trait]
impl IndexSource for Tables {
    async fn addresses(&self, articles: &[ArticleId]) -> Result<Vec<Option<Slug>>, StoreError> {
        let address = |article: &ArticleId| (article.to_bytes() == [1; 16]).then(|| slug("liked"));
        Ok(articles.iter().map(address).collect())
    }

    async fn articles(&self, slugs: &[Slug]) -> Result<Vec<AtAddress>, StoreError> {
        let at = |slug: &Slug| match slug.as_str() {
            "changed" => Ok(article("changed", 3, 0)),
            "liked" => Ok(article("liked", 1, 8)),
            "withdrawn" => Ok(AtAddress::Gone(4)),
            "corrupt" => Err(StoreError::Fault { service: "the table", source: "an article without a text".into() }),
            _ => Ok(AtAddress::Nothing),
        };
        slugs.iter().map(at).collect()
    }

    async fn users(&self, users: &[UserId]) -> Result<Vec<Option<User>>, StoreError> {
        let user = |id: &UserId| {
            (id.to_string() == ANN).then(|| User {
                id: *id,
                username: Username::parse("ann").unwrap(),
                email: None,
                phone: None,
                role: Role::Author,
                bio: None,
                image: None,
                created_at: Timestamp::from_millis(0),
                version: 5,
                epoch: 0,
            })
        };
        Ok(users.iter().map(user).collect())
    }
}

/// What an index shows of each: the version, and the points or that it is gone. It can fail before any entry, refuses what is called
/// `refused`, and is asked for nothing else.
struct Index {
    shows: Mutex<BTreeMap<EntryKey, (u64, String)>>,
    calls: Mutex<usize>,
    faults: Arc<Faults>,
}

fn unasked<T>() -> Result<T, StoreError> {
    Err(StoreError::Fault { service: "search", source: "a consumer asks for nothing else".into() })
}

#[async_trait]
impl SearchWrites for Index {
    async fn apply(&self, entries: &[Entry]) -> Result<Vec<Refused>, StoreError> {
        *self.calls.lock().unwrap() += 1;
        let mut refused = Vec::new();
        for (place, entry) in entries.iter().enumerate() {
            self.faults.next()?;
            if entry.key() == EntryKey::Article("refused".to_owned()) {
                let reason = StoreError::Fault { service: "search", source: "it does not fit".into() };
                refused.push(Refused { place, reason });
                continue;
            }
            let shown = match entry {
                Entry::Article(article) => format!("{} points, {:?}", article.points, article.text),
                Entry::User(user) => user.username.as_str().to_owned(),
                Entry::Gone(..) => "gone".to_owned(),
            };
            let mut shows = self.shows.lock().unwrap();
            let kept = shows.entry(entry.key()).or_default();
            if entry.version().get() >= kept.0 {
                *kept = (entry.version().get(), shown);
            }
        }
        Ok(refused)
    }
}

#[async_trait]
impl Searches for Index {
    async fn articles(&self, _: &ArticleSearch) -> Result<FoundArticles, StoreError> {
        unasked()
    }

    async fn users(&self, _: &SearchText, _: usize, _: usize) -> Result<FoundUsers, StoreError> {
        unasked()
    }

    async fn tags(&self, _: &str, _: usize) -> Result<Vec<TagCount>, StoreError> {
        unasked()
    }

    async fn suggest(&self, _: &str, _: usize) -> Result<Suggestions, StoreError> {
        unasked()
    }
}

#[async_trait]
impl Rebuilds for Index {
    async fn under_way(&self) -> Result<Option<Build>, StoreError> {
        unasked()
    }

    async fn begin(&self, _: Timestamp) -> Result<Build, StoreError> {
        unasked()
    }

    async fn fill(&self, _: &Build, _: &[Entry], _: &str) -> Result<Vec<Refused>, StoreError> {
        unasked()
    }

    async fn finish(&self, _: &Build) -> Result<(), StoreError> {
        unasked()
    }
}

fn index(faults: Arc<Faults>) -> (Following, Arc<Index>) {
    let index = Arc::new(Index { shows: Mutex::default(), calls: Mutex::default(), faults });
    let indexing = Indexing { source: Arc::new(Tables), scoring: Scoring::default() };
    (Following { indexing, engine: index.clone() }, index)
}

fn change(what: &str, id: &str, version: u64, gone: bool) -> String {
    format!(r#"{{"form":1,"what":"{what}","id":"{id}","version":{version},"gone":{gone}}}"#)
}

fn messages() -> Vec<String> {
    vec![
        change("article", "changed", 1, false),
        change("article", "changed", 3, false),
        change("article", "withdrawn", 4, false),
        change("article", "deleted", 7, true),
        change("articleHeat", &ArticleId::from_bytes([1; 16]).to_string(), 8, false),
        change("articleHeat", GONE, 2, false),
        change("user", ANN, 5, false),
        change("user", GONE, 6, true),
    ]
}

/// The case.
pub fn case() -> Case {
    Case {
        name: "search-sync",
        messages,
        make: |faults, noted| {
            let (following, store) = index(faults);
            let outcome = |store: &Index| format!("{:?}", store.shows.lock().unwrap());
            Box::new(Over { delivery: delivery(following, noted), store, outcome })
        },
    }
}

fn event(bodies: Vec<String>) -> QueueEvent {
    let message = |(number, body): (usize, String)| QueueMessage {
        message_id: number.to_string(),
        body,
        ..QueueMessage::default()
    };
    QueueEvent { records: bodies.into_iter().enumerate().map(message).collect() }
}

async fn deliver(bodies: Vec<String>) -> (Vec<String>, Arc<Index>) {
    let (following, index) = index(Faults::of([]));
    let answer = delivery(following, Arc::<Noted>::default()).deliver(event(bodies)).await;
    let answer = serde_json::to_value(answer).unwrap();
    let failed = answer["batchItemFailures"].as_array().unwrap().iter();
    (failed.map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect(), index)
}

#[tokio::test]
async fn a_batch_is_one_request_and_shows_what_the_tables_have() {
    let (failed, index) = deliver(messages()).await;
    assert!(failed.is_empty());
    assert_eq!(*index.calls.lock().unwrap(), 1);
    let shows = index.shows.lock().unwrap();
    let of = |slug: &str| shows.get(&EntryKey::Article(slug.to_owned())).map(|(_, shown)| shown.as_str());
    assert_eq!(of("changed"), Some("0 points, \"Text\""));
    assert_eq!(of("liked"), Some("8 points, \"Text\""));
    assert_eq!((of("withdrawn"), of("deleted")), (Some("gone"), Some("gone")));
    let user = |id: &str| shows.get(&EntryKey::User(id.parse().unwrap())).map(|(_, shown)| shown.as_str());
    assert_eq!((user(ANN), user(GONE)), (Some("ann"), Some("gone")));
    assert_eq!(shows.len(), 6, "of an article that is gone, its heat is nothing");
}

#[tokio::test]
async fn while_the_engine_is_away_everything_comes_again_and_is_followed_when_it_is_back() {
    let (following, index) = index(Faults::of([true]));
    let delivery = delivery(following, Arc::<Noted>::default());
    let failed = serde_json::to_value(delivery.deliver(event(messages())).await).unwrap();
    assert_eq!(failed["batchItemFailures"].as_array().unwrap().len(), messages().len());
    assert!(index.shows.lock().unwrap().is_empty());
    let failed = serde_json::to_value(delivery.deliver(event(messages())).await).unwrap();
    assert_eq!(failed["batchItemFailures"], serde_json::json!([]));
    assert_eq!(index.shows.lock().unwrap().len(), 6);
}

#[tokio::test]
async fn what_makes_no_sense_fails_alone_whether_a_table_or_the_index_says_so() {
    let bodies = ["changed", "corrupt", "refused-not", "withdrawn"].map(|slug| change("article", slug, 1, true));
    let (failed, index) = deliver(bodies.into()).await;
    assert_eq!(failed, ["1"]);
    assert_eq!(index.shows.lock().unwrap().len(), 3);
    let bodies = ["changed", "refused", "withdrawn"].map(|slug| change("article", slug, 1, true));
    let (failed, index) = deliver(bodies.into()).await;
    assert_eq!(failed, ["1"]);
    assert_eq!(index.shows.lock().unwrap().len(), 2);
}
