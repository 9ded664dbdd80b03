//! Drafts.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    articles::text,
    client::{Outcome, encode},
    expected::{Fields, Refusal, compare},
    operation::{ArticleFields, Tag, WhichDraft, Who},
    world::{Article, Draft, World},
};

impl World {
    pub(crate) async fn begin_draft(&mut self, who: &Who, sent: &ArticleFields) -> Outcome {
        let caller = self.caller(who);
        let mut fields = Fields::default();
        let title = fields.blankable("title", &sent.title.of(self.case)).flatten();
        let description = fields.blankable("description", &sent.description).flatten();
        let body = fields.draft_body("body", &sent.body).unwrap_or_default();
        let tags = fields.tags(&self.tags_sent(sent)).unwrap_or_default();
        let answer = self.ask(Method::POST, "/api/drafts", caller.token.as_deref(), &fields.body("draft")).await?;
        let author = match caller.needed() {
            Ok(author) => author,
            Err(refusal) => return refusal.compare(&answer),
        };
        if let Some(refusal) = fields.unreadable().or_else(|| fields.refused()) {
            return refusal.compare(&answer);
        }
        let shown = |name: &str| answer.body["draft"][name].as_str().unwrap_or_default().to_owned();
        let description = description.map_or_else(String::new, |description| description.shown);
        let (id, created_at) = (shown("id"), shown("createdAt"));
        let (version, moved, article, live, there) = (1, false, None, None, true);
        let updated_at = created_at.clone();
        let draft = Draft {
            id,
            author,
            title,
            description,
            body,
            tags,
            version,
            created_at,
            updated_at,
            moved,
            article,
            live,
            there,
        };
        if draft.id.len() != 26 || self.drafts.iter().any(|other| other.id == draft.id) {
            return Err(format!("no id of a new draft: {}", answer.body));
        }
        self.drafts.push(draft);
        let expected = self.draft_answer(self.drafts.len() - 1, &answer.body["draft"])?;
        compare(&answer, 201, &expected)
    }

    /// Learns the draft of an article that was just published.
    pub(crate) async fn draft_of_the_newest(&mut self, token: Option<&str>, article: Article) -> Outcome {
        let answer = self.ask(Method::GET, "/api/drafts?limit=1", token, &Value::Null).await?;
        let id = answer.body["drafts"][0]["id"].as_str().unwrap_or_default().to_owned();
        let Article { author, title, description, body, tags, created_at, updated_at, .. } = article;
        self.drafts.push(Draft {
            id,
            author,
            title: Some(title),
            description,
            body,
            tags,
            version: 1,
            created_at,
            updated_at,
            moved: false,
            article: Some(self.articles.len() - 1),
            live: Some(1),
            there: true,
        });
        let expected = self.draft_summary(self.drafts.len() - 1, &answer.body["drafts"][0])?;
        compare(&answer, 200, &json!({"drafts": [expected], "cursor": answer.body["cursor"]}))
    }

    pub(crate) async fn save_draft(
        &mut self,
        who: &Who,
        which: &WhichDraft,
        tag: Tag,
        sent: &ArticleFields,
    ) -> Outcome {
        let caller = self.caller(who);
        let (number, path) = self.which_draft(which);
        let current = number.map_or(1, |number| self.drafts[number].version);
        let (if_match, fits) = match tag {
            Tag::Nothing => (None, true),
            Tag::Any => (Some("*".to_owned()), true),
            Tag::Current => (Some(format!("\"{current}\"")), true),
            Tag::Earlier(by) => (Some(format!("\"{}\"", current.saturating_sub(by))), false),
            Tag::Foreign(tag) => (Some(tag.to_owned()), false),
        };
        let mut fields = Fields::default();
        let title = fields.blankable("title", &sent.title.of(self.case));
        let description = fields.blankable("description", &sent.description);
        let body = fields.draft_body("body", &sent.body);
        let tags = fields.tags(&self.tags_sent(sent));
        let token = caller.token.as_deref();
        let answer = self.ask_if(Method::PUT, &path, token, if_match.as_deref(), &fields.body("draft")).await?;
        let author = match caller.needed() {
            Ok(author) => author,
            Err(refusal) => return refusal.compare(&answer),
        };
        let own = fields.unreadable().map_or_else(|| self.own_draft(number, author), Err);
        let refused = || {
            let overtaken = (!fits).then(|| Refusal::new(412, "precondition-failed", &["draft"]));
            overtaken.or_else(|| fields.refused())
        };
        let number = match own.and_then(|number| refused().map_or(Ok(number), Err)) {
            Ok(number) => number,
            Err(refusal) => return refusal.compare(&answer),
        };
        let draft = &mut self.drafts[number];
        draft.title = title.unwrap_or_else(|| draft.title.take());
        if let Some(description) = description {
            draft.description = description.map_or_else(String::new, |description| description.shown);
        }
        draft.body = body.unwrap_or_else(|| draft.body.clone());
        draft.tags = tags.unwrap_or_else(|| draft.tags.clone());
        draft.version += 1;
        draft.moved = true;
        let expected = self.draft_answer(number, &answer.body["draft"])?;
        compare(&answer, 200, &expected)
    }

    pub(crate) async fn publish_draft(&mut self, who: &Who, which: &WhichDraft) -> Outcome {
        let caller = self.caller(who);
        let (number, path) = self.which_draft(which);
        let path = format!("{path}/publish");
        let answer = self.ask(Method::POST, &path, caller.token.as_deref(), &Value::Null).await?;
        let number = match caller.needed().and_then(|author| self.own_draft(number, author)) {
            Ok(number) => number,
            Err(refusal) => return refusal.compare(&answer),
        };
        let draft = self.drafts[number].clone();
        let blank = [
            ("title", draft.title.is_none()),
            ("description", draft.description.is_empty()),
            ("body", draft.body.trim().is_empty()),
        ];
        let blank: Vec<_> = blank.iter().filter(|(_, blank)| *blank).map(|(name, _)| *name).collect();
        let (Some(title), []) = (draft.title.clone(), blank.as_slice()) else {
            return Refusal::new(422, "fields-invalid", &blank).compare(&answer);
        };
        let Some(before) = draft.article else {
            let (slug, created_at) = (self.new_slug(&title, &answer)?, text(&answer, "createdAt"));
            let Draft { author, description, body, tags, .. } = draft;
            let updated_at = created_at.clone();
            let (live, withdrawn) = (true, false);
            let article = Article {
                slug,
                author,
                title,
                description,
                body,
                tags,
                created_at,
                updated_at,
                live,
                withdrawn,
                ever_withdrawn: false,
                draft: number,
            };
            compare(&answer, 200, &self.article_answer(&article, Some(article.author)))?;
            self.drafts[number].article = Some(self.articles.len());
            self.drafts[number].live = Some(draft.version);
            return self.newest(article);
        };
        let old = self.articles[before].clone();
        if draft.live == Some(draft.version) {
            return compare(&answer, 200, &self.article_answer(&old, Some(old.author)));
        }
        let Draft { description, body, tags, .. } = draft;
        let updated_at = text(&answer, "updatedAt");
        if updated_at <= old.updated_at {
            return Err(format!("the publication did not move updatedAt: {updated_at}"));
        }
        let article = Article { title, description, body, tags, updated_at, live: true, withdrawn: false, ..old };
        compare(&answer, 200, &self.article_answer(&article, Some(article.author)))?;
        self.spell(&article.tags);
        self.articles[before] = article;
        self.drafts[number].live = Some(draft.version);
        Ok(())
    }

    pub(crate) async fn delete_draft(&mut self, who: &Who, which: &WhichDraft) -> Outcome {
        let caller = self.caller(who);
        let (number, path) = self.which_draft(which);
        let answer = self.ask(Method::DELETE, &path, caller.token.as_deref(), &Value::Null).await?;
        let number = match caller.needed().and_then(|author| self.own_draft(number, author)) {
            Ok(number) => number,
            Err(refusal) => return refusal.compare(&answer),
        };
        if self.drafts[number].live.is_some() {
            return Refusal::new(409, "published", &["draft"]).compare(&answer);
        }
        self.drafts[number].there = false;
        if let Some(article) = self.drafts[number].article {
            self.articles[article].withdrawn = false;
        }
        compare(&answer, 204, &Value::Null)
    }

    pub(crate) async fn read_draft(&mut self, who: &Who, which: &WhichDraft) -> Outcome {
        let caller = self.caller(who);
        let (number, path) = self.which_draft(which);
        let answer = self.ask(Method::GET, &path, caller.token.as_deref(), &Value::Null).await?;
        match caller.needed().and_then(|author| self.own_draft(number, author)) {
            Ok(number) => {
                let expected = self.draft_answer(number, &answer.body["draft"])?;
                compare(&answer, 200, &expected)
            }
            Err(refusal) => refusal.compare(&answer),
        }
    }

    /// Compares the whole list, page after page.
    pub(crate) async fn list_drafts(&mut self, who: &Who, limit: usize) -> Outcome {
        let caller = self.caller(who);
        let mut left = match caller.needed() {
            Ok(author) => {
                let own = |number: &usize| self.drafts[*number].there && self.drafts[*number].author == author;
                (0..self.drafts.len()).rev().filter(own).collect()
            }
            Err(_) => Vec::new(),
        };
        let mut cursor = String::new();
        loop {
            let path = format!("/api/drafts?limit={limit}{cursor}");
            let answer = self.ask(Method::GET, &path, caller.token.as_deref(), &Value::Null).await?;
            if let Err(refusal) = caller.needed() {
                return refusal.compare(&answer);
            }
            let rest = left.split_off(left.len().min(limit));
            let mut drafts = Vec::new();
            for (place, number) in left.iter().enumerate() {
                drafts.push(self.draft_summary(*number, &answer.body["drafts"][place])?);
            }
            let next = &answer.body["cursor"];
            if next.is_string() == rest.is_empty() {
                return Err(format!("the cursor is {next}, and {} drafts are left", rest.len()));
            }
            compare(&answer, 200, &json!({"drafts": drafts, "cursor": next}))?;
            let Some(next) = next.as_str() else { return Ok(()) };
            cursor = format!("&cursor={}", encode(next));
            left = rest;
        }
    }

    /// Has the draft of a live article that was edited move along, if readers saw just that.
    pub(crate) fn move_along(&mut self, article: &Article) {
        let draft = &mut self.drafts[article.draft];
        if draft.live == Some(draft.version) {
            draft.title = Some(article.title.clone());
            draft.description.clone_from(&article.description);
            draft.body.clone_from(&article.body);
            draft.tags.clone_from(&article.tags);
            draft.version += 1;
            draft.live = Some(draft.version);
            draft.moved = true;
        }
    }

    /// Which draft, by number, and its path.
    fn which_draft(&self, which: &WhichDraft) -> (Option<usize>, String) {
        let (number, id) = match which {
            WhichDraft::Draft(index) if !self.drafts.is_empty() => {
                let number = index.of(self.drafts.len());
                (Some(number), self.drafts[number].id.as_str())
            }
            WhichDraft::Draft(_) => (None, "no-draft-was-begun"),
            WhichDraft::Id(id) => (None, *id),
        };
        (number, format!("/api/drafts/{}", encode(id)))
    }

    /// The draft, if it is there and the author's.
    fn own_draft(&self, number: Option<usize>, author: usize) -> Result<usize, Refusal> {
        let own = |number: &usize| self.drafts[*number].there && self.drafts[*number].author == author;
        number.filter(own).ok_or_else(|| Refusal::new(404, "not-found", &["draft"]))
    }

    /// What the draft is shown as; `seen` tells when it was changed, where that was not seen yet.
    pub(crate) fn draft_answer(&mut self, number: usize, seen: &Value) -> Outcome<Value> {
        let mut view = self.draft_summary(number, seen)?;
        view["body"] = json!(self.drafts[number].body);
        Ok(json!({ "draft": view }))
    }

    fn draft_summary(&mut self, number: usize, seen: &Value) -> Outcome<Value> {
        let draft = &mut self.drafts[number];
        if std::mem::take(&mut draft.moved) {
            let updated_at = seen["updatedAt"].as_str().unwrap_or_default();
            if updated_at <= draft.updated_at.as_str() {
                return Err(format!("the change did not move the draft's updatedAt: {seen}"));
            }
            draft.updated_at = updated_at.to_owned();
        }
        let draft = &self.drafts[number];
        let tags: Vec<_> = draft.tags.iter().map(|tag| &tag.shown).collect();
        let title = draft.title.as_ref().map_or("", |title| title.shown.as_str());
        let slug = draft.article.map(|article| &self.articles[article].slug);
        Ok(json!({
            "id": draft.id, "title": title, "description": draft.description, "tagList": tags,
            "version": draft.version, "slug": slug, "createdAt": draft.created_at, "updatedAt": draft.updated_at,
        }))
    }
}
