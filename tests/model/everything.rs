//! What a case ends with: everything that can be read is compared, then all articles go and nothing may be left.

use std::collections::BTreeMap;

use crate::{
    client::Outcome,
    operation::{Pick, Query, Which, WhichDraft, Who},
    vocabulary::{self as words, Kept, Sent, Word},
    world::World,
};

impl World {
    /// Compares everything that can be read of the case.
    pub(crate) async fn compare_everything(&mut self) -> Outcome {
        for name in words::names() {
            let name = name.of(self.case);
            self.profile(&Who::Nobody, &name).await?;
            self.followers(&Who::Nobody, &name).await?;
            self.followees(&Who::Nobody, &name).await?;
        }
        for session in 0..self.sessions.len() {
            self.account(&newest_token(session, self)).await?;
        }
        for article in 0..self.articles.len() {
            self.read(&Who::Nobody, &Which::Article(Pick(article))).await?;
            let reader = newest_token(article % self.sessions.len(), self);
            self.read(&reader, &Which::Article(Pick(article))).await?;
            self.read_html(&Who::Nobody, &Which::Article(Pick(article))).await?;
            self.compare_comments(article).await?;
        }
        for number in 0..self.drafts.len() {
            if let Some(session) = self.session_of(self.drafts[number].author).await? {
                self.read_draft(&newest_token(session, self), &WhichDraft::Draft(Pick(number))).await?;
            }
        }
        for session in 0..self.sessions.len() {
            self.list_drafts(&newest_token(session, self), 100).await?;
        }
        let authors: Vec<_> = self.users.iter().map(|user| word(user.username.clone())).collect();
        // One spelling of each tag: how the others are folded, the operations have shown.
        let tags: BTreeMap<_, _> = self.spellings.iter().map(|(shown, same)| (same.clone(), shown.clone())).collect();
        let tags: Vec<_> = tags.into_iter().map(|(same, shown)| word(Kept { shown, same })).collect();
        for author in authors.iter().map(Some).chain([None]) {
            for tag in tags.iter().map(Some).chain([None]) {
                let query = Query {
                    author: author.cloned(),
                    tag: tag.cloned(),
                    favorited: None,
                    limit: Some("100"),
                    offset: None,
                };
                self.list(&Who::Nobody, &query).await?;
            }
        }
        for fan in &authors {
            let limit = Some("100");
            let query = Query { author: None, tag: None, favorited: Some(fan.clone()), limit, offset: None };
            self.list(&Who::Nobody, &query).await?;
        }
        for session in 0..self.sessions.len() {
            let who = newest_token(session, self);
            self.likes(&who).await?;
            self.feed(&who).await?;
            self.collection(&who, None).await?;
        }
        self.tags(None).await
    }

    /// Has the authors delete all articles, and all drafts that are left. What was there before is all that is left on any list.
    pub(crate) async fn delete_everything(&mut self) -> Outcome {
        for number in 0..self.articles.len() {
            let article = self.articles[number].clone();
            if article.live
                && let Some(session) = self.session_of(article.author).await?
            {
                self.delete(&newest_token(session, self), &Which::Article(Pick(number))).await?;
            }
        }
        for number in 0..self.drafts.len() {
            if self.drafts[number].there
                && let Some(session) = self.session_of(self.drafts[number].author).await?
            {
                self.delete_draft(&newest_token(session, self), &WhichDraft::Draft(Pick(number))).await?;
            }
        }
        self.compare_everything().await
    }

    /// A live session of a user, who logs in if there is none; `None` if they are locked out or gone.
    async fn session_of(&mut self, user: usize) -> Outcome<Option<usize>> {
        if let Some(session) = self.sessions.iter().position(|session| session.live && session.user == user) {
            return Ok(Some(session));
        }
        if self.users[user].gone || self.users[user].tries.locked.is_some() {
            return Ok(None);
        }
        let password = self.users[user].password.clone();
        let email = Sent::Value(word(self.users[user].email.clone()));
        self.log_in("email", &email, &Sent::Value(Word { written: password, kept: None })).await?;
        Ok(Some(self.sessions.len() - 1))
    }
}

fn newest_token(session: usize, world: &World) -> Who {
    Who::Session { session: Pick(session), token: Pick(world.sessions[session].tokens.len() - 1) }
}

/// What is shown, as somebody would write it.
fn word(kept: Kept) -> Word {
    Word { written: kept.shown.clone(), kept: Some(kept) }
}
