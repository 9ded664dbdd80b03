//! Sessions that an attacker wants a victim to log in to: whatever a request brings along, a login begins a session of its own.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    Result, Tally, Target, Tokens,
    target::{PASSWORD, email},
};

pub(super) async fn attack(target: &Target) -> Result<Tally> {
    let mut tally = Tally::default();
    let client = target.client();
    for _ in 0..6 {
        let ((attacker, own), (victim, _)) = (target.victim().await?, target.victim().await?);
        let sessions = client.ask(Method::GET, "/api/sessions", Some(&own.access), &Value::Null).await?;
        let id = sessions.body["sessions"][0]["id"].clone();
        // The victim's login, with the attacker's session in every place that one could think of.
        let body = json!({
            "user": {"email": email(&victim), "password": PASSWORD, "token": own.access, "refreshToken": own.refresh,
                "sid": id, "sessionId": id},
            "refreshToken": own.refresh, "sessionId": id,
        });
        let path =
            format!("/api/users/login?sid={}&sessionId={}", id.as_str().unwrap_or(""), id.as_str().unwrap_or(""));
        let answer = client.ask(Method::POST, &path, Some(&own.access), &body).await?;
        let tokens = Tokens::of(&answer).ok_or_else(|| format!("no login: {answer:?}"))?;
        let mine = client.ask(Method::GET, "/api/sessions", Some(&tokens.access), &Value::Null).await?;
        let mine = mine.body["sessions"].as_array().cloned().unwrap_or_default();
        tally.tried(mine.iter().any(|session| session["id"] == id), || {
            "the login took a session that was there".to_owned()
        });
        tally.tried(tokens.refresh == own.refresh || tokens.access == own.access, || {
            "the login took a token".to_owned()
        });
        for token in [Some(own.access.clone()), refreshed(target, &own.refresh).await?] {
            let token = token.ok_or("the attacker's own session is gone")?;
            let account = client.ask(Method::GET, "/api/user", Some(&token), &Value::Null).await?;
            let name = account.body["user"]["username"].as_str().unwrap_or_default().to_owned();
            tally.tried(name != attacker, || format!("the attacker's token opens {name:?}"));
        }
    }
    Ok(tally)
}

async fn refreshed(target: &Target, token: &str) -> Result<Option<String>> {
    Ok(Tokens::of(&target.client().refresh(token).await?).map(|tokens| tokens.access))
}
