//! A database in memory with the template's tables, and a clock that stands still until it is told otherwise.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bloghub::template::Template;
use dynoxide::Database;
use serde_json::{Value, json};
use shared::{
    adapters::{
        aws::{AwsCredentials, AwsRegion, AwsSettings},
        dynamodb::{
            ArticleSweeps, ArticleTable, ArticleWriter, DynamoSettings, IdempotencyTable, LeaseTable, TableNames,
        },
        host::Host,
    },
    domain::{
        ArticleId, Timestamp, UserId,
        article::{Article, ArticleBody, Description, Slug, Title},
    },
    ports::{
        articles::{ARTICLE_WRITES, ArticleWrites as _},
        idempotency::IDEMPOTENCY_RECORDS,
        leases::{GUARD, LEASES},
        sweeps::SWEEPS,
        system::System,
    },
};
use tokio::net::TcpListener;

/// Time as the test has it; random bytes that count.
pub(crate) struct Clock {
    millis: AtomicU64,
    random: AtomicU64,
}

impl Clock {
    pub(crate) fn pass(&self, time: Duration) {
        self.millis.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl System for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + i64::try_from(self.monotonic().as_millis()).unwrap())
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.millis.load(Ordering::SeqCst))
    }

    fn fill(&self, bytes: &mut [u8]) {
        let number = self.random.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        for (byte, random) in bytes.iter_mut().rev().zip(number.iter().rev().chain(std::iter::repeat(&0))) {
            *byte = *random;
        }
    }
}

/// The database, and the adapters of one client that may do what their ports' permissions say.
pub(crate) struct World {
    pub(crate) clock: Arc<Clock>,
    pub(crate) leases: Arc<LeaseTable>,
    pub(crate) sweeps: Arc<ArticleSweeps>,
    pub(crate) records: IdempotencyTable,
    pub(crate) articles: ArticleWriter,
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

        let clock = Arc::new(Clock { millis: AtomicU64::new(0), random: AtomicU64::new(1) });
        let settings = DynamoSettings(AwsSettings {
            region: AwsRegion("local".to_owned()),
            credentials: AwsCredentials {
                access_key_id: "local".to_owned(),
                secret_access_key: "local".to_owned(),
                session_token: None,
            },
            endpoint: Some(endpoint),
        });
        let names = TableNames {
            articles: Some("ArticlesTable".to_owned()),
            coordination: Some("CoordinationTable".to_owned()),
            ..TableNames::default()
        };
        let allowed = [ARTICLE_WRITES, IDEMPOTENCY_RECORDS, LEASES, GUARD, SWEEPS].concat();
        let dynamo = Host::local(clock.clone(), 1).for_function(allowed).dynamo(&settings, names);
        let articles = ArticleTable::new(dynamo.clone(), "ArticlesTable");
        let leases = LeaseTable::new(dynamo.clone(), "CoordinationTable");
        let records = IdempotencyTable::new(dynamo, "CoordinationTable");
        Self {
            clock,
            sweeps: Arc::new(ArticleSweeps::new(articles.clone(), leases.clone())),
            leases: Arc::new(leases),
            articles: ArticleWriter::new(articles, records.clone()),
            records,
            database,
        }
    }

    pub(crate) fn system(&self) -> &dyn System {
        &*self.clock
    }

    /// A new article that is not stored yet.
    pub(crate) fn article(&self) -> Article {
        let now = self.clock.now();
        let id = ArticleId::new(now, self.system().random());
        Article {
            id,
            slug: Slug::parse(&format!("a-{}", id.to_string().to_lowercase())).unwrap(),
            author_id: UserId::new(now, self.system().random()),
            title: Title::parse("Knots").unwrap(),
            description: Description::parse("Three that hold").unwrap(),
            tags: Vec::new(),
            revision: 1,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// Stores an article that has bodies of these numbers, the least of which is 1.
    pub(crate) async fn publish(&self, revisions: &[u32]) -> Article {
        let mut article = self.article();
        self.articles.create(&article, &body(), None).await.unwrap();
        for revision in &revisions[1..] {
            let new = Article { revision: *revision, version: article.version + 1, ..article.clone() };
            self.articles.update(&article, &new, Some(&body())).await.unwrap();
            article = new;
        }
        article
    }

    /// Stores such an article and deletes it.
    pub(crate) async fn publish_and_delete(&self, revisions: &[u32]) -> ArticleId {
        let article = self.publish(revisions).await;
        self.articles.delete(&article, self.clock.now()).await.unwrap();
        article.id
    }

    /// Items whose partition key begins like this, in the table of articles.
    pub(crate) fn count(&self, prefix: &str) -> usize {
        let all = self.database.scan(serde_json::from_value(json!({"TableName": "ArticlesTable"})).unwrap()).unwrap();
        let all = serde_json::to_value(all).unwrap();
        let items = all["Items"].as_array().unwrap();
        let begins = |item: &&Value| item["pk"]["S"].as_str().unwrap().starts_with(prefix);
        items.iter().filter(begins).count()
    }
}

pub(crate) fn body() -> ArticleBody {
    ArticleBody::parse("# Bowline".to_owned()).unwrap()
}
