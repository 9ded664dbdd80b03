//! Whatever has ended stays ended when the cache loses everything: it is no more than a memory of the tables.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Result, Tally, Target, Tokens, target::PASSWORD};

pub(super) async fn attack(target: &Target) -> Result<Tally> {
    let mut tally = Tally::default();
    let client = target.client();
    for path in ["/api/sessions/logout", "/api/sessions/logout-all", "/api/sessions/logout-others", "reuse"] {
        let (name, owner) = target.victim().await?;
        let stolen = Tokens::of(&client.log_in(&name, PASSWORD).await?).ok_or("no login")?;
        if path == "reuse" {
            let second = Tokens::of(&client.refresh(&stolen.refresh).await?).ok_or("no refresh")?;
            client.refresh(&second.refresh).await?;
            client.refresh(&stolen.refresh).await?;
        } else {
            let by = if path.ends_with("others") { &owner.access } else { &stolen.access };
            client.ask(Method::POST, path, Some(by), &Value::Null).await?;
        }
        for _ in 0..5 {
            target.empty_cache().await?;
            tally.tried(client.gets_in(&stolen.access).await?, || format!("{path}: an access token came back"));
            target.empty_cache().await?;
            let answer = client.refresh(&stolen.refresh).await?;
            tally.tried(answer.status < 400, || format!("{path}: a refresh token came back"));
        }
    }
    // A role that nobody was given does not come from nowhere either.
    let (name, tokens) = target.victim().await?;
    for _ in 0..5 {
        target.empty_cache().await?;
        let path = format!("/api/users/{name}/role");
        let answer = client.ask(Method::PUT, &path, Some(&tokens.access), &json!({"role": "admin"})).await?;
        tally.tried(answer.status != 403, || format!("a role was taken: {answer:?}"));
    }
    Ok(tally)
}
