//! What users do with drafts.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, Client, User, unique};

/// The path of a draft.
pub(crate) fn path(draft: &Value) -> String {
    format!("/api/drafts/{}", draft["id"].as_str().unwrap())
}

impl User {
    /// Posts these fields as a draft.
    pub(crate) async fn try_draft(&self, fields: Value) -> Answer {
        self.client.post("/api/drafts", json!({"draft": fields})).await
    }

    /// Begins a draft that can be published, under a title of its own; answers the draft.
    pub(crate) async fn draft(&self, tags: &[&str]) -> Value {
        let fields = json!({"title": unique("Draft"), "description": "About it", "body": "Its text", "tagList": tags});
        self.try_draft(fields).await.expect(201)["draft"].take()
    }

    /// The draft as it is now.
    pub(crate) async fn read_draft(&self, draft: &Value) -> Value {
        self.client.get(&path(draft)).await.expect(200)["draft"].take()
    }

    /// Changes these fields of a draft, whatever version it is at.
    pub(crate) async fn save(&self, draft: &Value, fields: Value) -> Answer {
        self.client.put(&path(draft), json!({"draft": fields})).await
    }

    /// The same with this `If-Match`.
    pub(crate) async fn save_if(&self, draft: &Value, if_match: &str, fields: Value) -> Answer {
        let request = self.client.request(Method::PUT, &path(draft)).header("if-match", if_match);
        Client::send(request.json(&json!({"draft": fields}))).await
    }

    /// Publishes a draft.
    pub(crate) async fn publish_draft(&self, draft: &Value) -> Answer {
        Client::send(self.client.request(Method::POST, &format!("{}/publish", path(draft)))).await
    }

    /// Withdraws an article.
    pub(crate) async fn withdraw(&self, slug: &str) -> Answer {
        Client::send(self.client.request(Method::POST, &format!("/api/articles/{slug}/withdraw"))).await
    }

    /// The drafts of one page, and the cursor of the next.
    pub(crate) async fn drafts(&self, query: &str) -> (Vec<Value>, Value) {
        let mut page = self.client.get(&format!("/api/drafts?{query}")).await.expect(200);
        let Value::Array(drafts) = page["drafts"].take() else { panic!("no drafts: {page}") };
        (drafts, page["cursor"].take())
    }

    /// The draft of an article of this user.
    pub(crate) async fn draft_of(&self, slug: &str) -> Option<Value> {
        let (drafts, _) = self.drafts("limit=100").await;
        let draft = drafts.into_iter().find(|draft| draft["slug"] == slug)?;
        Some(self.read_draft(&draft).await)
    }
}
