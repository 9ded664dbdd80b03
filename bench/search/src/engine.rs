//! The platform's own engine, through its ports: what readers of the platform would find.

use std::path::Path;

use async_trait::async_trait;
use search_embedded::Embedded;
use shared::{
    domain::{
        ArticleId, Timestamp, UserId,
        article::Slug,
        page::{Page, Start},
        ranking::Scoring,
        search::{ArticleEntry, ArticleSearch, Entry, EntryVersion, SearchText, Sort, Span},
        tag,
    },
    ports::search::{SearchWrites, Searches},
};

use crate::{Result, corpus::Article, ranker::Ranker};

/// When it is searched. The articles were published before, a minute apart.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const MINUTE: i64 = 60_000;
/// Articles that are given to an index at once: as a rebuild does it.
pub(crate) const BATCH: usize = 500;

/// What the index has of an article, which is number `number` of the corpus.
///
/// # Errors
/// An id that is no address, or tags that are none.
pub(crate) fn entry(article: Article, number: usize) -> Result<Entry> {
    let Article { id, title, description, tags, text, author } = article;
    let slug = Slug::parse(&id).ok_or_else(|| format!("no address: {id}"))?;
    let published = Timestamp::from_millis(NOW.as_millis() - MINUTE * (1 + i64::try_from(number)?));
    let mut random = [0; 10];
    random[2..].copy_from_slice(&u64::try_from(number)?.to_be_bytes());
    // A book's articles are those of one author.
    let mut of = [0; 16];
    of.iter_mut().zip(author.bytes()).for_each(|(byte, letter)| *byte = letter);
    Ok(Entry::Article(Box::new(ArticleEntry {
        slug,
        article: ArticleId::new(published, random),
        author: UserId::from_bytes(of),
        version: EntryVersion::live(1, 0),
        title,
        description,
        tags: tag::parse_all(&tags).map_err(|violation| format!("{id}: {violation:?}"))?,
        text,
        points: 0.0,
    })))
}

/// A search for articles by relevance.
pub(crate) fn search(text: &SearchText, limit: usize) -> ArticleSearch {
    ArticleSearch {
        text: text.clone(),
        tag: None,
        author: None,
        span: Span::default(),
        sort: Sort::Relevance,
        page: Page { start: Start::Offset(0), limit },
        now: NOW,
    }
}

/// Opens the embedded engine in a folder.
///
/// # Errors
/// A folder that cannot be read or written.
pub(crate) fn open(folder: &Path) -> Result<Embedded> {
    Ok(Embedded::open(folder, Scoring::default())?)
}

/// The embedded engine with articles in it.
pub(crate) struct Engine(Embedded);

impl Engine {
    /// Has `engine` show `articles`.
    ///
    /// # Errors
    /// Those of the engine, and an article that it refuses.
    pub(crate) async fn filled(engine: Embedded, articles: &[Article]) -> Result<Self> {
        let entries = articles.iter().cloned().enumerate().map(|(number, article)| entry(article, number));
        for batch in entries.collect::<Result<Vec<_>>>()?.chunks(BATCH) {
            apply(&engine, batch).await?;
        }
        Ok(Self(engine))
    }
}

/// # Errors
/// Those of the engine, and an entry that it refuses.
pub(crate) async fn apply(engine: &impl SearchWrites, entries: &[Entry]) -> Result<()> {
    match engine.apply(entries).await?.first() {
        Some(refused) => Err(format!("{:?}: {:?}", entries[refused.place].key(), refused.reason).into()),
        None => Ok(()),
    }
}

#[async_trait]
impl Ranker for Engine {
    fn name(&self) -> &'static str {
        "the embedded engine"
    }

    async fn rank(&self, text: &SearchText, limit: usize) -> Result<Vec<String>> {
        let found = self.0.articles(&search(text, limit)).await?;
        Ok(found.hits.into_iter().map(|hit| hit.slug.as_str().to_owned()).collect())
    }
}
