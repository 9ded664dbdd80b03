//! What becomes of sessions after the login.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    accounts::tokens,
    client::Outcome,
    expected::{Fields, Refusal, compare},
    operation::{Pick, Refresh, Who},
    world::{Session, World},
};

impl World {
    pub(crate) async fn refresh(&mut self, refresh: &Refresh) -> Outcome {
        let mut fields = Fields::default();
        let (session, text) = match refresh {
            Refresh::Of(index, ago) => {
                let number = index.of(self.sessions.len());
                let tokens = &self.sessions[number].refresh_tokens;
                let place = tokens.len().saturating_sub(1 + ago);
                (Some((number, place)), Some(tokens[place].clone()))
            }
            // It is of the family, and no token of it: whoever knows that much has seen one that is out of use.
            Refresh::Forged(index) => {
                let number = index.of(self.sessions.len());
                let forged = forged(&self.sessions[number].refresh_tokens[0]);
                (Some((number, usize::MAX)), Some(forged))
            }
            Refresh::Sent(sent) => (None, fields.filled("refreshToken", sent)),
        };
        let body = match text {
            Some(text) => json!({ "refreshToken": text }),
            None => fields.body("").as_object_mut().and_then(|body| body.remove("")).unwrap_or_default(),
        };
        let answer = self.ask(Method::POST, "/api/sessions/refresh", None, &body).await?;
        if let Some(refusal) = fields.unreadable().or_else(|| fields.refused()) {
            return refusal.compare(&answer);
        }
        let refused = Refusal::new(401, "refresh-token-invalid", &["refreshToken"]);
        let Some((number, place)) = session.filter(|(session, _)| self.sessions[*session].live) else {
            return refused.compare(&answer);
        };
        let given = self.sessions[number].refresh_tokens.len();
        // The last is replaced. The one before gets the last: its answer may have been lost. Any other is in the wrong hands.
        if place != given - 1 && place != given.saturating_sub(2) {
            self.end(number);
            return refused.compare(&answer);
        }
        let [token, refresh_token] = tokens(&answer);
        let Session { user, refresh_tokens, .. } = &self.sessions[number];
        let (user, last) = (*user, refresh_tokens[given - 1].clone());
        if (refresh_token == last) != (place != given - 1) {
            return Err(format!("refresh token {place} of {given} is answered with another than it should"));
        }
        compare(&answer, 200, &self.login_answer(user, &token, &refresh_token, &answer))?;
        if place == given - 1 {
            self.sessions[number].refresh_tokens.push(refresh_token);
        }
        self.sessions[number].tokens.push(token);
        Ok(())
    }

    /// A session that has ended may be ended again: only a token that is none is refused.
    pub(crate) async fn log_out(&mut self, who: &Who) -> Outcome {
        let caller = self.caller(who);
        let answer = self.ask(Method::POST, "/api/sessions/logout", caller.token.as_deref(), &Value::Null).await?;
        match who {
            Who::Session { session, .. } => {
                compare(&answer, 204, &Value::Null)?;
                self.end(session.of(self.sessions.len()));
                Ok(())
            }
            _ => caller.needed().map_or_else(|refusal| refusal.compare(&answer), |_| Err("nobody logs out".to_owned())),
        }
    }

    pub(crate) async fn log_out_others(&mut self, who: &Who) -> Outcome {
        let caller = self.caller(who);
        let answer =
            self.ask(Method::POST, "/api/sessions/logout-others", caller.token.as_deref(), &Value::Null).await?;
        match caller.needed() {
            Ok(user) => {
                compare(&answer, 204, &Value::Null)?;
                let kept = self.asking(who);
                self.end_all(user, kept);
                Ok(())
            }
            Err(refusal) => refusal.compare(&answer),
        }
    }

    /// Whoever was logged out together with all others may repeat that; whoever was logged out alone may not.
    pub(crate) async fn log_out_everywhere(&mut self, who: &Who) -> Outcome {
        let caller = self.caller(who);
        let answer = self.ask(Method::POST, "/api/sessions/logout-all", caller.token.as_deref(), &Value::Null).await?;
        let session = self.asking(who);
        match (caller.needed(), session.filter(|number| !self.sessions[*number].ended_alone)) {
            (_, Some(number)) => {
                compare(&answer, 204, &Value::Null)?;
                self.end_all(self.sessions[number].user, None);
                Ok(())
            }
            (Err(refusal), None) => refusal.compare(&answer),
            (Ok(_), None) => Err("nobody logs out".to_owned()),
        }
    }

    pub(crate) async fn end_session(&mut self, who: &Who, pick: Pick) -> Outcome {
        let listed = self.list_sessions(who).await?;
        let caller = self.caller(who);
        // Now and then one that is not there, or none of theirs.
        let chosen = pick.of(listed.len() + 1);
        let unknown = ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "no-id", "é"][chosen % 3].to_owned();
        let (number, id) = listed.get(chosen).cloned().map_or((None, unknown), |(number, id)| (Some(number), id));
        let path = format!("/api/sessions/{id}");
        let answer = self.ask(Method::DELETE, &path, caller.token.as_deref(), &Value::Null).await?;
        match (caller.needed(), number) {
            (Err(refusal), _) => refusal.compare(&answer),
            (Ok(_), None) => Refusal::new(404, "not-found", &["session"]).compare(&answer),
            (Ok(_), Some(number)) => {
                compare(&answer, 204, &Value::Null)?;
                self.end(number);
                Ok(())
            }
        }
    }

    /// Whoever asks sees their live sessions, the newest first. Answers them by number, each with its id.
    pub(crate) async fn list_sessions(&mut self, who: &Who) -> Outcome<Vec<(usize, String)>> {
        let caller = self.caller(who);
        let answer = self.ask(Method::GET, "/api/sessions", caller.token.as_deref(), &Value::Null).await?;
        let user = match caller.needed() {
            Ok(user) => user,
            Err(refusal) => return refusal.compare(&answer).map(|()| Vec::new()),
        };
        let theirs = self.sessions.iter().enumerate().filter(|(_, session)| session.live && session.user == user);
        let theirs: Vec<_> = theirs.map(|(number, _)| number).rev().collect();
        let current = self.asking(who);
        let (mut expected, mut listed) = (Vec::new(), Vec::new());
        for (place, number) in theirs.into_iter().enumerate() {
            // Only what depends on the clock and on chance is the platform's to choose.
            let mut session = answer.body["sessions"][place].clone();
            session["current"] = json!(current == Some(number));
            session["browser"] = json!("none");
            session["device"] = json!("other");
            listed.push((number, session["id"].as_str().unwrap_or_default().to_owned()));
            expected.push(session);
        }
        compare(&answer, 200, &json!({ "sessions": expected }))?;
        Ok(listed)
    }

    /// The session by number of whoever asks with a token of one.
    pub(crate) fn asking(&self, who: &Who) -> Option<usize> {
        match who {
            Who::Session { session, .. } => Some(session.of(self.sessions.len())),
            Who::Nobody | Who::Forger => None,
        }
    }

    fn end(&mut self, number: usize) {
        let session = &mut self.sessions[number];
        (session.live, session.ended_alone) = (false, true);
    }

    pub(crate) fn end_all(&mut self, user: usize, kept: Option<usize>) {
        for (number, session) in self.sessions.iter_mut().enumerate() {
            session.live &= session.user != user || Some(number) == kept;
        }
    }
}

/// The token with another secret: its last characters are the secret's.
fn forged(token: &str) -> String {
    let (start, end) = token.split_at(token.len() - 4);
    format!("{start}{}", if end == "AAAA" { "BAAA" } else { "AAAA" })
}
