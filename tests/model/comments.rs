//! Comments.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Outcome, encode},
    expected::{Fields, Refusal, compare},
    operation::{CommentQuery, Pick, Which, Who},
    vocabulary::{Sent, Word},
    world::{Article, World},
};

/// Replies that a list shows of each thread.
const OPENING: usize = 3;

/// A comment, or what it was.
#[derive(Debug, Clone)]
pub(crate) struct Comment {
    id: u64,
    article: usize,
    author: usize,
    body: String,
    /// What it answers, and what began the thread, by number.
    answers: Option<(usize, usize)>,
    created_at: String,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    There,
    Placeholder,
    Gone,
}

impl World {
    pub(crate) async fn comment(
        &mut self,
        who: &Who,
        which: &Which,
        body: &Sent<Word>,
        parent: Option<Pick>,
    ) -> Outcome {
        let caller = self.caller(who);
        let (article, slug) = self.which(which);
        let parent = parent.map(|parent| self.comment_on(article, parent));
        let mut fields = Fields::default();
        let text = fields.required("body", body);
        let mut sent = fields.body("comment");
        if let Some((_, id)) = parent {
            sent["comment"]["parentId"] = json!(id);
        }
        let path = format!("/api/articles/{}/comments", encode(&slug));
        let answer = self.ask(Method::POST, &path, caller.token.as_deref(), &sent).await?;
        let user = match caller.needed() {
            Ok(user) => user,
            Err(refusal) => return refusal.compare(&answer),
        };
        if let Some(refusal) = fields.unreadable() {
            return refusal.compare(&answer);
        }
        let article = match self.readable(article) {
            Ok(article) => article,
            Err(refusal) => return refusal.compare(&answer),
        };
        if let Some(refusal) = fields.refused() {
            return refusal.compare(&answer);
        }
        let answers = match parent {
            None => None,
            Some((Some(parent), _)) if self.comments[parent].state == State::There => {
                Some((parent, self.comments[parent].answers.map_or(parent, |(_, root)| root)))
            }
            Some(_) => return missing().compare(&answer),
        };
        let id = answer.body["comment"]["id"].as_u64().unwrap_or_default();
        let created_at = answer.body["comment"]["createdAt"].as_str().unwrap_or_default().to_owned();
        let body = text.map(|text| text.shown).unwrap_or_default();
        let others = self.comments.iter().filter(|comment| comment.article == article);
        if !(1..1 << 53).contains(&id)
            || others.into_iter().any(|other| other.id >= id && other.created_at < created_at)
        {
            return Err(format!("{id} is no id for a comment that is the latest"));
        }
        if answers.is_some_and(|(parent, _)| self.comments[parent].id >= id) {
            return Err(format!("{id} is no id for an answer to {answers:?}"));
        }
        self.comments.push(Comment { id, article, author: user, body, answers, created_at, state: State::There });
        let shown = self.shown(self.comments.len() - 1, Some(user));
        compare(&answer, 201, &json!({ "comment": shown }))
    }

    pub(crate) async fn delete_comment(&mut self, who: &Who, which: &Which, comment: Pick) -> Outcome {
        let caller = self.caller(who);
        let (article, slug) = self.which(which);
        let (comment, id) = self.comment_on(article, comment);
        let path = format!("/api/articles/{}/comments/{id}", encode(&slug));
        let answer = self.ask(Method::DELETE, &path, caller.token.as_deref(), &Value::Null).await?;
        let found = caller.needed().and_then(|user| Ok((user, self.readable(article)?)));
        let (user, article) = match found {
            Ok(found) => found,
            Err(refusal) => return refusal.compare(&answer),
        };
        let Some(comment) = comment.filter(|&comment| self.comments[comment].state == State::There) else {
            return missing().compare(&answer);
        };
        if user != self.comments[comment].author && user != self.articles[article].author {
            return Refusal::new(403, "forbidden", &["comment"]).compare(&answer);
        }
        self.remove(comment);
        compare(&answer, 204, &Value::Null)
    }

    /// Takes a comment away: with its thread, or leaving a placeholder, or with the placeholders that nobody answers any more.
    fn remove(&mut self, comment: usize) {
        let Some((mut above, root)) = self.comments[comment].answers else {
            let in_thread = |other: &&mut Comment| other.answers.is_some_and(|(_, root)| root == comment);
            self.comments.iter_mut().filter(in_thread).for_each(|reply| reply.state = State::Gone);
            self.comments[comment].state = State::Gone;
            return;
        };
        if self.is_answered(comment) {
            self.comments[comment].state = State::Placeholder;
            return;
        }
        self.comments[comment].state = State::Gone;
        while above != root && self.comments[above].state == State::Placeholder && !self.is_answered(above) {
            self.comments[above].state = State::Gone;
            above = self.comments[above].answers.map_or(root, |(parent, _)| parent);
        }
    }

    fn is_answered(&self, comment: usize) -> bool {
        let answers = |other: &Comment| other.answers.is_some_and(|(parent, _)| parent == comment);
        self.comments.iter().any(|other| other.state != State::Gone && answers(other))
    }

    pub(crate) async fn list_comments(&mut self, who: &Who, which: &Which, query: &CommentQuery) -> Outcome {
        let (article, slug) = self.which(which);
        let path = format!("/api/articles/{}/comments?flat={}", encode(&slug), query.flat);
        let viewer = self.viewer(who);
        let all = self.readable(article).map(|article| {
            let mut all =
                self.on(article, |comment| comment.state == State::There && (query.flat || comment.answers.is_none()));
            all.reverse();
            let shown = |&comment: &usize| {
                if query.flat { self.counted(comment, viewer) } else { self.opened(comment, viewer) }
            };
            all.iter().map(shown).collect()
        });
        let limit = query.limit.or(query.flat.then_some("100"));
        self.page_of_comments(who, path, limit, all).await
    }

    pub(crate) async fn replies(
        &mut self,
        who: &Who,
        which: &Which,
        root: Pick,
        limit: Option<&'static str>,
    ) -> Outcome {
        let (article, slug) = self.which(which);
        let (root, id) = self.comment_on(article, root);
        let path = format!("/api/articles/{}/comments/{id}/replies?", encode(&slug));
        let viewer = self.viewer(who);
        let all = self.readable(article).and_then(|_| {
            let root = root.filter(|&root| self.comments[root].state == State::There).ok_or_else(missing)?;
            Ok(self.thread(root).iter().map(|&reply| self.shown(reply, viewer)).collect())
        });
        self.page_of_comments(who, path, limit, all).await
    }

    /// Asks for a page and for the one behind it, and compares them with `all`.
    async fn page_of_comments(
        &mut self,
        who: &Who,
        path: String,
        limit: Option<&'static str>,
        all: Result<Vec<Value>, Refusal>,
    ) -> Outcome {
        let caller = self.caller(who);
        let path = path + &limit.map_or_else(String::new, |limit| format!("&limit={limit}"));
        let answer = self.ask(Method::GET, &path, caller.token.as_deref(), &Value::Null).await?;
        if let Err(refusal) = &caller.known {
            return refusal.compare(&answer);
        }
        let all = match all {
            // What is not there is said before what is wrong with the query, a thread after.
            Err(refusal) if refusal != missing() => return refusal.compare(&answer),
            all => all,
        };
        let number = limit.map_or(Some(20), |limit| limit.parse().ok().filter(|limit| *limit > 0));
        let Some(limit) = number.map(|limit: usize| limit.min(100)) else {
            return Refusal::new(422, "fields-invalid", &["limit"]).compare(&answer);
        };
        let all = match all {
            Ok(all) => all,
            Err(refusal) => return refusal.compare(&answer),
        };
        compare_page(&answer, &all, 0, limit)?;
        let Some(cursor) = answer.body["cursor"].as_str() else { return Ok(()) };
        let path = format!("{path}&cursor={cursor}");
        let answer = self.ask(Method::GET, &path, caller.token.as_deref(), &Value::Null).await?;
        compare_page(&answer, &all, limit, limit)
    }

    /// All comments on an article and all threads.
    pub(crate) async fn compare_comments(&mut self, article: usize) -> Outcome {
        let which = Which::Article(Pick(article));
        for flat in [false, true] {
            let query = CommentQuery { flat, limit: Some("100") };
            self.list_comments(&Who::Nobody, &which, &query).await?;
        }
        // By their numbers among the article's.
        for comment in 0..self.comments.iter().filter(|comment| comment.article == article).count() {
            self.replies(&Who::Nobody, &which, Pick(comment), Some("100")).await?;
        }
        Ok(())
    }

    /// One of the comments that were ever made on the article, by number and id; or an id that nobody has.
    fn comment_on(&self, article: Option<usize>, pick: Pick) -> (Option<usize>, u64) {
        let all: Vec<_> =
            self.comments.iter().enumerate().filter(|(_, comment)| Some(comment.article) == article).collect();
        match all.as_slice() {
            [] => (None, 7),
            all => {
                let (number, comment) = all[pick.of(all.len())];
                (Some(number), comment.id)
            }
        }
    }

    /// Who looks, if they are known.
    fn viewer(&self, who: &Who) -> Option<usize> {
        self.caller(who).known.ok().flatten()
    }

    /// How many comments there are on an article.
    pub(crate) fn comments_on(&self, article: &Article) -> usize {
        let on = |comment: &&Comment| self.articles[comment.article].slug == article.slug;
        self.comments.iter().filter(|comment| comment.state == State::There).filter(on).count()
    }

    fn readable(&self, article: Option<usize>) -> Result<usize, Refusal> {
        match article.map(|article| (article, &self.articles[article])) {
            Some((number, article)) if article.live => Ok(number),
            Some((_, article)) if article.withdrawn => Err(Refusal::new(410, "gone", &["article"])),
            _ => Err(Refusal::new(404, "not-found", &["article"])),
        }
    }

    /// The article's comments that pass, by number, oldest first.
    fn on(&self, article: usize, passes: impl Fn(&Comment) -> bool) -> Vec<usize> {
        let own = |(_, comment): &(usize, &Comment)| comment.article == article && passes(comment);
        let mut all: Vec<_> = self.comments.iter().enumerate().filter(own).map(|(number, _)| number).collect();
        all.sort_by_key(|&number| self.comments[number].id);
        all
    }

    /// The replies in a thread with placeholders.
    fn thread(&self, root: usize) -> Vec<usize> {
        let in_thread = |comment: &Comment| comment.answers.is_some_and(|(_, of)| of == root);
        self.on(self.comments[root].article, |comment| comment.state != State::Gone && in_thread(comment))
    }

    /// A comment without its thread.
    fn shown(&self, comment: usize, viewer: Option<usize>) -> Value {
        let Comment { id, author, body, answers, created_at, state, .. } = &self.comments[comment];
        let there = *state == State::There;
        let answered = answers.map(|(parent, _)| &self.comments[parent]);
        let to =
            answered.filter(|parent| parent.answers.is_some()).map(|parent| self.profile_of(parent.author, viewer));
        json!({
            "id": id, "createdAt": created_at, "updatedAt": if there { created_at } else { "later" },
            "body": if there { body } else { "" }, "deleted": !there,
            "author": if there { self.profile_of(*author, viewer) } else { Value::Null },
            "parentId": answered.map(|parent| parent.id),
            "rootId": answers.map(|(_, root)| self.comments[root].id),
            "replyTo": to, "repliesCount": 0, "replies": [],
        })
    }

    /// A comment with the number of replies in its thread.
    fn counted(&self, comment: usize, viewer: Option<usize>) -> Value {
        let mut shown = self.shown(comment, viewer);
        let there = |&&reply: &&usize| self.comments[reply].state == State::There;
        shown["repliesCount"] = json!(self.thread(comment).iter().filter(there).count());
        shown
    }

    /// A comment as the list of threads shows it.
    fn opened(&self, comment: usize, viewer: Option<usize>) -> Value {
        let mut shown = self.counted(comment, viewer);
        let opening: Vec<_> =
            self.thread(comment).iter().take(OPENING).map(|&reply| self.shown(reply, viewer)).collect();
        shown["replies"] = json!(opening);
        shown
    }
}

fn missing() -> Refusal {
    Refusal::new(404, "not-found", &["comment"])
}

/// Compares a page with that part of `all`.
fn compare_page(answer: &Answer, all: &[Value], offset: usize, limit: usize) -> Outcome {
    let page: Vec<_> = all.iter().skip(offset).take(limit).collect();
    let more = all.len() > offset + limit;
    let mut found = answer.clone();
    later(&mut found.body["comments"])?;
    // What a cursor is, only the platform knows.
    if found.body["cursor"].is_string() {
        found.body["cursor"] = json!("a cursor");
    }
    compare(&found, 200, &json!({"comments": page, "cursor": more.then_some("a cursor")}))
}

/// Puts "later" in the place of when comments were deleted, which only the platform knows.
fn later(comments: &mut Value) -> Outcome {
    for comment in comments.as_array_mut().into_iter().flatten() {
        if comment["deleted"] == true {
            if comment["updatedAt"].as_str() <= comment["createdAt"].as_str() {
                return Err(format!("a deletion did not move updatedAt: {comment}"));
            }
            comment["updatedAt"] = json!("later");
        }
        later(&mut comment["replies"])?;
    }
    Ok(())
}
