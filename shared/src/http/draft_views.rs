//! The JSON forms of drafts.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{
    article::{Description, Title},
    draft::{Draft, DraftBody, DraftList},
    tag::Tag,
};

/// `{"draft": …}`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DraftAnswer {
    /// The draft.
    pub draft: DraftView,
}

/// A draft with its text.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Draft)]
pub struct DraftView {
    /// Everything but the text.
    #[serde(flatten)]
    pub summary: DraftSummary,
    /// The text, in Markdown.
    pub body: String,
}

/// A draft without its text.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DraftSummary {
    /// What it is called in paths.
    pub id: String,
    /// The title; "" if there is none yet.
    pub title: String,
    /// What it is about; "" if that is not said yet.
    pub description: String,
    /// In the author's order.
    pub tag_list: Vec<String>,
    /// Counts the changes of what is written, from 1: what `ETag` and `If-Match` name.
    pub version: u64,
    /// The address of the article that was made of it, live or withdrawn.
    #[schema(required = true)]
    pub slug: Option<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// RFC 3339, UTC; moves with every change of what is written.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// `{"drafts": …, "cursor": …}`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DraftsAnswer {
    /// One page, newest first.
    pub drafts: Vec<DraftSummary>,
    /// Leads to the next page, if there is one.
    #[schema(required = true)]
    pub cursor: Option<String>,
}

impl From<&Draft> for DraftSummary {
    fn from(draft: &Draft) -> Self {
        Self {
            id: draft.id.to_string(),
            title: draft.title.as_ref().map(Title::as_str).unwrap_or_default().to_owned(),
            description: draft.description.as_ref().map(Description::as_str).unwrap_or_default().to_owned(),
            tag_list: draft.tags.iter().map(Tag::as_str).map(str::to_owned).collect(),
            version: draft.version,
            slug: draft.publication.as_ref().map(|publication| publication.slug.to_string()),
            created_at: draft.created_at.to_string(),
            updated_at: draft.updated_at.to_string(),
        }
    }
}

impl DraftAnswer {
    /// `draft` with its `body`.
    pub fn new(draft: &Draft, body: &DraftBody) -> Self {
        Self { draft: DraftView { summary: draft.into(), body: body.as_str().to_owned() } }
    }
}

impl From<DraftList> for DraftsAnswer {
    fn from(list: DraftList) -> Self {
        let drafts = list.drafts.iter().map(Into::into).collect();
        Self { drafts, cursor: list.next.map(|cursor| cursor.to_string()) }
    }
}
