//! Search: an index of articles and users, which follows from the tables and can be made anew of them.
//!
//! All errors are [`StoreError`]: [`Unavailable`](StoreError::Unavailable) where the engine is away.

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Table},
};
use crate::domain::{
    Timestamp, UserId,
    article::Listed,
    follow::SeenProfile,
    search::{ArticleSearch, Entry, FoundArticles, FoundUsers, Hit, SearchText, Suggestions, TagCount},
    user::Username,
};

/// Looking for articles, users and tags.
#[async_trait]
pub trait Searches: Send + Sync {
    /// One page of the articles that have what is looked for.
    ///
    /// Words count in the title more than in the tags, there more than in the description, and there more than in the text. What has
    /// all words comes before what has some. A phrase must be there, and what is unwanted must not. Latin words match by their stem,
    /// and with a typo or two, at a discount: one from 4 letters on, two from 8. Without anything typed, all articles are found.
    async fn articles(&self, search: &ArticleSearch) -> Result<FoundArticles, StoreError>;

    /// Those users whose name or bio has what is looked for: the name counts more, and what a name begins with is found too.
    async fn users(&self, text: &SearchText, skip: usize, limit: usize) -> Result<FoundUsers, StoreError>;

    /// Tags that have what is looked for at the beginning of one of their words, the most used first.
    async fn tags(&self, text: &str, limit: usize) -> Result<Vec<TagCount>, StoreError>;

    /// What somebody may be about to type, at most `limit` of each kind.
    async fn suggest(&self, typed: &str, limit: usize) -> Result<Suggestions, StoreError>;
}

/// An entry that an index will never take, and why.
#[derive(Debug)]
pub struct Refused {
    /// Its place in what was given.
    pub place: usize,
    /// What is wrong with it.
    pub reason: StoreError,
}

/// Keeping an index in step.
#[async_trait]
pub trait SearchWrites: Send + Sync {
    /// Has the index show `entries`, in one go, each unless it shows a later state already. Where an index is being built, that one too.
    /// It is found when this has returned, or within a second.
    ///
    /// # Errors
    /// Those that could not be taken are answered; where nothing is known of any of them, it is an error.
    async fn apply(&self, entries: &[Entry]) -> Result<Vec<Refused>, StoreError>;
}

/// An index that is being built beside the one that is searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// Its name.
    pub name: String,
    /// Not before this may it be filled from the tables: from then on every change goes to it too.
    pub fill_from: Timestamp,
    /// How far it is filled: what was last given to [`Rebuilds::fill`].
    pub mark: Option<String>,
}

/// Making an index anew, while the one before goes on being searched and kept in step. Whoever does so must be the only one: there is a
/// lease for that.
#[async_trait]
pub trait Rebuilds: Send + Sync {
    /// The build that was begun and not ended.
    async fn under_way(&self) -> Result<Option<Build>, StoreError>;

    /// Begins a build, in place of one that may be under way.
    async fn begin(&self, now: Timestamp) -> Result<Build, StoreError>;

    /// Has the index that is being built, and no other, show `entries`, each unless it shows a later state already; and with them keeps
    /// the `mark`, which [`under_way`](Self::under_way) answers from then on: never a mark without its entries.
    ///
    /// # Errors
    /// A build that is not there any more is a [`StoreError::Fault`].
    async fn fill(&self, build: &Build, entries: &[Entry], mark: &str) -> Result<Vec<Refused>, StoreError>;

    /// Has the index that was built be the one that is searched from now on, and drops the one before. To be told so again changes
    /// nothing.
    async fn finish(&self, build: &Build) -> Result<(), StoreError>;
}

/// All that an engine does.
pub trait SearchEngine: Searches + SearchWrites + Rebuilds {}

impl<T: Searches + SearchWrites + Rebuilds> SearchEngine for T {}

/// Showing what was found as it is now: an index is a moment behind.
#[async_trait]
pub trait FoundViews: Send + Sync {
    /// What `viewer` sees of each of `hits`, which is nothing where the article is not there any more; and the names of `authors`, in their
    /// order.
    async fn articles(
        &self,
        hits: &[Hit],
        authors: &[UserId],
        viewer: Option<UserId>,
    ) -> Result<(Vec<Option<Listed>>, Vec<Option<Username>>), StoreError>;

    /// Those of `users` who are there, in their order, as `viewer` sees them.
    async fn users(&self, users: &[UserId], viewer: Option<UserId>) -> Result<Vec<SeenProfile>, StoreError>;
}

/// What [`FoundViews`] does to tables.
pub const FOUND_VIEWS: &[Permission] = &[
    Permission::new(Table::Articles, "BatchGetItem"),
    Permission::new(Table::Users, "BatchGetItem"),
    Permission::new(Table::Interactions, "BatchGetItem"),
];
