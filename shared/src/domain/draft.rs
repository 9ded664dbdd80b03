//! Drafts: what an author works on, apart from what readers see. What is published is copied into an article, but for the body:
//! both point at one.

use super::{
    ArticleId, DraftId, Timestamp, UserId, Violation, Violations,
    article::{Article, ArticleBody, Description, MAX_BODY_BYTES, Manuscript, Slug, Title},
    page::Cursor,
    tag::Tag,
};

/// A draft without its body, which is a revision of its own. Anything may be blank until it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Stays the same for life; orders an author's drafts by creation.
    pub id: DraftId,
    /// Whose it is; nobody else sees it.
    pub author_id: UserId,
    /// The title, if there is one yet.
    pub title: Option<Title>,
    /// What it is about, if that is said yet.
    pub description: Option<Description>,
    /// In the author's order.
    pub tags: Vec<Tag>,
    /// Which body it has, from 1.
    pub revision: u32,
    /// The number of the last body that was stored, for the draft or for its article.
    pub last_revision: u32,
    /// Whether the body is, or was once, that of the live article. Such bodies are kept.
    pub shown: bool,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When anything of it changed last.
    pub updated_at: Timestamp,
    /// Counts the changes of what the author writes, from 1. Publishing is none: an editor goes on where it was.
    pub version: u64,
    /// Counts all changes of the stored draft, from 1.
    pub writes: u64,
    /// The article that was made of it, if any was.
    pub publication: Option<Publication>,
}

/// What a draft knows of its article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The article's address, for good.
    pub slug: Slug,
    /// Which version of the draft readers see; `None` while the article is withdrawn.
    pub live: Option<u64>,
}

impl Draft {
    /// A new draft, begun at `now` with a first body, with what `changes` say.
    pub fn new(id: DraftId, author_id: UserId, changes: DraftChanges, now: Timestamp) -> Self {
        Self {
            id,
            author_id,
            title: changes.title.flatten(),
            description: changes.description.flatten(),
            tags: changes.tags.unwrap_or_default(),
            revision: 1,
            last_revision: 1,
            shown: false,
            created_at: now,
            updated_at: now,
            version: 1,
            writes: 1,
            publication: None,
        }
    }

    /// Whether there is a live article.
    pub fn is_live(&self) -> bool {
        self.publication.as_ref().is_some_and(|publication| publication.live.is_some())
    }

    /// Whether readers see just this.
    pub fn is_unchanged(&self) -> bool {
        self.publication.as_ref().is_some_and(|publication| publication.live == Some(self.version))
    }

    /// The number of the next body.
    pub fn next_revision(&self) -> u32 {
        self.last_revision + 1
    }

    /// What can be published of the draft and its `body`.
    ///
    /// # Errors
    /// Everything that is still blank.
    pub fn manuscript(&self, body: DraftBody) -> Result<Manuscript, Violations> {
        let mut violations = Violations::default();
        let title = violations.check("title", self.title.clone().ok_or(Violation::BLANK));
        let description = violations.check("description", self.description.clone().ok_or(Violation::BLANK));
        let body = violations.check("body", ArticleBody::parse(body.0));
        let all = title.zip(description).zip(body);
        violations.finish(all.map(|((title, description), body)| Manuscript {
            title,
            description,
            body,
            tags: self.tags.clone(),
        }))
    }

    /// The article that this becomes when it is published for the first time.
    pub fn article(&self, manuscript: &Manuscript, id: ArticleId, slug: Slug, now: Timestamp) -> Article {
        let Manuscript { title, description, tags, .. } = manuscript.clone();
        let (draft_id, author_id, revision) = (self.id, self.author_id, self.revision);
        let (created_at, updated_at, version) = (now, now, 1);
        Article { id, draft_id, slug, author_id, title, description, tags, revision, created_at, updated_at, version }
    }

    /// What the article that was `before`, live or withdrawn, becomes when this is published again.
    pub fn article_again(&self, manuscript: &Manuscript, before: &Article, now: Timestamp) -> Article {
        let Article { id, slug, created_at, .. } = before.clone();
        let (updated_at, version) = (before.updated_at.next(now), before.version + 1);
        Article { created_at, updated_at, version, ..self.article(manuscript, id, slug, now) }
    }

    /// The draft once it is published at `slug`.
    pub fn published(&self, slug: &Slug) -> Self {
        let publication = Publication { slug: slug.clone(), live: Some(self.version) };
        Self { publication: Some(publication), shown: true, writes: self.writes + 1, ..self.clone() }
    }

    /// The draft once its article is withdrawn.
    pub fn withdrawn(&self) -> Self {
        let publication = self.publication.clone().map(|publication| Publication { live: None, ..publication });
        Self { publication, writes: self.writes + 1, ..self.clone() }
    }

    /// The draft once its live article has become `article` by an edit of its own: a draft that was as the article moves along, and
    /// one that has edits of its own keeps them. `None` if it stays as it is.
    pub fn beside(&self, article: &Article) -> Option<Self> {
        let mut draft = self.clone();
        draft.writes += 1;
        draft.last_revision = draft.last_revision.max(article.revision);
        if self.is_unchanged() {
            draft.title = Some(article.title.clone());
            draft.description = Some(article.description.clone());
            draft.tags.clone_from(&article.tags);
            draft.revision = article.revision;
            draft.updated_at = draft.updated_at.next(article.updated_at);
            draft.version += 1;
            draft.publication = Some(Publication { slug: article.slug.clone(), live: Some(draft.version) });
        } else if draft.last_revision == self.last_revision {
            return None;
        }
        Some(draft)
    }

    /// The body that nothing points at any more once this draft has become `new`.
    pub fn orphan(&self, new: &Self) -> Option<u32> {
        (self.revision != new.revision && !self.shown).then_some(self.revision)
    }
}

/// One page of an author's drafts.
#[derive(Debug, Clone)]
pub struct DraftList {
    /// The page, newest first.
    pub drafts: Vec<Draft>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor<DraftId>>,
}

/// What an author wants to be different; `None` keeps what is stored, `Some(None)` leaves it blank.
#[derive(Debug, Clone, Default)]
pub struct DraftChanges {
    /// A new title.
    pub title: Option<Option<Title>>,
    /// A new description.
    pub description: Option<Option<Description>>,
    /// A new body.
    pub body: Option<DraftBody>,
    /// New tags in place of all the old ones.
    pub tags: Option<Vec<Tag>>,
}

impl DraftChanges {
    /// `draft` with these changes made at `now`. The body is not part of it: only its number moves.
    pub fn apply(&self, draft: &Draft, now: Timestamp) -> Draft {
        let mut new = draft.clone();
        new.title = self.title.clone().unwrap_or(new.title);
        new.description = self.description.clone().unwrap_or(new.description);
        new.tags = self.tags.clone().unwrap_or(new.tags);
        if self.body.is_some() {
            new.revision = draft.next_revision();
            new.last_revision = new.revision;
            new.shown = false;
        }
        new.updated_at = new.updated_at.next(now);
        new.version += 1;
        new.writes += 1;
        new
    }
}

/// A draft's text in Markdown: at most [`MAX_BODY_BYTES`] of UTF-8, blank or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftBody(String);

impl DraftBody {
    /// Parses a text; nothing of it is trimmed.
    ///
    /// # Errors
    /// An overlong one.
    pub fn parse(text: String) -> Result<Self, Violation> {
        if text.len() > MAX_BODY_BYTES { Err(Violation::too_long_in_bytes(MAX_BODY_BYTES)) } else { Ok(Self(text)) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&ArticleBody> for DraftBody {
    fn from(body: &ArticleBody) -> Self {
        Self(body.as_str().to_owned())
    }
}

#[cfg(test)]
mod tests;
