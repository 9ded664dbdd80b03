//! Articles, users and searches of the tests.

use std::time::Duration;

use shared::{
    domain::{
        ArticleId, Timestamp, UserId,
        article::Slug,
        page::{Page, Start},
        search::{
            ArticleEntry, ArticleSearch, Entry, EntryKey, EntryVersion, FoundArticles, FoundUsers, Place, SearchText,
            Sort, Span, UserEntry,
        },
        tag::{FoldedTag, Tag},
        user::Username,
    },
    ports::search::{SearchEngine, Searches},
};

/// When the tests search.
pub const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// So many hours before [`NOW`].
pub fn hours_ago(hours: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() - hours * 3_600_000)
}

/// One of the authors.
pub fn author(number: u8) -> UserId {
    UserId::new(Timestamp::from_millis(1_500_000_000_000), [number; 10])
}

/// The random part of an article's identifier: another one for each of the tests' addresses, FNV-1a of it.
fn random(slug: &str) -> [u8; 10] {
    let hash = slug
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let mut random = [0; 10];
    random[2..].copy_from_slice(&hash.to_be_bytes());
    random
}

/// An article that is still being written: `Article::new("slug").title("…")`.
#[derive(Debug, Clone)]
pub struct Article(ArticleEntry);

impl Article {
    /// One of the first author, a hundred hours old, in its first version, without any word that a test looks for.
    pub fn new(slug: &str) -> Self {
        let random = random(slug);
        let slug = Slug::parse(slug).unwrap();
        Self(ArticleEntry {
            slug,
            article: ArticleId::new(hours_ago(100), random),
            author: author(1),
            version: EntryVersion::live(1, 0),
            title: "Notes".to_owned(),
            description: "Some lines".to_owned(),
            tags: Vec::new(),
            text: "Nothing much.".to_owned(),
            points: 0.0,
        })
    }

    /// The same as another article.
    pub fn renamed(mut self, slug: &str) -> Self {
        self.0.article = ArticleId::new(self.0.article.made_at(), random(slug));
        self.0.slug = Slug::parse(slug).unwrap();
        self
    }

    /// With this title.
    pub fn title(mut self, title: &str) -> Self {
        title.clone_into(&mut self.0.title);
        self
    }

    /// With this description.
    pub fn description(mut self, description: &str) -> Self {
        description.clone_into(&mut self.0.description);
        self
    }

    /// With this text.
    pub fn text(mut self, text: &str) -> Self {
        text.clone_into(&mut self.0.text);
        self
    }

    /// With these tags.
    pub fn tags(mut self, tags: &[&str]) -> Self {
        self.0.tags = tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect();
        self
    }

    /// By another author.
    pub fn by(mut self, number: u8) -> Self {
        self.0.author = author(number);
        self
    }

    /// First published so many hours ago.
    pub fn hours_old(mut self, hours: i64) -> Self {
        self.0.article = ArticleId::new(hours_ago(hours), random(self.0.slug.as_str()));
        self
    }

    /// With so many points.
    pub fn points(mut self, points: f64) -> Self {
        self.0.points = points;
        self
    }

    /// In this version, and with counters in this one.
    pub fn version(mut self, article: u64, counters: u64) -> Self {
        self.0.version = EntryVersion::live(article, counters);
        self
    }

    /// Which article it is.
    pub fn id(&self) -> ArticleId {
        self.0.article
    }

    /// What an index has of it.
    pub fn entry(self) -> Entry {
        Entry::Article(Box::new(self.0))
    }

    /// What an index has of it once it is gone in this version.
    pub fn gone(&self, version: u64) -> Entry {
        Entry::Gone(EntryKey::Article(self.0.slug.as_str().to_owned()), EntryVersion::gone(version))
    }
}

/// A user in the first version.
pub fn person(number: u8, name: &str, bio: &str) -> Entry {
    Entry::User(Box::new(UserEntry {
        user: author(number),
        version: EntryVersion::user(1),
        username: Username::parse(name).unwrap(),
        bio: bio.to_owned(),
    }))
}

/// Puts these articles into the index. None of them may be refused.
pub async fn put(engine: &dyn SearchEngine, articles: impl IntoIterator<Item = Article>) {
    let entries: Vec<_> = articles.into_iter().map(Article::entry).collect();
    written_by(engine, &entries).await;
}

/// Applies these entries. None of them may be refused.
pub async fn written_by(engine: &dyn SearchEngine, entries: &[Entry]) {
    let refused = engine.apply(entries).await.unwrap();
    assert!(refused.is_empty(), "{refused:?}");
}

/// A search: `Ask::typed("…").tag("…").of(engine).await`.
#[derive(Debug, Clone)]
pub struct Ask(ArticleSearch);

impl Ask {
    /// The first hundred of what has what is typed, the best first.
    pub fn typed(typed: &str) -> Self {
        Self(ArticleSearch {
            text: SearchText::parse(typed).unwrap(),
            tag: None,
            author: None,
            span: Span::default(),
            sort: Sort::Relevance,
            page: Page { start: Start::Offset(0), limit: 100 },
            now: NOW,
        })
    }

    /// Everything in this order.
    pub fn all(sort: Sort) -> Self {
        Self::typed("").sorted(sort)
    }

    /// In this order.
    pub fn sorted(mut self, sort: Sort) -> Self {
        self.0.sort = sort;
        self
    }

    /// With this tag.
    pub fn tag(mut self, tag: &str) -> Self {
        self.0.tag = Some(FoldedTag::wanted(tag).unwrap());
        self
    }

    /// Of this author.
    pub fn author(mut self, number: u8) -> Self {
        self.0.author = Some(author(number));
        self
    }

    /// First published from then on.
    pub fn from(mut self, from: Timestamp) -> Self {
        self.0.span.from = Some(from);
        self
    }

    /// First published before.
    pub fn until(mut self, until: Timestamp) -> Self {
        self.0.span.until = Some(until);
        self
    }

    /// So many of them.
    pub fn limit(mut self, limit: usize) -> Self {
        self.0.page.limit = limit;
        self
    }

    /// The page that begins there.
    pub fn start(mut self, start: Start<Place>) -> Self {
        self.0.page.start = start;
        self
    }

    /// What is found.
    pub async fn of(&self, searches: &(impl Searches + ?Sized)) -> FoundArticles {
        searches.articles(&self.0).await.unwrap()
    }

    /// The addresses of what is found.
    pub async fn slugs(&self, searches: &(impl Searches + ?Sized)) -> Vec<String> {
        slugs(&self.of(searches).await)
    }

    /// All pages, one after the other, each by what the one before says. `between` happens after each.
    pub async fn pages(&self, engine: &dyn SearchEngine, between: impl AsyncFn()) -> Vec<Vec<String>> {
        let mut pages = Vec::new();
        let mut ask = self.clone();
        loop {
            let found = ask.of(engine).await;
            pages.push(slugs(&found));
            let Some(next) = found.next else { return pages };
            assert!(next.is_of(self.0.sort), "{next:?}");
            assert!(pages.len() < 100, "pages have no end");
            ask = ask.start(Start::Behind(next));
            between().await;
        }
    }
}

/// The addresses of what was found.
pub fn slugs(found: &FoundArticles) -> Vec<String> {
    found.hits.iter().map(|hit| hit.slug.to_string()).collect()
}

/// The first hundred users that have what is typed.
pub async fn found_users(engine: &dyn SearchEngine, typed: &str) -> FoundUsers {
    engine.users(&SearchText::parse(typed).unwrap(), 0, 100).await.unwrap()
}

/// After so many milliseconds.
pub(crate) fn later(at: Timestamp, millis: u64) -> Timestamp {
    at.plus(Duration::from_millis(millis))
}

/// What stands between `<em>` and `</em>`, one after the other.
pub(crate) fn marked(html: &str) -> Vec<&str> {
    html.split("<em>").skip(1).map(|rest| rest.split_once("</em>").unwrap().0).collect()
}

/// The text without `<em>`.
pub(crate) fn plain(html: &str) -> String {
    html.replace("<em>", "").replace("</em>", "")
}
