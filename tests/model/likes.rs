//! What users like and collect.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Outcome, encode},
    expected::{Fields, Refusal, compare},
    lists::compare_page,
    operation::{Which, Who},
    vocabulary::{Sent, Word},
    world::World,
};

impl World {
    pub(crate) async fn like(&mut self, who: &Who, which: &Which) -> Outcome {
        let (answer, pair) = self.react(who, which, Method::POST, "favorite", &Value::Null).await?;
        self.reacted(&answer, pair, |world, user, article| {
            world.users[user].likes.insert(article);
        })
    }

    pub(crate) async fn unlike(&mut self, who: &Who, which: &Which) -> Outcome {
        let (answer, pair) = self.react(who, which, Method::DELETE, "favorite", &Value::Null).await?;
        self.reacted(&answer, pair, |world, user, article| {
            world.users[user].likes.remove(&article);
        })
    }

    pub(crate) async fn collect(&mut self, who: &Who, which: &Which, folder: &Sent<Word>) -> Outcome {
        let mut fields = Fields::default();
        let folder = fields.clearable("folder", folder);
        let body = fields.body("").as_object_mut().and_then(|body| body.remove("")).unwrap_or_default();
        let (answer, pair) = self.react(who, which, Method::POST, "collect", &body).await?;
        let refused = |known: Result<_, Refusal>| {
            // Whoever asks comes first, then whether the body can be read, then the article, then the folder's name.
            let pair = known.map_err(|refusal| fields.unreadable().filter(|_| !refusal.is(401)).unwrap_or(refusal))?;
            fields.unreadable().or_else(|| fields.refused()).map_or(Ok(pair), Err)
        };
        self.reacted(&answer, refused(pair), |world, user, article| {
            let place = world.users[user].collects.entry(article).or_default();
            *place = folder.unwrap_or_else(|| place.clone());
        })
    }

    pub(crate) async fn take_out(&mut self, who: &Who, which: &Which) -> Outcome {
        let (answer, pair) = self.react(who, which, Method::DELETE, "collect", &Value::Null).await?;
        self.reacted(&answer, pair, |world, user, article| {
            world.users[user].collects.remove(&article);
        })
    }

    pub(crate) async fn likes(&mut self, who: &Who) -> Outcome {
        let caller = self.caller(who);
        let path = "/api/user/likes?limit=100";
        let answer = self.ask(Method::GET, path, caller.token.as_deref(), &Value::Null).await?;
        let user = match caller.needed() {
            Ok(user) => user,
            Err(refusal) => return refusal.compare(&answer),
        };
        let liked = self.users[user].likes.iter().rev().map(|number| &self.articles[*number]);
        let liked = liked.filter(|article| article.live).map(|article| self.summary(article, Some(user)));
        let liked: Vec<_> = liked.collect();
        compare_page(&answer, &liked, liked.len(), 0, 100)
    }

    pub(crate) async fn collection(&mut self, who: &Who, folder: Option<&Word>) -> Outcome {
        let caller = self.caller(who);
        let mut path = "/api/user/collections?limit=100".to_owned();
        if let Some(folder) = folder {
            path += &format!("&folder={}", encode(&folder.written));
        }
        let answer = self.ask(Method::GET, &path, caller.token.as_deref(), &Value::Null).await?;
        let user = match caller.needed() {
            Ok(user) => user,
            Err(refusal) => return refusal.compare(&answer),
        };
        let wanted = match folder.map(|folder| &folder.kept) {
            Some(None) => return Refusal::new(422, "fields-invalid", &["folder"]).compare(&answer),
            Some(Some(kept)) => Some(kept.shown.clone()),
            None => None,
        };
        let collected = self.users[user].collects.iter().rev();
        let collected = collected.filter(|(_, folder)| wanted.is_none() || **folder == wanted);
        let collected = collected.filter(|(number, _)| self.articles[**number].live).map(|(number, folder)| {
            let mut summary = self.summary(&self.articles[*number], Some(user));
            summary["folder"] = json!(folder);
            summary
        });
        let collected: Vec<_> = collected.collect();
        compare_page(&answer, &collected, collected.len(), 0, 100)
    }

    /// Asks for something to be done about an article; answers who and which, or why it is refused.
    async fn react(
        &mut self,
        who: &Who,
        which: &Which,
        method: Method,
        what: &str,
        body: &Value,
    ) -> Outcome<(Answer, Result<(usize, usize), Refusal>)> {
        let caller = self.caller(who);
        let (number, slug) = self.which(which);
        let path = format!("/api/articles/{}/{what}", encode(&slug));
        let answer = self.ask(method, &path, caller.token.as_deref(), body).await?;
        let article = || match number.map(|number| (number, &self.articles[number])) {
            Some((_, article)) if article.withdrawn => Err(Refusal::new(410, "gone", &["article"])),
            Some((number, article)) if article.live => Ok(number),
            _ => Err(Refusal::new(404, "not-found", &["article"])),
        };
        Ok((answer, caller.needed().and_then(|user| Ok((user, article()?)))))
    }

    /// Does what was asked, unless it is refused, and compares the article.
    fn reacted(
        &mut self,
        answer: &Answer,
        pair: Result<(usize, usize), Refusal>,
        change: impl FnOnce(&mut Self, usize, usize),
    ) -> Outcome {
        match pair {
            Ok((user, article)) => {
                change(self, user, article);
                compare(answer, 200, &self.article_answer(&self.articles[article], Some(user)))
            }
            Err(refusal) => refusal.compare(answer),
        }
    }
}
