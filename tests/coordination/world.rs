//! A database in memory with the template's tables, and a clock that stands still until it is told otherwise.

use std::{sync::Arc, time::Duration};

use bloghub::template::Template;
use dynoxide::Database;
use serde_json::{Value, json};
use shared::{
    adapters::{
        aws::{AwsCredentials, AwsRegion, AwsSettings, Timeouts},
        calls::Calls,
        dynamodb::{
            ArticleSweeps, ArticleTable, ArticleWriter, CommentSweeper, CommentTable, CommentWriter, DynamoSettings,
            FollowTable, HotListTable, IdempotencyTable, IdentityTable, IndexTables, InteractionTable, LeaseTable,
            LockoutTable, RebuildTable, Registry, SessionTable, TableNames, UserSweeper, UserTable,
        },
        host::Host,
    },
    domain::{
        ArticleId, DraftId, Timestamp, UserId,
        article::{Article, ArticleBody, ArticleHtml, Description, Manuscript, Slug, Title},
        comment::{Comment, CommentBody, CommentId},
        draft::{Draft, DraftChanges},
        identity::{IdentityId, LinkedIdentity, Voucher},
    },
    ports::{
        articles::{ARTICLE_WRITES, ArticleWrites as _, DraftMove, Text},
        comments::{COMMENT_WRITES, CommentWrites as _, Parent},
        counters::{COUNTER_AUDITS, TALLIES},
        departures::DEPARTURES,
        drafts::DRAFTS,
        follows::FOLLOWS,
        idempotency::IDEMPOTENCY_RECORDS,
        identities::{IDENTITIES, LINKED_IDENTITIES},
        indexing::{INDEX_SOURCE, INDEX_SURVEY, REBUILD_ORDERS},
        leases::{GUARD, LEASES},
        lockouts::LOCKOUTS,
        ranking::{CANDIDATES, CLASSES, HOT_LIST_READS, HOT_LIST_WRITES},
        sessions::SESSION_STATES,
        sweeps::{COMMENT_SWEEPS, SWEEPS, USER_SWEEPS},
        system::System,
        users::{REGISTRATIONS, USERS},
    },
};
use test_servers::Clock;
use tokio::net::TcpListener;

/// The time-outs of clients. A busy machine may answer a crowd late, and what is late is done twice: here everything is done once.
const NO_HURRY: Duration = Duration::from_secs(300);
/// With tries to log in.
const PATIENCE: &str = "account 5/86400, address 20/3600";

/// The database, and the adapters of one client that may do what their ports' permissions say.
pub(crate) struct World {
    pub(crate) clock: Arc<Clock>,
    pub(crate) leases: Arc<LeaseTable>,
    pub(crate) sweeps: Arc<ArticleSweeps>,
    pub(crate) comment_sweeps: Arc<CommentSweeper>,
    pub(crate) user_sweeps: Arc<UserSweeper>,
    pub(crate) users: UserTable,
    pub(crate) registry: Registry,
    pub(crate) identities: IdentityTable,
    pub(crate) follows: FollowTable,
    pub(crate) lockouts: Arc<LockoutTable>,
    pub(crate) records: IdempotencyTable,
    pub(crate) articles: ArticleWriter,
    pub(crate) comments: CommentWriter,
    pub(crate) interactions: InteractionTable,
    pub(crate) hot_lists: HotListTable,
    pub(crate) index_tables: IndexTables,
    pub(crate) rebuilds: RebuildTable,
    /// What was asked of the database.
    pub(crate) calls: Arc<Calls>,
    database: Database,
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = Database::memory().unwrap();
        for table in Template::read().unwrap().tables().unwrap() {
            let mut definition = table.properties.clone();
            definition["TableName"] = json!(table.resource);
            definition["BillingMode"] = json!("PAY_PER_REQUEST");
            database.create_table(serde_json::from_value(definition).unwrap()).unwrap();
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database.clone(), std::future::pending()));

        let clock = Arc::new(Clock::simulated(Timestamp::from_millis(1_800_000_000_000)));
        let settings = DynamoSettings(AwsSettings {
            region: AwsRegion("local".to_owned()),
            credentials: AwsCredentials {
                access_key_id: "local".to_owned(),
                secret_access_key: "local".to_owned(),
                session_token: None,
            },
            endpoint: Some(endpoint),
            timeouts: Timeouts { connect: NO_HURRY, attempt: NO_HURRY, operation: NO_HURRY },
        });
        let names = TableNames {
            users: Some("UsersTable".to_owned()),
            sessions: Some("SessionsTable".to_owned()),
            articles: Some("ArticlesTable".to_owned()),
            comments: Some("CommentsTable".to_owned()),
            interactions: Some("InteractionsTable".to_owned()),
            coordination: Some("CoordinationTable".to_owned()),
            ..TableNames::default()
        };
        let writes = [ARTICLE_WRITES, DRAFTS, COMMENT_WRITES, FOLLOWS, REGISTRATIONS, IDEMPOTENCY_RECORDS].concat();
        let departures = [DEPARTURES, USERS, SESSION_STATES, LOCKOUTS, IDENTITIES, LINKED_IDENTITIES].concat();
        let sweeps = [LEASES, GUARD, SWEEPS, COMMENT_SWEEPS, USER_SWEEPS, TALLIES, COUNTER_AUDITS].concat();
        let ranking = [CLASSES, CANDIDATES, HOT_LIST_WRITES, HOT_LIST_READS].concat();
        let search = [INDEX_SOURCE, INDEX_SURVEY, REBUILD_ORDERS].concat();
        let allowed = [writes, departures, sweeps, ranking, search].concat();
        let host = Host::local(clock.clone(), 1).for_function(allowed);
        let dynamo = host.dynamo(&settings, names);
        let articles = ArticleTable::new(dynamo.clone(), "ArticlesTable");
        let comments = CommentTable::new(dynamo.clone(), "CommentsTable");
        let interactions = InteractionTable::new(dynamo.clone(), "InteractionsTable");
        let hot_lists = HotListTable::new(dynamo.clone(), "CoordinationTable");
        let leases = LeaseTable::new(dynamo.clone(), "CoordinationTable");
        let records = IdempotencyTable::new(dynamo.clone(), "CoordinationTable");
        let users = UserTable::new(dynamo.clone(), "UsersTable");
        let index_tables = IndexTables::new(articles.clone(), users.clone(), interactions.clone());
        let rebuilds = RebuildTable::new(dynamo.clone(), "CoordinationTable");
        let sessions = SessionTable::new(dynamo, "SessionsTable");
        let user_sweeps = UserSweeper::new(
            users.clone(),
            sessions.clone(),
            articles.clone(),
            interactions.clone(),
            leases.clone(),
            "CoordinationTable",
        );
        Self {
            clock,
            user_sweeps: Arc::new(user_sweeps),
            registry: Registry::new(users.clone(), sessions.clone()),
            identities: IdentityTable::new(users.clone(), sessions),
            follows: FollowTable::new(interactions.clone(), users.clone()),
            lockouts: Arc::new(LockoutTable::new(&users, PATIENCE.parse().unwrap())),
            users,
            sweeps: Arc::new(ArticleSweeps::new(articles.clone(), leases.clone())),
            comment_sweeps: Arc::new(CommentSweeper::new(comments.clone(), leases.clone())),
            comments: CommentWriter::new(comments, articles.clone(), interactions.clone(), records.clone()),
            interactions,
            hot_lists,
            index_tables,
            rebuilds,
            calls: host.calls,
            leases: Arc::new(leases),
            articles: ArticleWriter::new(articles, records.clone()),
            records,
            database,
        }
    }

    pub(crate) fn system(&self) -> &dyn System {
        &*self.clock
    }

    /// A new article with its draft, neither of which is stored yet.
    pub(crate) fn article(&self) -> (Article, Draft) {
        let now = self.clock.now();
        let author = UserId::new(now, self.system().random());
        let draft = Draft::new(DraftId::new(now, self.system().random()), author, DraftChanges::default(), now);
        let manuscript = Manuscript {
            title: Title::parse("Knots").unwrap(),
            description: Description::parse("Three that hold").unwrap(),
            body: body(),
            tags: Vec::new(),
        };
        let slug = Slug::parse(&format!("a-{}", draft.id.to_string().to_lowercase())).unwrap();
        let article = draft.article(&manuscript, ArticleId::new(now, self.system().random()), slug, now);
        let draft = draft.published(&article.slug);
        (article, draft)
    }

    /// Stores an article that gets as many bodies, one after the other.
    pub(crate) async fn publish(&self, bodies: u32) -> Article {
        let (mut article, mut draft) = self.article();
        self.articles.create(&article, &draft, text(&body(), &html()), None).await.unwrap();
        for revision in 2..=bodies {
            let new = Article { revision, version: article.version + 1, ..article.clone() };
            let beside = draft.beside(&new).unwrap();
            let moved = DraftMove { old: &draft, new: &beside };
            self.articles.update(&article, &new, Some(moved), Some(text(&body(), &html()))).await.unwrap();
            (article, draft) = (new, beside);
        }
        article
    }

    /// Stores such an article and deletes it.
    pub(crate) async fn publish_and_delete(&self, bodies: u32) {
        let article = self.publish(bodies).await;
        self.articles.delete(&article, self.clock.now()).await.unwrap();
    }

    /// Stores the mark of a draft as a deletion does.
    pub(crate) fn mark(&self, draft: DraftId) {
        let item = json!({"pk": {"S": "SWEEP"}, "sk": {"S": draft.to_string()}});
        let request = serde_json::from_value(json!({"TableName": "ArticlesTable", "Item": item})).unwrap();
        self.database.put_item(request).unwrap();
    }

    /// Stores a comment on an article, or a reply to `parent`.
    pub(crate) async fn comment(&self, article: &Article, parent: Option<&Parent>, body: &str) -> Comment {
        let now = self.clock.now();
        // Each a millisecond after the one before.
        self.clock.pass(Duration::from_millis(1));
        let comment = Comment {
            id: CommentId::new(now, self.system().random()),
            article: article.id,
            author_id: Some(article.author_id),
            reply: parent.map(|parent| parent.comment.reply()),
            created_at: now,
            updated_at: now,
        };
        let body = CommentBody::parse(body.to_owned()).unwrap();
        self.comments.add(article, &comment, &body, parent, None).await.unwrap();
        comment
    }

    /// Makes so many copies of a reply to a thread's first comment, as the writer stored it.
    pub(crate) fn copy_reply(&self, reply: &Comment, copies: u64) {
        let root = reply.root();
        let [comments, replies] =
            [format!("ARTICLE#{}", reply.article), format!("THREAD#{}#{:016}", reply.article, root.number())];
        for pk in [comments, replies] {
            let mut item = self.comment_item(&pk, reply.id);
            for id in (reply.id.number() + 1..).take(usize::try_from(copies).unwrap()) {
                item["sk"]["S"] = json!(format!("{id:016}"));
                item["said"]["M"]["id"]["N"] = json!(id.to_string());
                self.put_comment_item(&item);
            }
        }
        let mut head = self.comment_item(&format!("THREADS#{}", reply.article), root);
        for count in ["repliesCount", "threadSize"] {
            let before: u64 = head[count]["N"].as_str().unwrap().parse().unwrap();
            head[count]["N"] = json!((before + copies).to_string());
        }
        self.put_comment_item(&head);
    }

    /// The item of an article's counters; `null` if there is none.
    pub(crate) fn counters_item(&self, article: ArticleId) -> Value {
        let key = json!({"pk": {"S": format!("COUNTERS#{article}")}, "sk": {"S": "COUNTERS"}});
        let request = json!({"TableName": "InteractionsTable", "Key": key});
        let found = self.database.get_item(serde_json::from_value(request).unwrap()).unwrap();
        serde_json::to_value(found).unwrap()["Item"].take()
    }

    /// Comments that are counted on an article.
    pub(crate) fn comments_counted(&self, article: &Article) -> u64 {
        let key = json!({"pk": {"S": format!("COUNTERS#{}", article.id)}, "sk": {"S": "COUNTERS"}});
        let request = json!({"TableName": "InteractionsTable", "Key": key});
        let found = self.database.get_item(serde_json::from_value(request).unwrap()).unwrap();
        serde_json::to_value(found).unwrap()["Item"]["comments"]["N"].as_str().unwrap().parse().unwrap()
    }

    fn comment_item(&self, pk: &str, id: CommentId) -> Value {
        let key = json!({"pk": {"S": pk}, "sk": {"S": format!("{:016}", id.number())}});
        let request = json!({"TableName": "CommentsTable", "Key": key});
        let found = self.database.get_item(serde_json::from_value(request).unwrap()).unwrap();
        serde_json::to_value(found).unwrap()["Item"].take()
    }

    fn put_comment_item(&self, item: &Value) {
        let request = json!({"TableName": "CommentsTable", "Item": item});
        self.database.put_item(serde_json::from_value(request).unwrap()).unwrap();
    }

    /// The identity that a provider knows as `subject`, as of now.
    pub(crate) fn identity(&self, subject: &str) -> LinkedIdentity {
        let id = IdentityId::new(&Voucher::Oidc("https://id.example".to_owned()), subject);
        LinkedIdentity { id, through: "oidc/acme".to_owned(), linked_at: self.clock.now() }
    }

    /// Deletes a comment.
    pub(crate) async fn delete_comment(&self, comment: &Comment) {
        self.comments.delete(comment.article, comment.id, &|_| true, self.clock.now()).await.unwrap();
    }

    /// Items whose partition key begins like this, in the table of articles.
    pub(crate) fn count(&self, prefix: &str) -> usize {
        self.count_sorted(prefix, "")
    }

    /// Those of them whose sort key has `part` in it.
    pub(crate) fn count_sorted(&self, prefix: &str, part: &str) -> usize {
        self.count_where("ArticlesTable", prefix, part)
    }

    /// Items whose partition key begins like this.
    pub(crate) fn count_in(&self, table: &str, prefix: &str) -> usize {
        self.count_where(table, prefix, "")
    }

    fn count_where(&self, table: &str, prefix: &str, part: &str) -> usize {
        let (mut count, mut start) = (0, Value::Null);
        loop {
            let mut request = json!({"TableName": table});
            if !start.is_null() {
                request["ExclusiveStartKey"] = start;
            }
            let page = self.database.scan(serde_json::from_value(request).unwrap()).unwrap();
            let mut page = serde_json::to_value(page).unwrap();
            let fits = |item: &&Value| {
                let text = |name: &str| item[name]["S"].as_str().unwrap();
                text("pk").starts_with(prefix) && text("sk").contains(part)
            };
            count += page["Items"].as_array().unwrap().iter().filter(fits).count();
            start = page["LastEvaluatedKey"].take();
            if start.is_null() {
                return count;
            }
        }
    }
}

pub(crate) fn text<'a>(body: &'a ArticleBody, html: &'a ArticleHtml) -> Text<'a> {
    Text { body, html }
}

pub(crate) fn html() -> ArticleHtml {
    ArticleHtml::new("<h1>Bowline</h1>".to_owned())
}

pub(crate) fn body() -> ArticleBody {
    ArticleBody::parse("# Bowline".to_owned()).unwrap()
}
