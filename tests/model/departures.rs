//! Accounts that are deleted. Some of it holds with the answer: nobody can find out who it was, and their sessions have ended. The rest
//! is the sweep's, which the model has run at once, so that what comes next meets either all or nothing of it.

use reqwest::Method;
use serde_json::Value;

use crate::{
    client::Outcome,
    expected::compare,
    operation::{Pick, Which, Who},
    vocabulary::Word,
    world::World,
};

impl World {
    pub(crate) async fn delete_account(&mut self, who: &Who) -> Outcome {
        let caller = self.caller(who);
        let answer = self.ask(Method::DELETE, "/api/user", caller.token.as_deref(), &Value::Null).await?;
        let user = match caller.needed() {
            Ok(user) => user,
            Err(refusal) => return refusal.compare(&answer),
        };
        compare(&answer, 204, &Value::Null)?;
        self.depart(user);
        // With the answer.
        self.account(who).await?;
        let name = self.users[user].username.clone();
        self.profile(&Who::Nobody, &Word { written: name.shown.clone(), kept: Some(name) }).await?;
        for article in 0..self.articles.len() {
            if self.articles[article].author == user {
                self.read(&Who::Nobody, &Which::Article(Pick(article))).await?;
            }
            self.compare_comments(article).await?;
        }
        // A minute later.
        self.sweep().await;
        Ok(())
    }

    /// The user's name and address are free, their articles withdrawn, their drafts, likes and follows gone, and others' follows of them.
    /// What they said stays, as nobody's.
    fn depart(&mut self, user: usize) {
        let gone = &mut self.users[user];
        gone.gone = true;
        gone.follows.clear();
        gone.likes.clear();
        gone.collects.clear();
        for other in &mut self.users {
            other.follows.remove(&user);
        }
        for article in self.articles.iter_mut().filter(|article| article.author == user && article.live) {
            (article.live, article.withdrawn) = (false, true);
        }
        for draft in self.drafts.iter_mut().filter(|draft| draft.author == user) {
            (draft.there, draft.live) = (false, None);
        }
        // Nobody is there whose sessions could be ended once more.
        for session in self.sessions.iter_mut().filter(|session| session.user == user) {
            (session.live, session.ended_alone) = (false, true);
        }
    }
}
