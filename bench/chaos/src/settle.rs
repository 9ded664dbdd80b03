//! Finding out what became of a request that was not answered: it was done whole, or nothing of it was.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    Result,
    api::{Api, credentials},
    compare,
    known::{Account, Article, Doubt, Fields, Session, session},
    writer::{PASSWORD, Writer},
};

/// How long a refresh token may be sent again.
const GRACE: Duration = Duration::from_secs(30);

impl Writer {
    /// Looks for what is in doubt; whatever is half done is lost.
    ///
    /// # Errors
    /// If the program is away; the doubt stays.
    pub(crate) async fn settle(&mut self, api: &Api) -> Result<()> {
        let Some(doubt) = self.doubt.clone() else { return Ok(()) };
        let (what, done) = match doubt {
            Doubt::SignUp => ("sign up", self.is_signed_up(api).await?),
            Doubt::LogOut(session) => ("log out", self.is_logged_out(api, session).await?),
            Doubt::Publish(fields) => ("publish", self.is_published(api, fields).await?),
            Doubt::Edit(number, fields) => ("edit", self.is_edited(api, number, fields).await?),
            Doubt::Delete(number) => ("delete", self.is_deleted(api, number).await?),
            Doubt::Comment(number, body) => ("comment", self.is_commented(api, number, &body).await?),
            Doubt::DeleteComment(number, id) => ("delete comment", self.is_comment_deleted(api, number, id).await?),
            Doubt::Refresh(number, at) => ("refresh", self.is_refreshed(api, number, at).await?),
            Doubt::Withdraw(number) => ("withdraw", self.is_withdrawn(api, number).await?),
            Doubt::Begin(fields) => ("begin a draft", self.is_begun(api, fields).await?),
            Doubt::Save(number, fields) => ("save a draft", self.is_saved(api, number, fields).await?),
            Doubt::PublishDraft(number) => ("publish a draft", self.is_draft_published(api, number).await?),
            Doubt::DeleteDraft(number) => ("delete a draft", self.is_draft_deleted(api, number).await?),
            Doubt::Change(account) => ("change account", self.is_changed(api, account).await?),
        };
        self.doubt = None;
        let tally = self.tried.entry(what).or_default();
        if done {
            tally.found_done += 1;
        } else {
            tally.found_undone += 1;
        }
        Ok(())
    }

    async fn is_signed_up(&mut self, api: &Api) -> Result<bool> {
        let body = credentials(&self.email(), PASSWORD);
        let (status, answer) = api.surely(Method::POST, "/api/users/login", None, &body).await?;
        if status == 200 {
            self.signed_up = true;
            self.sessions.extend(session(&answer));
            return Ok(true);
        }
        // Nobody may be in the way of the next try: it would be refused if half of this one were there.
        let (status, profile) = api.read(&format!("/api/profiles/{}", self.account.username), None).await?;
        if status != 404 {
            self.lost.push(format!("a half sign-up: no login, but {status} {profile}"));
        }
        Ok(false)
    }

    async fn is_logged_out(&mut self, api: &Api, session: Session) -> Result<bool> {
        let (status, answer) = api.read("/api/user", Some(&session.token)).await?;
        match status {
            200 => self.sessions.push(session),
            401 => self.ended.push(session),
            _ => self.lost.push(format!("a half logout: {status} {answer}")),
        }
        Ok(status == 401)
    }

    /// The same token gets the answer that was lost, as long as its time has not run out: a busy machine may start slowly.
    async fn is_refreshed(&mut self, api: &Api, number: usize, at: Instant) -> Result<bool> {
        let body = json!({"refreshToken": self.sessions[number].refresh_token});
        let (status, answer) = api.surely(Method::POST, "/api/sessions/refresh", None, &body).await?;
        match session(&answer).filter(|_| status == 200) {
            Some(session) => self.sessions[number] = session,
            None => {
                let old = self.sessions.swap_remove(number);
                if at.elapsed() < GRACE {
                    self.lost.push(format!("a session that was being refreshed: {status} {answer}, {old:?}"));
                }
            }
        }
        Ok(status == 200)
    }

    async fn is_published(&mut self, api: &Api, fields: Fields) -> Result<bool> {
        let (listed, _) = api.list(&format!("&author={}", self.account.username)).await?;
        let slug = |article: &Value| article["slug"].as_str().unwrap_or_default().to_owned();
        let known = |slug: &String| self.articles.iter().any(|article| article.slug == *slug);
        let mut new: Vec<_> = listed.iter().map(slug).filter(|slug| !known(slug)).collect();
        let Some(slug) = new.pop() else { return Ok(false) };
        let (status, answer) = api.read(&format!("/api/articles/{slug}"), None).await?;
        if !new.is_empty() || status != 200 || !fields.are(&answer["article"]) {
            self.lost.push(format!("a half article: {slug} of {fields:?} is {status} {answer} beside {new:?}"));
        }
        self.bear(slug, fields);
        Ok(true)
    }

    async fn is_edited(&mut self, api: &Api, number: usize, fields: Fields) -> Result<bool> {
        let Article { slug, fields: old, .. } = &self.articles[number];
        let (status, answer) = api.read(&format!("/api/articles/{slug}"), None).await?;
        let done = status == 200 && fields.are(&answer["article"]);
        if !done && !old.are(&answer["article"]) {
            self.lost.push(format!("a half edit: {slug} is {status} {answer}, neither {old:?} nor {fields:?}"));
        }
        if done {
            self.articles[number].fields = fields;
        }
        Ok(done)
    }

    async fn is_deleted(&mut self, api: &Api, number: usize) -> Result<bool> {
        let Article { slug, fields, .. } = &self.articles[number];
        let (status, answer) = api.read(&format!("/api/articles/{slug}"), None).await?;
        if status == 404 {
            self.deleted.push(self.articles.remove(number).slug);
            return Ok(true);
        }
        if !fields.are(&answer["article"]) {
            self.lost.push(format!("a half deletion: {slug} is {status} {answer}, not {fields:?}"));
        }
        Ok(false)
    }

    async fn is_changed(&mut self, api: &Api, new: Account) -> Result<bool> {
        let token = self.sessions.first().map(|session| session.token.as_str());
        let (status, answer) = api.read("/api/user", token).await?;
        let done = compare::shows(&answer["user"], &new);
        if !done && !compare::shows(&answer["user"], &self.account) {
            self.lost.push(format!("a half change: {status} {answer}, neither {:?} nor {new:?}", self.account));
        }
        let free = if done { &self.account.username } else { &new.username };
        let (status, profile) = api.read(&format!("/api/profiles/{free}"), None).await?;
        if status != 404 {
            self.lost.push(format!("a half change: {free} is {status} {profile}"));
        }
        if done {
            self.account = new;
        }
        Ok(done)
    }
}
