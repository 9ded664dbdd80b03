//! Accounts, logins and profiles.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    client::{Answer, Outcome},
    expected::{Fields, Refusal, compare},
    operation::{AccountFields, Who},
    vocabulary::{Kept, Sent, Word},
    world::{Session, Tries, User, World},
};

/// Tries that are free, as the test configures.
const FREE: u32 = 3;
/// Shorter than the wait that follows, which is 30 s.
const WAIT: Duration = Duration::from_secs(25);

impl World {
    pub(crate) async fn sign_up(
        &mut self,
        username: &Sent<Word>,
        email: &Sent<Word>,
        password: &Sent<Word>,
    ) -> Outcome {
        let mut fields = Fields::default();
        let username = fields.required("username", &username.of(self.case));
        let email = fields.required("email", &email.of(self.case));
        let password = fields.required("password", password);
        let answer = self.ask(Method::POST, "/api/users", None, &fields.body("user")).await?;
        let refusal = fields.unreadable().or_else(|| fields.refused());
        if let Some(refusal) = refusal.or_else(|| self.taken(None, username.as_ref(), email.as_ref())) {
            return refusal.compare(&answer);
        }
        let (Some(username), Some(email), Some(password)) = (username, email, password) else {
            return Err("a field without a value is refused".to_owned());
        };
        self.users.push(User {
            username,
            email,
            password: password.shown,
            tries: Tries::default(),
            bio: None,
            image: None,
            follows: BTreeSet::new(),
            likes: BTreeSet::new(),
            collects: BTreeMap::new(),
            gone: false,
        });
        self.logged_in(self.users.len() - 1, 201, &answer)
    }

    /// By a name of this kind.
    pub(crate) async fn log_in(&mut self, kind: &'static str, name: &Sent<Word>, password: &Sent<Word>) -> Outcome {
        let mut fields = Fields::default();
        let name = name.of(self.case);
        // Without any name it is the address that is missing.
        let field = if matches!(name, Sent::Absent) { "email" } else { kind };
        let typed = fields.filled(field, &name).zip(fields.filled("password", password));
        let answer = self.ask(Method::POST, "/api/users/login", None, &fields.body("user")).await?;
        if let Some(refusal) = fields.unreadable().or_else(|| fields.refused()) {
            return refusal.compare(&answer);
        }
        let name = match &name {
            Sent::Value(word) => word.kept.as_ref(),
            _ => None,
        };
        let refusal = Refusal::new(401, "credentials-invalid", &["credentials"]);
        let same = |user: &User| if kind == "email" { user.email.same.clone() } else { user.username.same.clone() };
        let known = |user: &User| !user.gone && name.is_some_and(|name| name.same == same(user));
        let Some(user) = self.users.iter().position(known) else {
            return refusal.compare(&answer);
        };
        let right = typed.is_some_and(|(_, password)| password == self.users[user].password);
        let tries = &mut self.users[user].tries;
        let waited = tries.locked.map(|since| since.elapsed());
        // On a slow machine the wait may be over, or not: then either answer is right.
        let expected = match waited {
            None => Some(right),
            Some(waited) if waited < WAIT => Some(false),
            Some(_) if !right => Some(false),
            Some(_) => None,
        };
        if expected.unwrap_or(answer.status == 200) {
            *tries = Tries::default();
            return self.logged_in(user, 200, &answer);
        }
        tries.wrong += 1;
        if tries.wrong == FREE {
            tries.locked = Some(Instant::now());
        }
        refusal.compare(&answer)
    }

    /// Compares the answer to a login, and learns its tokens.
    fn logged_in(&mut self, user: usize, status: u16, answer: &Answer) -> Outcome {
        let [token, refresh_token] = tokens(answer);
        compare(answer, status, &self.login_answer(user, &token, &refresh_token, answer))?;
        let (refresh_tokens, tokens) = (vec![refresh_token], vec![token]);
        self.sessions.push(Session { user, refresh_tokens, tokens, live: true, ended_alone: false });
        Ok(())
    }

    /// What a login is answered; only the tokens and their lifetime are the platform's to choose.
    pub(crate) fn login_answer(&self, user: usize, token: &str, refresh_token: &str, answer: &Answer) -> Value {
        let mut expected = self.account_answer(user, token);
        expected["user"]["refreshToken"] = json!(refresh_token);
        expected["user"]["expiresIn"] = answer.body["user"]["expiresIn"].clone();
        expected
    }

    fn account_answer(&self, user: usize, token: &str) -> Value {
        let User { username, email, bio, image, .. } = &self.users[user];
        json!({"user": {
            "email": email.shown, "phone": null, "token": token, "username": username.shown, "role": "author",
            "bio": bio, "image": image,
        }})
    }

    pub(crate) async fn account(&mut self, who: &Who) -> Outcome {
        let caller = self.caller(who);
        let answer = self.ask(Method::GET, "/api/user", caller.token.as_deref(), &Value::Null).await?;
        match caller.needed() {
            Ok(user) => {
                let token = caller.token.unwrap_or_default();
                compare(&answer, 200, &self.account_answer(user, &token))
            }
            Err(refusal) => refusal.compare(&answer),
        }
    }

    pub(crate) async fn change_account(&mut self, who: &Who, changes: &AccountFields) -> Outcome {
        let caller = self.caller(who);
        let mut fields = Fields::default();
        let username = fields.optional("username", &changes.username.of(self.case));
        let email = fields.optional("email", &changes.email.of(self.case));
        let password = fields.optional("password", &changes.password);
        let bio = fields.clearable("bio", &changes.bio);
        let image = fields.clearable("image", &changes.image);
        let answer = self.ask(Method::PUT, "/api/user", caller.token.as_deref(), &fields.body("user")).await?;
        let user = match caller.needed() {
            Ok(user) => user,
            Err(refusal) => return refusal.compare(&answer),
        };
        let refusal = fields.unreadable().or_else(|| fields.refused());
        if let Some(refusal) = refusal.or_else(|| self.taken(Some(user), username.as_ref(), email.as_ref())) {
            return refusal.compare(&answer);
        }
        let account = &mut self.users[user];
        account.username = username.unwrap_or_else(|| account.username.clone());
        account.email = email.unwrap_or_else(|| account.email.clone());
        let ends_others = password.is_some();
        account.password = password.map_or_else(|| account.password.clone(), |password| password.shown);
        account.bio = bio.unwrap_or_else(|| account.bio.clone());
        account.image = image.unwrap_or_else(|| account.image.clone());
        if ends_others {
            let kept = self.asking(who);
            self.end_all(user, kept);
        }
        compare(&answer, 200, &self.account_answer(user, &caller.token.unwrap_or_default()))
    }

    /// The refusal of a name or an address that somebody other than `own` has.
    fn taken(&self, own: Option<usize>, username: Option<&Kept>, email: Option<&Kept>) -> Option<Refusal> {
        let others = self.users.iter().enumerate().filter(|(number, user)| Some(*number) != own && !user.gone);
        let others = || others.clone().map(|(_, user)| user);
        let mut taken = Vec::new();
        if username.is_some_and(|name| others().any(|user| user.username.same == name.same)) {
            taken.push("username");
        }
        if email.is_some_and(|email| others().any(|user| user.email.same == email.same)) {
            taken.push("email");
        }
        (!taken.is_empty()).then(|| Refusal::new(409, "taken", &taken))
    }
}

/// The access token and the refresh token of an answer; empty where there is none.
pub(crate) fn tokens(answer: &Answer) -> [String; 2] {
    ["token", "refreshToken"].map(|name| answer.body["user"][name].as_str().unwrap_or_default().to_owned())
}
