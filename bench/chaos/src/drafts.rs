//! Drafts: what a writer does with them, what became of what was not answered, and whether they are as they were left.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api::Api,
    known::{Article, Doubt, Draft, Fields},
    writer::{Away, Writer},
};

impl Writer {
    pub(crate) async fn begin(&mut self, api: &Api) -> Result<(), Away> {
        let fields = self.fields();
        let outcome = self.ask(api, Method::POST, "/api/drafts", &json!({"draft": fields.json()})).await;
        if let Some(answer) = self.learn("begin a draft", outcome, 201, Some(Doubt::Begin(fields.clone())))? {
            let id = answer["draft"]["id"].as_str().unwrap_or_default().to_owned();
            self.drafts.push(Draft { id, fields, withdrawn: None });
        }
        Ok(())
    }

    pub(crate) async fn save(&mut self, api: &Api) -> Result<(), Away> {
        let (number, fields) = (self.any(self.drafts.len()), self.fields());
        let body = json!({"draft": fields.json()});
        let outcome = self.ask(api, Method::PUT, &path(&self.drafts[number]), &body).await;
        if self.learn("save a draft", outcome, 200, Some(Doubt::Save(number, fields.clone())))?.is_some() {
            self.drafts[number].fields = fields;
        }
        Ok(())
    }

    pub(crate) async fn publish_draft(&mut self, api: &Api) -> Result<(), Away> {
        let number = self.any(self.drafts.len());
        let path = format!("{}/publish", path(&self.drafts[number]));
        let outcome = self.ask(api, Method::POST, &path, &Value::Null).await;
        if let Some(answer) = self.learn("publish a draft", outcome, 200, Some(Doubt::PublishDraft(number)))? {
            self.brought_out(number, answer["article"]["slug"].as_str().unwrap_or_default().to_owned());
        }
        Ok(())
    }

    /// Deletes a draft, and with it the article that was withdrawn, if it was one.
    pub(crate) async fn delete_draft(&mut self, api: &Api) -> Result<(), Away> {
        let number = self.any(self.drafts.len());
        let outcome = self.ask(api, Method::DELETE, &path(&self.drafts[number]), &Value::Null).await;
        if self.learn("delete a draft", outcome, 204, Some(Doubt::DeleteDraft(number)))?.is_some() {
            self.thrown_away(number);
        }
        Ok(())
    }

    pub(crate) async fn withdraw(&mut self, api: &Api) -> Result<(), Away> {
        let number = self.any(self.articles.len());
        let path = format!("/api/articles/{}/withdraw", self.articles[number].slug);
        let outcome = self.ask(api, Method::POST, &path, &Value::Null).await;
        if let Some(answer) = self.learn("withdraw", outcome, 200, Some(Doubt::Withdraw(number)))? {
            self.taken_back(number, answer["draft"]["id"].as_str().unwrap_or_default().to_owned());
        }
        Ok(())
    }

    /// The draft with this number has become an article: a new one, or the one that it was before.
    fn brought_out(&mut self, number: usize, slug: String) {
        let Draft { fields, withdrawn, .. } = self.drafts.remove(number);
        let Some(before) = withdrawn else { return self.bear(slug, fields) };
        if before.slug != slug {
            self.lost.push(format!("{} was published again as {slug}", before.slug));
        }
        let place = self.articles.partition_point(|article| article.born < before.born);
        self.articles.insert(place, Article { slug, fields, ..before });
    }

    /// The article with this number is a draft again.
    fn taken_back(&mut self, number: usize, id: String) {
        let article = self.articles.remove(number);
        self.drafts.push(Draft { id, fields: article.fields.clone(), withdrawn: Some(article) });
    }

    /// The draft with this number is not there any more.
    fn thrown_away(&mut self, number: usize) {
        let draft = self.drafts.remove(number);
        self.deleted.extend(draft.withdrawn.map(|article| article.slug));
    }

    fn token(&self) -> Option<&str> {
        self.sessions.first().map(|session| session.token.as_str())
    }

    pub(crate) async fn is_begun(&mut self, api: &Api, fields: Fields) -> crate::Result<bool> {
        let known = |id: &str| self.drafts.iter().any(|draft| draft.id == id);
        // Every other draft that has no article is known.
        let drafts = api.drafts(self.token()).await?;
        let id =
            |draft: &Value| draft["id"].as_str().map(str::to_owned).filter(|id| draft["slug"].is_null() && !known(id));
        let new: Vec<_> = drafts.iter().filter_map(id).collect();
        let Some(id) = new.first() else { return Ok(false) };
        let draft = Draft { id: id.clone(), fields, withdrawn: None };
        let (status, answer) = api.read(&path(&draft), self.token()).await?;
        if new.len() > 1 || status != 200 || !draft.fields.are(&answer["draft"]) {
            self.lost.push(format!("a half draft: {draft:?} is {status} {answer} among {new:?}"));
        }
        self.drafts.push(draft);
        Ok(true)
    }

    pub(crate) async fn is_saved(&mut self, api: &Api, number: usize, fields: Fields) -> crate::Result<bool> {
        let old = &self.drafts[number];
        let (status, answer) = api.read(&path(old), self.token()).await?;
        let done = status == 200 && fields.are(&answer["draft"]);
        if !done && !old.fields.are(&answer["draft"]) {
            self.lost.push(format!("a half save: {status} {answer}, neither {old:?} nor {fields:?}"));
        }
        if done {
            self.drafts[number].fields = fields;
        }
        Ok(done)
    }

    pub(crate) async fn is_draft_published(&mut self, api: &Api, number: usize) -> crate::Result<bool> {
        let draft = &self.drafts[number];
        let (status, answer) = api.read(&path(draft), self.token()).await?;
        if status != 200 || !draft.fields.are(&answer["draft"]) {
            self.lost.push(format!("a half publication: {status} {answer}, not {draft:?}"));
        }
        let Some(slug) = answer["draft"]["slug"].as_str() else { return Ok(false) };
        let (status, article) = api.read(&format!("/api/articles/{slug}"), None).await?;
        if status == 410 && self.drafts[number].withdrawn.is_some() {
            return Ok(false);
        }
        if status != 200 || !self.drafts[number].fields.are(&article["article"]) {
            self.lost.push(format!("a half publication: {slug} is {status} {article}, not {:?}", self.drafts[number]));
        }
        self.brought_out(number, slug.to_owned());
        Ok(true)
    }

    pub(crate) async fn is_draft_deleted(&mut self, api: &Api, number: usize) -> crate::Result<bool> {
        let draft = &self.drafts[number];
        let (status, answer) = api.read(&path(draft), self.token()).await?;
        if status == 404 {
            self.thrown_away(number);
            return Ok(true);
        }
        if !draft.fields.are(&answer["draft"]) {
            self.lost.push(format!("a half deletion: {status} {answer}, not {draft:?}"));
        }
        Ok(false)
    }

    pub(crate) async fn is_withdrawn(&mut self, api: &Api, number: usize) -> crate::Result<bool> {
        let Article { slug, fields, .. } = &self.articles[number];
        let (status, answer) = api.read(&format!("/api/articles/{slug}"), None).await?;
        if status != 410 {
            if !fields.are(&answer["article"]) {
                self.lost.push(format!("a half withdrawal: {slug} is {status} {answer}, not {fields:?}"));
            }
            return Ok(false);
        }
        let drafts = api.drafts(self.token()).await?;
        let draft = drafts.iter().find(|draft| draft["slug"] == slug.as_str());
        match draft.and_then(|draft| draft["id"].as_str()) {
            Some(id) => self.taken_back(number, id.to_owned()),
            None => {
                self.lost.push(format!("a half withdrawal: {slug} has no draft"));
                self.articles.remove(number);
            }
        }
        Ok(true)
    }
}

fn path(draft: &Draft) -> String {
    format!("/api/drafts/{}", draft.id)
}

/// Which of the writer's drafts are not as they were left, but for the one with the number `doubtful`. Without a session nobody
/// can look.
pub(crate) async fn differences(writer: &Writer, doubtful: Option<usize>, api: &Api) -> crate::Result<Vec<String>> {
    let mut lost = Vec::new();
    let Some(token) = writer.token() else { return Ok(lost) };
    for (_, draft) in writer.drafts.iter().enumerate().filter(|(number, _)| Some(*number) != doubtful) {
        let (status, answer) = api.read(&path(draft), Some(token)).await?;
        if status != 200 || !draft.fields.are(&answer["draft"]) {
            lost.push(format!("draft: {status} {answer}, not {draft:?}"));
        }
        if let Some(article) = &draft.withdrawn {
            let (status, _) = api.read(&format!("/api/articles/{}", article.slug), None).await?;
            if status != 410 {
                lost.push(format!("a withdrawn article: {} is {status}", article.slug));
            }
        }
    }
    Ok(lost)
}
