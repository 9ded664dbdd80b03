//! Fills a running platform with a community: people, articles, follows, likes and comments, through the API alone, so that it
//! works on every face of the platform. Who writes and what is read follow Zipf's law: a few do and get most of it.

mod api;
mod community;
mod text;

use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;

pub use api::Api;
pub use community::{Community, Zipf};

/// Whatever keeps the community from being made.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
/// The result of what may keep the community from being made.
pub type Result<T> = std::result::Result<T, Error>;

/// How large a community to make.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// People.
    pub users: usize,
    /// Articles.
    pub articles: usize,
    /// Pairs of a follower and whom they follow.
    pub follows: usize,
    /// Likes.
    pub likes: usize,
    /// Comments; every third answers another.
    pub comments: usize,
    /// Requests at the same time.
    pub concurrency: usize,
    /// What is made follows from it: the same seed makes the same community.
    pub seed: u64,
}

impl Plan {
    /// A thousand people and ten thousand articles.
    pub const LARGE: Self = Self {
        users: 1_000,
        articles: 10_000,
        follows: 10_000,
        likes: 50_000,
        comments: 20_000,
        concurrency: 16,
        seed: 1,
    };
    /// Twenty people and a hundred articles.
    pub const SMALL: Self =
        Self { users: 20, articles: 100, follows: 60, likes: 400, comments: 150, concurrency: 8, seed: 1 };
}

/// What was made of one kind, and how fast.
#[derive(Debug, Clone)]
pub struct Phase {
    /// What was made, such as "articles".
    pub what: &'static str,
    /// How many.
    pub made: usize,
    /// How long it took.
    pub took: Duration,
}

/// Somebody who has signed up.
#[derive(Debug, Clone)]
pub struct Member {
    /// The name.
    pub username: String,
    /// An access token.
    pub token: String,
}

/// What was made.
#[derive(Debug, Clone, Default)]
pub struct Made {
    /// All people, the most active first.
    pub members: Vec<Member>,
    /// The addresses of all articles, the most read first.
    pub slugs: Vec<String>,
    /// What it took.
    pub phases: Vec<Phase>,
}

/// Tells of progress: what is being made, how many are done, how many there will be.
pub type Progress<'a> = &'a (dyn Fn(&'static str, usize, usize) + Sync);

/// Makes the community of `plan` on the platform of `api`. What was made stays if something goes wrong.
///
/// # Errors
/// If the platform cannot be reached or refuses something.
pub async fn seed(plan: &Plan, api: &Api, progress: Progress<'_>) -> Result<Made> {
    let community = Community::new(plan);
    let run = Run { plan, api, community: &community, progress };
    let mut made = Made::default();
    made.members = run.phase(&mut made.phases, "people", plan.users, |n| run.sign_up(n)).await?;
    made.slugs = run.phase(&mut made.phases, "articles", plan.articles, |n| run.publish(n, &made.members)).await?;
    run.phase(&mut made.phases, "follows", plan.follows, |n| run.follow(n, &made.members)).await?;
    run.phase(&mut made.phases, "likes", plan.likes, |n| run.like(n, &made.members, &made.slugs)).await?;
    run.phase(&mut made.phases, "comments", plan.comments, |n| run.comment(n, &made.members, &made.slugs)).await?;
    Ok(made)
}

struct Run<'a> {
    plan: &'a Plan,
    api: &'a Api,
    community: &'a Community,
    progress: Progress<'a>,
}

impl Run<'_> {
    /// Makes `count` of something, several at a time; answers them in their order.
    async fn phase<T, F: Future<Output = Result<T>>>(
        &self,
        phases: &mut Vec<Phase>,
        what: &'static str,
        count: usize,
        make: impl Fn(usize) -> F,
    ) -> Result<Vec<T>> {
        let started = now();
        let done = std::cell::Cell::new(0);
        (self.progress)(what, 0, count);
        let all = stream::iter(0..count).map(make).buffered(self.plan.concurrency).inspect_ok(|_| {
            done.set(done.get() + 1);
            (self.progress)(what, done.get(), count);
        });
        let made = all.try_collect().await?;
        phases.push(Phase { what, made: count, took: started.elapsed() });
        Ok(made)
    }

    async fn sign_up(&self, n: usize) -> Result<Member> {
        let username = self.community.username(n);
        let email = format!("{username}@mail.example");
        let user = json!({"user": {"username": username, "email": email, "password": community::PASSWORD}});
        let answer = self.api.post("/api/users", "", &user).await?;
        let token = answer["user"]["token"].as_str().ok_or("a sign-up without a token")?.to_owned();
        Ok(Member { username, token })
    }

    async fn publish(&self, n: usize, members: &[Member]) -> Result<String> {
        let (author, article) = self.community.article(n);
        let answer = self.api.post("/api/articles", &members[author].token, &json!({"article": article})).await?;
        Ok(answer["article"]["slug"].as_str().ok_or("an article without a slug")?.to_owned())
    }

    async fn follow(&self, n: usize, members: &[Member]) -> Result<()> {
        let (who, whom) = self.community.follow(n);
        let path = format!("/api/profiles/{}/follow", members[whom].username);
        self.api.post(&path, &members[who].token, &serde_json::Value::Null).await.map(drop)
    }

    async fn like(&self, n: usize, members: &[Member], slugs: &[String]) -> Result<()> {
        let (who, what) = self.community.like(n);
        let path = format!("/api/articles/{}/favorite", slugs[what]);
        self.api.post(&path, &members[who].token, &serde_json::Value::Null).await.map(drop)
    }

    /// A comment, and to every second one an answer.
    async fn comment(&self, n: usize, members: &[Member], slugs: &[String]) -> Result<()> {
        let comment = self.community.comment(n);
        let path = format!("/api/articles/{}/comments", slugs[comment.article]);
        let token = &members[comment.author].token;
        let answer = self.api.post(&path, token, &json!({"comment": {"body": comment.body}})).await?;
        if let Some(reply) = comment.reply {
            let body = json!({"comment": {"body": reply, "parentId": answer["comment"]["id"]}});
            self.api.post(&path, &members[comment.answerer].token, &body).await?;
        }
        Ok(())
    }
}

#[allow(clippy::disallowed_methods, reason = "how long it took is what is told")]
fn now() -> Instant {
    Instant::now()
}
