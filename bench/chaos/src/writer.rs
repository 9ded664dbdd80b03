//! A user who writes, and remembers what was answered. Nobody else writes what is theirs, so that they know how it must be.

use std::collections::BTreeMap;

use fastrand::Rng;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    api::{Api, Outcome, credentials},
    known::{Account, Article, Doubt, Draft, Fields, Session, session},
    report::Tally,
};

/// A password that anyone may choose.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// Tags of everyone's, so that all move the same lists and counts. Each is its own folded form.
pub(crate) const TAGS: [&str; 6] = ["knots", "maps", "reefs", "sails", "storms", "tides"];
/// Titles of everyone's, so that slugs are taken.
const TITLES: [&str; 3] = ["A common title", "Another one", "???"];

/// No answer came.
#[derive(Debug)]
pub(crate) struct Away;

/// The user and what they know.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) number: usize,
    pub(crate) dice: Rng,
    /// Makes texts differ.
    pub(crate) turn: u64,
    pub(crate) signed_up: bool,
    pub(crate) account: Account,
    /// Those that were given out and not ended.
    pub(crate) sessions: Vec<Session>,
    pub(crate) ended: Vec<Session>,
    /// In the order of their first publication.
    pub(crate) articles: Vec<Article>,
    /// In the order of their beginning.
    pub(crate) drafts: Vec<Draft>,
    births: u64,
    /// Slugs of what was deleted.
    pub(crate) deleted: Vec<String>,
    pub(crate) doubt: Option<Doubt>,
    pub(crate) tried: BTreeMap<&'static str, Tally>,
    pub(crate) lost: Vec<String>,
}

impl Writer {
    /// Somebody who is not there yet.
    pub(crate) fn new(number: usize, seed: u64) -> Self {
        Self {
            number,
            dice: Rng::with_seed(seed),
            turn: 0,
            signed_up: false,
            account: Account { username: format!("writer-{number}"), bio: None },
            sessions: Vec::new(),
            ended: Vec::new(),
            articles: Vec::new(),
            drafts: Vec::new(),
            births: 0,
            deleted: Vec::new(),
            doubt: None,
            tried: BTreeMap::new(),
            lost: Vec::new(),
        }
    }

    pub(crate) fn email(&self) -> String {
        format!("writer-{}@mail.example", self.number)
    }

    /// Sends one request and learns from the answer.
    pub(crate) async fn step(&mut self, api: &Api) -> Result<(), Away> {
        self.turn += 1;
        if !self.signed_up {
            return self.sign_up(api).await;
        }
        if self.sessions.is_empty() {
            return self.log_in(api).await;
        }
        match (self.dice.u8(0..100), self.articles.is_empty(), self.drafts.is_empty()) {
            (0..6, ..) | (6..20, _, true) => self.begin(api).await,
            (6..12, _, false) => self.save(api).await,
            (12..18, _, false) => self.publish_draft(api).await,
            (18..20, _, false) => self.delete_draft(api).await,
            (20..36, ..) | (36..80, true, _) => self.publish(api).await,
            (36..46, false, _) => self.edit(api).await,
            (46..50, false, _) => self.delete(api).await,
            (50..54, false, _) => self.withdraw(api).await,
            (54..58, false, _) => self.read(api).await,
            (58..72, false, _) => self.comment(api).await,
            (72..75, false, _) => self.delete_comment(api).await,
            (75..80, false, _) => self.react(api).await,
            (80..84, ..) => self.follow(api).await,
            (84..90, ..) => self.change(api).await,
            (90..94, ..) => self.refresh(api).await,
            (94..97, ..) => self.log_in(api).await,
            _ => self.log_out(api).await,
        }
    }

    pub(crate) async fn sign_up(&mut self, api: &Api) -> Result<(), Away> {
        let mut body = credentials(&self.email(), PASSWORD);
        body["user"]["username"] = json!(self.account.username);
        let outcome = api.ask(Method::POST, "/api/users", None, &body).await;
        if let Some(answer) = self.learn("sign up", outcome, 201, Some(Doubt::SignUp))? {
            self.signed_up = true;
            self.sessions.extend(session(&answer));
        }
        Ok(())
    }

    async fn log_in(&mut self, api: &Api) -> Result<(), Away> {
        let body = credentials(&self.email(), PASSWORD);
        let outcome = api.ask(Method::POST, "/api/users/login", None, &body).await;
        // A session that nobody has a token of is nobody's loss.
        let answer = self.learn("log in", outcome, 200, None)?;
        self.sessions.extend(answer.as_ref().and_then(session));
        Ok(())
    }

    async fn refresh(&mut self, api: &Api) -> Result<(), Away> {
        let number = self.dice.usize(..self.sessions.len());
        let body = json!({"refreshToken": self.sessions[number].refresh_token});
        let doubt = Doubt::Refresh(number, Instant::now());
        let outcome = api.ask(Method::POST, "/api/sessions/refresh", None, &body).await;
        if let Some(session) = self.learn("refresh", outcome, 200, Some(doubt))?.as_ref().and_then(session) {
            self.sessions[number] = session;
        }
        Ok(())
    }

    async fn log_out(&mut self, api: &Api) -> Result<(), Away> {
        let session = self.sessions.swap_remove(self.dice.usize(..self.sessions.len()));
        let outcome = api.ask(Method::POST, "/api/sessions/logout", Some(&session.token), &Value::Null).await;
        if self.learn("log out", outcome, 204, Some(Doubt::LogOut(session.clone())))?.is_some() {
            self.ended.push(session);
        }
        Ok(())
    }

    async fn change(&mut self, api: &Api) -> Result<(), Away> {
        // Both or neither: the name moves two guards, the text none.
        let username = format!("writer-{}-{}", self.number, self.turn);
        let account = Account { username, bio: Some(format!("As of turn {}", self.turn)) };
        let body = json!({"user": {"username": account.username, "bio": account.bio}});
        let outcome = self.ask(api, Method::PUT, "/api/user", &body).await;
        if self.learn("change account", outcome, 200, Some(Doubt::Change(account.clone())))?.is_some() {
            self.account = account;
        }
        Ok(())
    }

    async fn publish(&mut self, api: &Api) -> Result<(), Away> {
        let fields = self.fields();
        let outcome = self.ask(api, Method::POST, "/api/articles", &fields.body()).await;
        if let Some(answer) = self.learn("publish", outcome, 201, Some(Doubt::Publish(fields.clone())))? {
            let slug = answer["article"]["slug"].as_str().unwrap_or_default().to_owned();
            self.bear(slug, fields);
        }
        Ok(())
    }

    /// Takes up an article that was published for the first time.
    pub(crate) fn bear(&mut self, slug: String, fields: Fields) {
        self.births += 1;
        self.articles.push(Article {
            slug,
            fields,
            born: self.births,
            liked: Some(false),
            collected: Some(false),
            comments: Vec::new(),
        });
    }

    /// One of so many.
    pub(crate) fn any(&mut self, count: usize) -> usize {
        self.dice.usize(..count)
    }

    async fn edit(&mut self, api: &Api) -> Result<(), Away> {
        let (number, fields) = (self.dice.usize(..self.articles.len()), self.fields());
        let path = format!("/api/articles/{}", self.articles[number].slug);
        let outcome = self.ask(api, Method::PUT, &path, &fields.body()).await;
        if self.learn("edit", outcome, 200, Some(Doubt::Edit(number, fields.clone())))?.is_some() {
            self.articles[number].fields = fields;
        }
        Ok(())
    }

    async fn delete(&mut self, api: &Api) -> Result<(), Away> {
        let number = self.dice.usize(..self.articles.len());
        let path = format!("/api/articles/{}", self.articles[number].slug);
        let outcome = self.ask(api, Method::DELETE, &path, &Value::Null).await;
        if self.learn("delete", outcome, 204, Some(Doubt::Delete(number)))?.is_some() {
            self.deleted.push(self.articles.remove(number).slug);
        }
        Ok(())
    }

    /// Likes or collects one of the own articles, or no longer does: whoever read it before may see an older count no more.
    async fn react(&mut self, api: &Api) -> Result<(), Away> {
        let number = self.dice.usize(..self.articles.len());
        let (what, last) = if self.dice.bool() { ("like", "favorite") } else { ("collect", "collect") };
        let article = &mut self.articles[number];
        let known = if what == "like" { &mut article.liked } else { &mut article.collected };
        // Without an answer nobody knows, until it is done again.
        let wanted = !known.take().unwrap_or_default();
        let path = format!("/api/articles/{}/{last}", article.slug);
        let method = if wanted { Method::POST } else { Method::DELETE };
        let outcome = self.ask(api, method, &path, &Value::Null).await;
        if self.learn(what, outcome, 200, None)?.is_some() {
            let article = &mut self.articles[number];
            *(if what == "like" { &mut article.liked } else { &mut article.collected }) = Some(wanted);
        }
        Ok(())
    }

    /// Follows the writer of the next number, or no longer does. All move one another's counters.
    async fn follow(&mut self, api: &Api) -> Result<(), Away> {
        let path = format!("/api/profiles/writer-{}/follow", self.number + 1);
        let method = if self.dice.bool() { Method::POST } else { Method::DELETE };
        let outcome = self.ask(api, method, &path, &Value::Null).await;
        // Whoever has changed their name, or is not there yet, is followed by nobody.
        let outcome = match outcome {
            Outcome::Answered(404, body) => Outcome::Answered(200, body),
            other => other,
        };
        self.learn("follow", outcome, 200, None).map(drop)
    }

    /// Reads what was written last or long ago, while others write.
    async fn read(&mut self, api: &Api) -> Result<(), Away> {
        let article = self.articles[self.dice.usize(..self.articles.len())].clone();
        let path = format!("/api/articles/{}", article.slug);
        let outcome = api.ask(Method::GET, &path, None, &Value::Null).await;
        if let Some(answer) = self.learn("read", outcome, 200, None)?
            && !article.fields.are(&answer["article"])
        {
            self.lost.push(format!("under load: {} is {answer}, not {:?}", article.slug, article.fields));
        }
        Ok(())
    }

    /// Texts that no other turn has, under titles of which some are others' too.
    pub(crate) fn fields(&mut self) -> Fields {
        let (number, turn) = (self.number, self.turn);
        let common = self.dice.choice(TITLES).map_or_else(String::new, str::to_owned);
        let title = if self.dice.u8(0..4) == 0 { common } else { format!("Turn {turn} of writer {number}") };
        let words = self.dice.usize(1..400);
        let body = format!("Turn {turn} of writer {number}. ").repeat(words);
        let tags = TAGS.iter().filter(|_| self.dice.u8(0..3) == 0).map(|&tag| tag.to_owned()).collect();
        Fields { title, description: format!("In turn {turn}"), body, tags }
    }

    pub(crate) async fn ask(&self, api: &Api, method: Method, path: &str, body: &Value) -> Outcome {
        let token = self.sessions.first().map(|session| session.token.as_str());
        api.ask(method, path, token, body).await
    }

    /// The body of an answer that says that it is done. A refusal changes nothing, and is right only if others were in the way;
    /// without an answer, `doubt` is what is to be found out.
    pub(crate) fn learn(
        &mut self,
        what: &'static str,
        outcome: Outcome,
        done: u16,
        doubt: Option<Doubt>,
    ) -> Result<Option<Value>, Away> {
        let tally = self.tried.entry(what).or_default();
        match outcome {
            Outcome::Answered(status, body) if status == done => {
                tally.done += 1;
                return Ok(Some(body));
            }
            Outcome::Answered(status, body) => {
                tally.refused += 1;
                if body["code"] != "contended" {
                    self.lost.push(format!("{what} of writer {}: {status} {body}", self.number));
                }
                return Ok(None);
            }
            Outcome::Unknown => {}
        }
        if doubt.is_none() {
            tally.found_undone += 1;
        }
        self.doubt = doubt;
        Err(Away)
    }
}
