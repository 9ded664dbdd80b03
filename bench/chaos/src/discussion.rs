//! Comments on one's own articles: writing them, finding out whether they were written, and comparing.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    Result,
    api::Api,
    known::{Article, Doubt},
    writer::{Away, Writer},
};

/// A comment that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comment {
    id: u64,
    /// What began the thread, of a reply.
    root: Option<u64>,
    body: String,
}

impl Comment {
    fn of(shown: &Value) -> Option<Self> {
        let body = shown["body"].as_str()?.to_owned();
        Some(Self { id: shown["id"].as_u64()?, root: shown["rootId"].as_u64(), body })
    }
}

impl Article {
    fn comments_path(&self) -> String {
        format!("/api/articles/{}/comments", self.slug)
    }

    /// Forgets a comment, and its thread if it began one.
    fn forget(&mut self, id: u64) {
        self.comments.retain(|comment| comment.id != id && comment.root != Some(id));
    }
}

impl Writer {
    /// Comments on an article, or answers one of its comments, a reply or not.
    pub(crate) async fn comment(&mut self, api: &Api) -> std::result::Result<(), Away> {
        let (number, answers) = (self.dice.usize(..self.articles.len()), self.dice.bool());
        let article = &self.articles[number];
        let parent = self.dice.choice(&article.comments).filter(|_| answers).cloned();
        let words = self.dice.usize(1..60);
        let body = format!("Turn {} of writer {}. ", self.turn, self.number).repeat(words);
        let sent = json!({"comment": {"body": body, "parentId": parent.as_ref().map(|parent| parent.id)}});
        let outcome = self.ask(api, Method::POST, &article.comments_path(), &sent).await;
        let doubt = Doubt::Comment(number, body.clone());
        if let Some(answer) = self.learn("comment", outcome, 201, Some(doubt))? {
            let made = Comment::of(&answer["comment"]);
            let root = parent.map(|parent| parent.root.unwrap_or(parent.id));
            match made.filter(|made| made.body == body && made.root == root) {
                Some(made) => self.articles[number].comments.push(made),
                None => self.lost.push(format!("a comment with another text or in another thread: {answer}")),
            }
        }
        Ok(())
    }

    /// Deletes a comment with its thread, or a reply; comments where there is none.
    pub(crate) async fn delete_comment(&mut self, api: &Api) -> std::result::Result<(), Away> {
        let number = self.dice.usize(..self.articles.len());
        let article = &self.articles[number];
        let Some(id) = self.dice.choice(&article.comments).map(|comment| comment.id) else {
            return self.comment(api).await;
        };
        let path = format!("{}/{id}", article.comments_path());
        let outcome = self.ask(api, Method::DELETE, &path, &Value::Null).await;
        if self.learn("delete comment", outcome, 204, Some(Doubt::DeleteComment(number, id)))?.is_some() {
            self.articles[number].forget(id);
        }
        Ok(())
    }

    /// Whether a comment with this text is there that was not there before.
    pub(crate) async fn is_commented(&mut self, api: &Api, number: usize, body: &str) -> Result<bool> {
        let article = &mut self.articles[number];
        let known = |comment: &Comment| article.comments.iter().any(|other| other.id == comment.id);
        let mut new: Vec<_> = flat(api, article).await?.into_iter().filter(|comment| !known(comment)).collect();
        let Some(comment) = new.pop() else { return Ok(false) };
        if !new.is_empty() || comment.body != body {
            self.lost.push(format!("half a comment: {comment:?} beside {new:?}, not {body}"));
        }
        article.comments.push(comment);
        Ok(true)
    }

    /// Whether a comment is not there any more; its thread has gone with it, or not.
    pub(crate) async fn is_comment_deleted(&mut self, api: &Api, number: usize, id: u64) -> Result<bool> {
        let article = &mut self.articles[number];
        let there = flat(api, article).await?.iter().any(|comment| comment.id == id);
        if !there {
            article.forget(id);
        }
        Ok(!there)
    }
}

/// What is not as it was left of the comments on an article.
pub(crate) async fn lost(api: &Api, article: &Article) -> Result<Option<String>> {
    let found = flat(api, article).await?;
    let mut expected = article.comments.clone();
    expected.sort_by_key(|comment| std::cmp::Reverse(comment.id));
    if found != expected {
        return Ok(Some(format!("comments on {}: {found:?}, not {expected:?}", article.slug)));
    }
    for thread in pages(api, &format!("{}?limit=100", article.comments_path())).await? {
        let id = thread["id"].as_u64();
        let replies = expected.iter().filter(|comment| comment.root.is_some() && comment.root == id).count();
        if thread["repliesCount"].as_u64() != Some(replies as u64) {
            return Ok(Some(format!("a thread on {} has {replies} replies: {thread}", article.slug)));
        }
    }
    Ok(None)
}

/// All comments on an article, newest first.
async fn flat(api: &Api, article: &Article) -> Result<Vec<Comment>> {
    let all = pages(api, &format!("{}?flat=true", article.comments_path())).await?;
    Ok(all.iter().filter_map(Comment::of).collect())
}

/// All pages of a list.
async fn pages(api: &Api, path: &str) -> Result<Vec<Value>> {
    let (mut all, mut next) = (Vec::new(), path.to_owned());
    loop {
        let (status, mut page) = api.read(&next, None).await?;
        let Value::Array(comments) = page["comments"].take() else {
            return Err(format!("GET {next}: {status} {page}").into());
        };
        all.extend(comments);
        let Some(cursor) = page["cursor"].as_str() else { return Ok(all) };
        next = format!("{path}&cursor={cursor}");
    }
}
