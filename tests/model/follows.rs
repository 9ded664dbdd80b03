//! Profiles, and who follows whom.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Outcome, encode},
    expected::{Refusal, compare},
    lists::compare_page,
    operation::Who,
    vocabulary::Word,
    world::{User, World},
};

impl World {
    pub(crate) async fn profile(&mut self, who: &Who, name: &Word) -> Outcome {
        let (answer, viewer) = self.ask_about(who, Method::GET, name, "").await?;
        match viewer.and_then(|viewer| Ok((self.known(name)?, viewer))) {
            Ok((user, viewer)) => compare(&answer, 200, &self.profile_answer(user, viewer)),
            Err(refusal) => refusal.compare(&answer),
        }
    }

    pub(crate) async fn follow(&mut self, who: &Who, name: &Word) -> Outcome {
        let (answer, viewer) = self.ask_about(who, Method::POST, name, "/follow").await?;
        match viewer.and_then(|viewer| self.pair(viewer, name)) {
            Ok((me, user)) if me == user => Refusal::new(422, "fields-invalid", &["username"]).compare(&answer),
            Ok((me, user)) => {
                self.users[me].follows.insert(user);
                compare(&answer, 200, &self.profile_answer(user, Some(me)))
            }
            Err(refusal) => refusal.compare(&answer),
        }
    }

    pub(crate) async fn unfollow(&mut self, who: &Who, name: &Word) -> Outcome {
        let (answer, viewer) = self.ask_about(who, Method::DELETE, name, "/follow").await?;
        match viewer.and_then(|viewer| self.pair(viewer, name)) {
            Ok((me, user)) => {
                self.users[me].follows.remove(&user);
                compare(&answer, 200, &self.profile_answer(user, Some(me)))
            }
            Err(refusal) => refusal.compare(&answer),
        }
    }

    pub(crate) async fn followers(&mut self, who: &Who, name: &Word) -> Outcome {
        let (answer, viewer) = self.ask_about(who, Method::GET, name, "/followers").await?;
        match viewer.and_then(|viewer| Ok((self.known(name)?, viewer))) {
            Ok((user, viewer)) => {
                let followers = self.users.iter().enumerate().filter(|(_, other)| other.follows.contains(&user));
                let followers = followers.map(|(number, _)| number).collect();
                compare(&answer, 200, &self.profiles_answer(followers, viewer))
            }
            Err(refusal) => refusal.compare(&answer),
        }
    }

    pub(crate) async fn followees(&mut self, who: &Who, name: &Word) -> Outcome {
        let (answer, viewer) = self.ask_about(who, Method::GET, name, "/following").await?;
        match viewer.and_then(|viewer| Ok((self.known(name)?, viewer))) {
            Ok((user, viewer)) => {
                let followees = self.users[user].follows.iter().copied().collect();
                compare(&answer, 200, &self.profiles_answer(followees, viewer))
            }
            Err(refusal) => refusal.compare(&answer),
        }
    }

    /// The whole feed, two articles a page.
    pub(crate) async fn feed(&mut self, who: &Who) -> Outcome {
        let (mut offset, mut cursor) = (0, String::new());
        loop {
            let caller = self.caller(who);
            let path = format!("/api/articles/feed?limit=2{cursor}");
            let answer = self.ask(Method::GET, &path, caller.token.as_deref(), &Value::Null).await?;
            let user = match caller.needed() {
                Ok(user) => user,
                Err(refusal) => return refusal.compare(&answer),
            };
            let wanted = self
                .articles
                .iter()
                .rev()
                .filter(|article| article.live && self.users[user].follows.contains(&article.author));
            let wanted: Vec<_> = wanted.map(|article| self.summary(article, Some(user))).collect();
            compare_page(&answer, &wanted, wanted.len(), offset, 2)?;
            let Some(next) = answer.body["cursor"].as_str() else { return Ok(()) };
            (offset, cursor) = (offset + 2, format!("&cursor={next}"));
        }
    }

    /// Asks about somebody; answers whom the platform should see asking.
    async fn ask_about(
        &mut self,
        who: &Who,
        method: Method,
        name: &Word,
        about: &str,
    ) -> Outcome<(Answer, Result<Option<usize>, Refusal>)> {
        let caller = self.caller(who);
        let path = format!("/api/profiles/{}{about}", encode(&name.written));
        let answer = self.ask(method, &path, caller.token.as_deref(), &Value::Null).await?;
        // Without a name there is no path of a profile.
        let nowhere = || Err(Refusal::new(404, "not-found", &["path"]));
        Ok((answer, if name.written.is_empty() && about.is_empty() { nowhere() } else { caller.known }))
    }

    /// The user who has the name.
    fn known(&self, name: &Word) -> Result<usize, Refusal> {
        self.by_name(name.kept.as_ref()).ok_or_else(|| Refusal::new(404, "not-found", &["profile"]))
    }

    /// Whoever asks, who must be known, and the user who has the name.
    fn pair(&self, viewer: Option<usize>, name: &Word) -> Result<(usize, usize), Refusal> {
        let me = viewer.ok_or_else(|| Refusal::new(401, "token-missing", &["token"]))?;
        Ok((me, self.known(name)?))
    }

    /// A user as a viewer sees them beside what they wrote.
    pub(crate) fn profile_of(&self, user: usize, viewer: Option<usize>) -> Value {
        let User { username, bio, image, gone, .. } = &self.users[user];
        if *gone {
            return json!({"username": "[deleted]", "bio": null, "image": null, "following": false});
        }
        let following = viewer.is_some_and(|viewer| self.users[viewer].follows.contains(&user));
        json!({"username": username.shown, "bio": bio, "image": image, "following": following})
    }

    fn counted_profile(&self, user: usize, viewer: Option<usize>) -> Value {
        let mut profile = self.profile_of(user, viewer);
        profile["followersCount"] = json!(self.users.iter().filter(|other| other.follows.contains(&user)).count());
        profile["followingCount"] = json!(self.users[user].follows.len());
        profile
    }

    fn profile_answer(&self, user: usize, viewer: Option<usize>) -> Value {
        json!({"profile": self.counted_profile(user, viewer)})
    }

    /// A list of all of `users`, who are fewer than a page holds; who signed up last comes first.
    fn profiles_answer(&self, mut users: Vec<usize>, viewer: Option<usize>) -> Value {
        users.sort_unstable_by(|a, b| b.cmp(a));
        let profiles: Vec<_> = users.into_iter().map(|user| self.counted_profile(user, viewer)).collect();
        json!({"profiles": profiles, "cursor": null})
    }
}
