//! `/api/drafts`, `POST /api/articles`, `PUT`, `DELETE` and `POST …/withdraw` of `/api/articles/{slug}`: authors write, publish, edit,
//! withdraw and delete. A draft is its author's alone. Article, draft, lists and counts change in one transaction: what was answered
//! is on every list, and what was refused left nothing behind.

mod articles;
mod drafts;
mod markdown;
mod publishing;
mod requests;
mod slug;
mod wiring;

use std::sync::Arc;

use axum::http::Method;
use shared::{
    cached::{CachedArticles, CachedProfiles},
    http::{Arriving, idempotency::Repeats},
    ports::{articles::ArticleWrites, cache::Wanted, drafts::Drafts, reactions::ReactionViews, system::System},
};

use articles::*;
use drafts::*;
pub use wiring::{Config, Publish};

/// How often a change is made anew because another came in between, or a slug is chosen anew because it is taken.
const TRIES: usize = 8;

/// What the handlers use.
#[derive(Clone)]
pub struct Publications {
    articles: Arc<dyn ArticleWrites>,
    drafts: Arc<dyn Drafts>,
    cached: Arc<CachedArticles>,
    profiles: Arc<CachedProfiles>,
    reactions: Arc<dyn ReactionViews>,
    repeats: Repeats,
    system: Arc<dyn System>,
}

impl Publications {
    /// What a request needs of the cache: the profile of whoever publishes or edits, as an article's answer shows it.
    fn prefetch(&self, arriving: &Arriving<'_>) -> Vec<Wanted> {
        let shown = match arriving.route {
            "/api/articles" | "/api/drafts/{id}/publish" => true,
            "/api/articles/{slug}" => arriving.method == Method::PUT,
            _ => false,
        };
        arriving.identity.filter(|_| shown).map_or_else(Vec::new, |author| self.profiles.wanted(author.user_id))
    }
}
