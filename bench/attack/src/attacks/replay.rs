//! Tokens that were good once: after their replacement, after the end of their session, by another program.

use reqwest::Method;
use serde_json::Value;

use crate::{Result, Tally, Target, Tokens, target::PASSWORD};

/// How often each way is tried.
const ROUNDS: usize = 6;

pub(super) async fn attack(target: &Target) -> Result<Tally> {
    let mut tally = Tally::default();
    let client = target.client();
    for round in 0..ROUNDS {
        // A token that was replaced twice: whoever sends it, everybody is out.
        let (_, first) = target.victim().await?;
        let second = Tokens::of(&client.refresh(&first.refresh).await?).ok_or("no refresh")?;
        let third = Tokens::of(&client.refresh(&second.refresh).await?).ok_or("no refresh")?;
        let stolen = client.refresh(&first.refresh).await?;
        tally.tried(stolen.status < 400, || format!("an old refresh token is good: {stolen:?}"));
        for token in [&second.refresh, &third.refresh] {
            let answer = client.refresh(token).await?;
            tally.tried(answer.status < 400, || format!("the session outlives a reuse: {answer:?}"));
        }
        for token in [&first.access, &second.access, &third.access] {
            tally.tried(client.gets_in(token).await?, || "an access token outlives a reuse".to_owned());
        }

        // A token whose session has ended.
        let (name, _) = target.victim().await?;
        let tokens = Tokens::of(&client.log_in(&name, PASSWORD).await?).ok_or("no login")?;
        let path = ["/api/sessions/logout", "/api/sessions/logout-all"][round % 2];
        let out = client.ask(Method::POST, path, Some(&tokens.access), &Value::Null).await?;
        if out.status != 204 {
            return Err(format!("no logout: {out:?}").into());
        }
        tally.tried(client.gets_in(&tokens.access).await?, || format!("an access token outlives {path}"));
        let answer = client.refresh(&tokens.refresh).await?;
        tally.tried(answer.status < 400, || format!("a refresh token outlives {path}"));

        // A token in other hands.
        let (_, tokens) = target.victim().await?;
        for agent in ["curl/8.5.0", "", "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"] {
            let thief = target.client().called(agent);
            tally.tried(thief.gets_in(&tokens.access).await?, || format!("{agent:?} uses another's access token"));
            let answer = thief.refresh(&tokens.refresh).await?;
            tally.tried(answer.status < 400, || format!("{agent:?} uses another's refresh token"));
        }
        tally.tried(!client.gets_in(&tokens.access).await?, || "a thief has logged the victim out".to_owned());
    }
    Ok(tally)
}
