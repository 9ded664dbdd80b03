//! What an index keeps of an entry.

use serde_json::{Value, json};
use shared::domain::search::{Entry, EntryKey};

use crate::highlight;

/// The kinds of documents.
pub(crate) const ARTICLE: &str = "article";
pub(crate) const USER: &str = "user";
const GONE: &str = "gone";
pub(crate) const MARK: &str = "mark";

/// The document's name within its index.
pub(crate) fn id(key: &EntryKey) -> String {
    match key {
        EntryKey::Article(slug) => format!("a:{slug}"),
        EntryKey::User(user) => format!("u:{user}"),
    }
}

/// The document. Of what is gone only its kind is left, which keeps older states out.
pub(crate) fn source(entry: &Entry) -> Value {
    match entry {
        Entry::Article(article) => {
            let text = highlight::as_indexed(&article.text);
            let short = text.chars().nth(highlight::MOST).is_none().then_some(&text);
            json!({
                "kind": ARTICLE,
                "slug": article.slug.as_str(),
                "article": article.article.to_string(),
                "author": article.author.to_string(),
                "since": article.article.made_at().as_millis(),
                "points": article.points,
                "tag": article.tags.iter().map(|tag| tag.folded().as_str().to_owned()).collect::<Vec<_>>(),
                "title": highlight::as_indexed(&article.title),
                "tags": article.tags.iter().map(|tag| tag.as_str()).collect::<Vec<_>>(),
                "description": highlight::as_indexed(&article.description),
                "short": short,
                "text": text,
            })
        }
        Entry::User(user) => json!({
            "kind": USER,
            "user": user.user.to_string(),
            "username": user.username.as_str(),
            "bio": highlight::as_indexed(&user.bio),
        }),
        Entry::Gone(..) => json!({"kind": GONE}),
    }
}
