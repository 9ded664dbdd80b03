//! Comments as the API answers them.

use serde::Serialize;
use utoipa::ToSchema;

use super::ProfileView;
use crate::{
    domain::comment::{CommentPage, Person, ShownComment},
    http::Content,
};

/// `{"comment": …}`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CommentAnswer {
    /// The comment.
    pub comment: CommentView,
}

/// `{"comments": …, "cursor": …}`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CommentsAnswer {
    /// One page.
    pub comments: Vec<CommentView>,
    /// Gets the next page, as the parameter `cursor`; `null` if there is none.
    #[schema(required = true)]
    pub cursor: Option<String>,
}

/// A comment on an article, or a reply in the thread that one begins.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Comment)]
#[serde(rename_all = "camelCase")]
pub struct CommentView {
    /// Unique among the article's comments; later ones have higher ones.
    #[schema(minimum = 1, maximum = 9007199254740991_u64)]
    pub id: u64,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// RFC 3339, UTC; moves when a placeholder takes its place.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// The text; "" in a placeholder.
    pub body: String,
    /// Who wrote it; `null` in a placeholder.
    #[schema(required = true)]
    pub author: Option<ProfileView>,
    /// The comment that it answers; `null` if it begins a thread.
    #[schema(required = true)]
    pub parent_id: Option<u64>,
    /// The comment that began the thread; `null` if it begins one.
    #[schema(required = true)]
    pub root_id: Option<u64>,
    /// Whom it answers, if it answers a reply.
    #[schema(required = true)]
    pub reply_to: Option<ProfileView>,
    /// Replies in the thread that it begins, without placeholders; 0 of a reply.
    pub replies_count: u64,
    /// The first three replies, placeholders included, in the list of an article's comments; else none.
    #[schema(no_recursion)]
    pub replies: Vec<CommentView>,
    /// Whether it is the placeholder of a reply that was deleted and that others had answered.
    pub deleted: bool,
}

impl From<Person> for ProfileView {
    fn from(person: Person) -> Self {
        Self::new(person.profile, person.followed)
    }
}

impl From<ShownComment> for CommentView {
    fn from(shown: ShownComment) -> Self {
        let ShownComment { comment, body, author, reply_to, replies_count, replies } = shown;
        Self {
            id: comment.id.number(),
            created_at: comment.created_at.to_string(),
            updated_at: comment.updated_at.to_string(),
            body: body.map(|body| body.as_str().to_owned()).unwrap_or_default(),
            deleted: author.is_none(),
            author: author.map(Into::into),
            parent_id: comment.reply.map(|reply| reply.parent.number()),
            root_id: comment.reply.map(|reply| reply.root.number()),
            reply_to: reply_to.map(Into::into),
            replies_count,
            replies: replies.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<ShownComment> for CommentAnswer {
    fn from(shown: ShownComment) -> Self {
        Self { comment: shown.into() }
    }
}

impl From<CommentPage> for CommentsAnswer {
    fn from(page: CommentPage) -> Self {
        let comments = page.comments.into_iter().map(Into::into).collect();
        Self { comments, cursor: page.next.map(|next| next.to_string()) }
    }
}

impl Content for CommentsAnswer {
    fn forget_counts(&mut self) {
        // Those of the replies that are shown are always 0.
        self.comments.iter_mut().for_each(|comment| comment.replies_count = 0);
    }
}
