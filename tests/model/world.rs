//! The model: what a platform would know that kept everything in a few lists, and the platform that is compared with it.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    client::{Answer, Client, Outcome},
    comments::Comment,
    expected::Refusal,
    operation::{Operation, Who},
    vocabulary::Kept,
};

/// A user as they are now.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) username: Kept,
    pub(crate) email: Kept,
    pub(crate) password: String,
    pub(crate) tries: Tries,
    pub(crate) bio: Option<String>,
    pub(crate) image: Option<String>,
    /// Users by number.
    pub(crate) follows: BTreeSet<usize>,
    /// Articles by number.
    pub(crate) likes: BTreeSet<usize>,
    /// Articles by number, each with its folder.
    pub(crate) collects: BTreeMap<usize, Option<String>>,
    /// Whether they have deleted their account.
    pub(crate) gone: bool,
}

/// Wrong passwords since the last login.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tries {
    pub(crate) wrong: u32,
    /// When the last free one of them was.
    pub(crate) locked: Option<Instant>,
}

/// A login, its user by number.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) user: usize,
    /// All that were ever given out, each once; the last is good, and the one before gets it again.
    pub(crate) refresh_tokens: Vec<String>,
    /// All that were ever given out; every one is good as long as the session lives.
    pub(crate) tokens: Vec<String>,
    pub(crate) live: bool,
    /// Whether it was ended by itself, not only together with others.
    pub(crate) ended_alone: bool,
}

/// An article, or what it was when it was withdrawn or deleted.
#[derive(Debug, Clone)]
pub(crate) struct Article {
    pub(crate) slug: String,
    pub(crate) author: usize,
    pub(crate) title: Kept,
    pub(crate) description: String,
    pub(crate) body: String,
    pub(crate) tags: Vec<Kept>,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
    pub(crate) live: bool,
    pub(crate) withdrawn: bool,
    /// Whether it ever was: the hot list may have lost sight of it then.
    pub(crate) ever_withdrawn: bool,
    /// By number.
    pub(crate) draft: usize,
}

/// A draft, or what it was when it was deleted.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) id: String,
    pub(crate) author: usize,
    pub(crate) title: Option<Kept>,
    pub(crate) description: String,
    pub(crate) body: String,
    pub(crate) tags: Vec<Kept>,
    pub(crate) version: u64,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
    /// Whether `updated_at` has moved since it was seen last.
    pub(crate) moved: bool,
    /// By number.
    pub(crate) article: Option<usize>,
    /// Which version readers see.
    pub(crate) live: Option<u64>,
    pub(crate) there: bool,
}

/// Who asks, as the platform should see them.
pub(crate) struct Caller {
    pub(crate) token: Option<String>,
    /// The user by number; `Ok(None)` is a stranger, an error is what a bad token leads to.
    pub(crate) known: Result<Option<usize>, Refusal>,
}

impl Caller {
    /// The user where a token is needed.
    pub(crate) fn needed(&self) -> Result<usize, Refusal> {
        self.known.clone()?.ok_or_else(|| Refusal::new(401, "token-missing", &["token"]))
    }
}

/// Model and platform, side by side.
pub(crate) struct World {
    client: Client,
    /// The case's number, part of each of its names.
    pub(crate) case: u64,
    /// Articles of earlier cases, all older than this case's.
    pub(crate) others: usize,
    pub(crate) users: Vec<User>,
    pub(crate) sessions: Vec<Session>,
    /// In the order of their publication.
    pub(crate) articles: Vec<Article>,
    /// In the order of their beginning.
    pub(crate) drafts: Vec<Draft>,
    /// All that were ever made, in the order of their making.
    pub(crate) comments: Vec<Comment>,
    /// Every spelling of a tag that an article ever had, with what it has in common with the tag's others.
    pub(crate) spellings: BTreeMap<String, String>,
    /// What strangers were answered last, by path: its ETag and its body.
    etags: BTreeMap<String, (String, Value)>,
    /// What was asked and answered, for whoever reads of a difference.
    pub(crate) story: Vec<String>,
}

impl World {
    /// A case on a platform that knows the articles of earlier cases.
    pub(crate) async fn new(client: Client, case: u64) -> Outcome<Self> {
        let (users, sessions, articles, drafts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (comments, spellings, etags, story) = (Vec::new(), BTreeMap::new(), BTreeMap::new(), Vec::new());
        let others = 0;
        let mut world =
            Self { client, case, others, users, sessions, articles, drafts, comments, spellings, etags, story };
        let answer = world.ask(Method::GET, "/api/articles?limit=1", None, &Value::Null).await?;
        let count = answer.body["articlesCount"].as_u64().and_then(|count| usize::try_from(count).ok());
        world.others = count.ok_or_else(|| format!("no articlesCount: {}", answer.body))?;
        Ok(world)
    }

    /// Does on the platform what `operation` says, and fails if it answers otherwise than the model.
    pub(crate) async fn perform(&mut self, operation: &Operation) -> Outcome {
        match operation {
            Operation::SignUp { username, email, password } => self.sign_up(username, email, password).await,
            Operation::LogIn { email, password } => self.log_in("email", email, password).await,
            Operation::LogInByName { username, password } => self.log_in("username", username, password).await,
            Operation::Refresh(refresh) => self.refresh(refresh).await,
            Operation::LogOut(who) => self.log_out(who).await,
            Operation::LogOutOthers(who) => self.log_out_others(who).await,
            Operation::LogOutEverywhere(who) => self.log_out_everywhere(who).await,
            Operation::EndSession(who, session) => self.end_session(who, *session).await,
            Operation::Sessions(who) => self.list_sessions(who).await.map(drop),
            Operation::Account(who) => self.account(who).await,
            Operation::ChangeAccount(who, fields) => self.change_account(who, fields).await,
            Operation::DeleteAccount(who) => self.delete_account(who).await,
            Operation::Profile(who, name) => self.profile(who, &name.of(self.case)).await,
            Operation::Follow(who, name) => self.follow(who, &name.of(self.case)).await,
            Operation::Unfollow(who, name) => self.unfollow(who, &name.of(self.case)).await,
            Operation::Followers(who, name) => self.followers(who, &name.of(self.case)).await,
            Operation::Followees(who, name) => self.followees(who, &name.of(self.case)).await,
            Operation::Like(who, which) => self.like(who, which).await,
            Operation::Unlike(who, which) => self.unlike(who, which).await,
            Operation::Collect(who, which, folder) => self.collect(who, which, folder).await,
            Operation::TakeOut(who, which) => self.take_out(who, which).await,
            Operation::Feed(who) => self.feed(who).await,
            Operation::Likes(who) => self.likes(who).await,
            Operation::Collection(who, folder) => self.collection(who, folder.as_ref()).await,
            Operation::Publish(who, fields) => self.publish(who, fields).await,
            Operation::Edit(who, which, fields) => self.edit(who, which, fields).await,
            Operation::Delete(who, which) => self.delete(who, which).await,
            Operation::Withdraw(who, which) => self.withdraw(who, which).await,
            Operation::BeginDraft(who, fields) => self.begin_draft(who, fields).await,
            Operation::SaveDraft(who, which, tag, fields) => self.save_draft(who, which, *tag, fields).await,
            Operation::PublishDraft(who, which) => self.publish_draft(who, which).await,
            Operation::DeleteDraft(who, which) => self.delete_draft(who, which).await,
            Operation::ReadDraft(who, which) => self.read_draft(who, which).await,
            Operation::ListDrafts(who, limit) => self.list_drafts(who, *limit).await,
            Operation::Read(who, which) => self.read(who, which).await,
            Operation::List(who, query) => self.list(who, query).await,
            Operation::ReadHtml(who, which) => self.read_html(who, which).await,
            Operation::Tags(prefix) => self.tags(prefix.as_ref()).await,
            Operation::Comment(who, which, body, parent) => self.comment(who, which, body, *parent).await,
            Operation::DeleteComment(who, which, comment) => self.delete_comment(who, which, *comment).await,
            Operation::ListComments(who, which, query) => self.list_comments(who, which, query).await,
            Operation::Replies(who, which, comment, limit) => self.replies(who, which, *comment, *limit).await,
            Operation::EmptyCache => {
                self.empty_cache().await;
                Ok(())
            }
        }
    }

    /// The hot list, made and read anew.
    pub(crate) async fn hot(&mut self) -> Outcome<Value> {
        self.story.push("the hot list is made".to_owned());
        self.client.hot().await
    }

    pub(crate) async fn empty_cache(&mut self) {
        self.story.push("the cache is emptied".to_owned());
        self.client.empty_cache().await;
    }

    /// What is left of those who have gone is removed.
    pub(crate) async fn sweep(&mut self) {
        self.story.push("what was theirs is swept".to_owned());
        self.client.sweep().await;
    }

    /// Sends a request, which becomes part of the story.
    pub(crate) async fn ask(
        &mut self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> Outcome<Answer> {
        self.ask_if(method, path, token, None, body).await
    }

    /// Sends a request with this `If-Match`, if there is one.
    pub(crate) async fn ask_if(
        &mut self,
        method: Method,
        path: &str,
        token: Option<&str>,
        if_match: Option<&str>,
        body: &Value,
    ) -> Outcome<Answer> {
        let session = token.and_then(|token| self.sessions.iter().position(|s| s.tokens.iter().any(|t| t == token)));
        let tag = if_match.map_or_else(String::new, |tag| format!("if {tag} "));
        let asked = format!("{method} {path} {tag}{} by session {session:?}", short(body));
        let public = method == Method::GET && token.is_none();
        let condition = if_match.map(|tag| ("if-match", tag));
        let answer = self.client.send(method, path, token, condition, body).await;
        let answer = answer.map_err(|error| format!("{asked}: {error}"))?;
        self.story.push(format!("{asked}: {} {}", answer.status, short(&answer.body)));
        if public && answer.status == 200 {
            self.compare_etag(path, &answer).await?;
        }
        Ok(answer)
    }

    /// Holds that what strangers read has an ETag, which is another if and only if the content is, and which they need not read again.
    async fn compare_etag(&mut self, path: &str, answer: &Answer) -> Outcome {
        let condition = Some(("if-none-match", answer.etag.as_str()));
        let again = self.client.send(Method::GET, path, None, condition, &Value::Null).await?;
        if (again.status, &again.etag, &again.body) != (304, &answer.etag, &Value::Null) {
            return Err(format!("{path} with {:?} known: {} {}", answer.etag, again.status, again.body));
        }
        let now = (answer.etag.clone(), answer.body.clone());
        let Some((etag, body)) = self.etags.insert(path.to_owned(), now) else { return Ok(()) };
        let (same, moved) = (body == answer.body, without_counts(&body) != without_counts(&answer.body));
        if (same && etag != answer.etag) || (moved && etag == answer.etag) {
            return Err(format!("{path}: {etag} was of {body}, {} is of {}", answer.etag, answer.body));
        }
        Ok(())
    }

    /// Who asks: by number among the sessions that there are.
    pub(crate) fn caller(&self, who: &Who) -> Caller {
        let invalid = || Err(Refusal::new(401, "token-invalid", &["token"]));
        match who {
            Who::Nobody => Caller { token: None, known: Ok(None) },
            Who::Forger => Caller { token: Some("eyJhbGciOiJub25lIn0.e30.".to_owned()), known: invalid() },
            Who::Session { session, token } => {
                let session = &self.sessions[session.of(self.sessions.len())];
                let token = Some(session.tokens[token.of(session.tokens.len())].clone());
                Caller { token, known: if session.live { Ok(Some(session.user)) } else { invalid() } }
            }
        }
    }

    /// The user who has this name now.
    pub(crate) fn by_name(&self, name: Option<&Kept>) -> Option<usize> {
        let name = name?;
        self.users.iter().position(|user| !user.gone && user.username.same == name.same)
    }
}

/// The content beside what is counted of it.
fn without_counts(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let content = fields.iter().filter(|(name, _)| !name.ends_with("Count"));
            content.map(|(name, value)| (name.clone(), without_counts(value))).collect()
        }
        Value::Array(values) => values.iter().map(without_counts).collect(),
        other => other.clone(),
    }
}

/// The start of a JSON text.
fn short(value: &Value) -> String {
    let text = if value.is_null() { String::new() } else { value.to_string() };
    text.chars().take(300).collect()
}
