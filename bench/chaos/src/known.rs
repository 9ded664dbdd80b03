//! What a writer knows of what is theirs.

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::discussion::Comment;

/// What everyone sees of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) username: String,
    pub(crate) bio: Option<String>,
}

/// What an author decides of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) body: String,
    pub(crate) tags: Vec<String>,
}

/// An article that is there.
#[derive(Debug, Clone)]
pub(crate) struct Article {
    pub(crate) slug: String,
    pub(crate) fields: Fields,
    /// Grows with each first publication of the writer's.
    pub(crate) born: u64,
    /// Whether its writer likes it, if that is known.
    pub(crate) liked: Option<bool>,
    /// Whether its writer has collected it, if that is known.
    pub(crate) collected: Option<bool>,
    pub(crate) comments: Vec<Comment>,
}

/// A draft without a live article.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) id: String,
    pub(crate) fields: Fields,
    /// The article that was withdrawn.
    pub(crate) withdrawn: Option<Article>,
}

/// A login.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) token: String,
    pub(crate) refresh_token: String,
}

/// A request that was not answered: it has been done or it has not.
#[derive(Debug, Clone)]
pub(crate) enum Doubt {
    SignUp,
    LogOut(Session),
    Publish(Fields),
    /// Of the article with this number.
    Edit(usize, Fields),
    /// The same.
    Delete(usize),
    /// The same.
    Withdraw(usize),
    Begin(Fields),
    /// Of the draft with this number.
    Save(usize, Fields),
    /// The same.
    PublishDraft(usize),
    /// The same.
    DeleteDraft(usize),
    /// On the article with this number, this text.
    Comment(usize, String),
    /// On the article with this number, the comment with this id.
    DeleteComment(usize, u64),
    Change(Account),
    /// Of the session with this number, whose token was sent at this time.
    Refresh(usize, Instant),
}

impl Fields {
    /// The body of a request that publishes them.
    pub(crate) fn body(&self) -> Value {
        json!({ "article": self.json() })
    }

    /// As an object.
    pub(crate) fn json(&self) -> Value {
        let Self { title, description, body, tags } = self;
        json!({"title": title, "description": description, "body": body, "tagList": tags})
    }

    /// Whether `article` shows them, its text included.
    pub(crate) fn are(&self, article: &Value) -> bool {
        self.are_listed(article) && article["body"] == self.body
    }

    /// Whether a list's `article` shows them.
    pub(crate) fn are_listed(&self, article: &Value) -> bool {
        article["title"] == self.title
            && article["description"] == self.description
            && article["tagList"] == json!(self.tags)
    }
}

/// The session of a login's answer.
pub(crate) fn session(answer: &Value) -> Option<Session> {
    let text = |name: &str| answer["user"][name].as_str().map(str::to_owned);
    Some(Session { token: text("token")?, refresh_token: text("refreshToken")? })
}
