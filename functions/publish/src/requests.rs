//! What authors send.

use serde::Deserialize;
use shared::{
    domain::{
        Field, Violation, Violations,
        article::{ArticleBody, ArticleChanges, Description, Manuscript, Title},
        draft::{DraftBody, DraftChanges},
        tag::{self, Tag},
    },
    http::Object,
};
use utoipa::ToSchema;

/// `{"article": …}`
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewArticleRequest {
    #[schema(value_type = NewArticle)]
    pub(crate) article: Object<NewArticle>,
}

/// An article to publish.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewArticle {
    /// One line.
    #[serde(default)]
    #[schema(value_type = String, required = true, min_length = 1, max_length = 256)]
    title: Field<String>,
    /// One line.
    #[serde(default)]
    #[schema(value_type = String, required = true, min_length = 1, max_length = 1024)]
    description: Field<String>,
    /// Markdown, at most 256 KiB.
    #[serde(default)]
    #[schema(value_type = String, required = true, min_length = 1)]
    body: Field<String>,
    /// At most 10, each one line of at most 64 characters; spellings of one tag count once.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, nullable = false)]
    tag_list: Field<Vec<String>>,
}

impl NewArticle {
    pub(crate) fn parse(self) -> Result<Manuscript, Violations> {
        let mut violations = Violations::default();
        let title = violations.check("title", self.title.required().and_then(|text| Title::parse(&text)));
        let description = self.description.required().and_then(|text| Description::parse(&text));
        let description = violations.check("description", description);
        let body = violations.check("body", self.body.required().and_then(ArticleBody::parse));
        let tags = violations.check("tagList", tags(self.tag_list)).map(Option::unwrap_or_default);
        let all = title.zip(description).zip(body).zip(tags);
        violations.finish(all.map(|(((title, description), body), tags)| Manuscript { title, description, body, tags }))
    }
}

fn tags(list: Field<Vec<String>>) -> Result<Option<Vec<Tag>>, Violation> {
    list.optional()?.map(|texts| tag::parse_all(&texts)).transpose()
}

/// `{"article": …}`
#[derive(Deserialize, ToSchema)]
pub(crate) struct UpdateArticleRequest {
    #[schema(value_type = UpdateArticle)]
    pub(crate) article: Object<UpdateArticle>,
}

/// What should be different; a field that is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateArticle {
    /// One line; the slug stays.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 256)]
    title: Field<String>,
    /// One line.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 1024)]
    description: Field<String>,
    /// Markdown, at most 256 KiB.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1)]
    body: Field<String>,
    /// All the tags; `[]` clears them.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, nullable = false)]
    tag_list: Field<Vec<String>>,
}

impl UpdateArticle {
    pub(crate) fn parse(self) -> Result<ArticleChanges, Violations> {
        let mut violations = Violations::default();
        let title = self.title.optional().and_then(|text| text.map(|text| Title::parse(&text)).transpose());
        let title = violations.check("title", title).flatten();
        let description =
            self.description.optional().and_then(|text| text.map(|text| Description::parse(&text)).transpose());
        let description = violations.check("description", description).flatten();
        let body = self.body.optional().and_then(|text| text.map(ArticleBody::parse).transpose());
        let body = violations.check("body", body).flatten();
        let tags = violations.check("tagList", tags(self.tag_list)).flatten();
        violations.finish(Some(ArticleChanges { title, description, body, tags }))
    }
}

/// `{"draft": …}`
#[derive(Deserialize, ToSchema)]
pub(crate) struct DraftRequest {
    #[schema(value_type = DraftFields)]
    pub(crate) draft: Object<DraftFields>,
}

/// What a draft should be; a field that is absent stays, or is blank in a new one. `null` and blank texts leave it blank.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DraftFields {
    /// One line.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 256)]
    title: Field<String>,
    /// One line.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 1024)]
    description: Field<String>,
    /// Markdown, at most 256 KiB.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    body: Field<String>,
    /// All the tags, at most 10; `[]` clears them.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, nullable = false)]
    tag_list: Field<Vec<String>>,
}

impl DraftFields {
    pub(crate) fn parse(self) -> Result<DraftChanges, Violations> {
        let mut violations = Violations::default();
        let title = violations.check("title", line(self.title, Title::parse));
        let description = violations.check("description", line(self.description, Description::parse));
        let body = self.body.clearable().map(|text| DraftBody::parse(text.unwrap_or_default())).transpose();
        let body = violations.check("body", body);
        let tags = violations.check("tagList", tags(self.tag_list));
        let all = title.zip(description).zip(body).zip(tags);
        violations.finish(all.map(|(((title, description), body), tags)| DraftChanges {
            title,
            description,
            body,
            tags,
        }))
    }
}

/// A line that may be blank: `None` keeps what is stored, `Some(None)` leaves it blank.
fn line<T>(field: Field<String>, parse: fn(&str) -> Result<T, Violation>) -> Result<Option<Option<T>>, Violation> {
    let filled = |text: String| (!text.trim().is_empty()).then_some(text);
    field.clearable().map(|text| text.and_then(filled).map(|text| parse(&text)).transpose()).transpose()
}
