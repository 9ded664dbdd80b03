//! Many at the same time: refreshes with one token, and logins and refreshes while all sessions are ended.

use std::collections::BTreeSet;

use futures_util::future::{join, join_all};
use reqwest::Method;
use serde_json::Value;

use crate::{Result, Tally, Target, Tokens, target::PASSWORD};

const ROUNDS: usize = 5;
const PARALLEL: usize = 20;

/// One token forks into two that live side by side, or the race ends the session of whoever is honest.
pub(super) async fn refreshes(target: &Target) -> Result<Tally> {
    let mut tally = Tally::default();
    for _ in 0..ROUNDS {
        let (_, first) = target.victim().await?;
        let clients: Vec<_> = (0..PARALLEL).map(|_| target.client()).collect();
        let answers = join_all(clients.iter().map(|client| client.refresh(&first.refresh))).await;
        let tokens: Vec<_> = answers.into_iter().filter_map(|answer| Tokens::of(&answer.ok()?)).collect();
        let different: BTreeSet<_> = tokens.iter().map(|tokens| &tokens.refresh).collect();
        tally.attempts += PARALLEL as u64;
        if different.len() != 1 {
            tally.successes.push(format!("one refresh token has {} successors", different.len()));
        }
        let Some(last) = tokens.last() else { continue };
        let answer = target.client().refresh(&last.refresh).await?;
        tally.tried(answer.status != 200, || format!("the race has ended the session: {answer:?}"));
        let reused = target.client().refresh(&first.refresh).await?;
        tally.tried(reused.status < 400, || "the first token is good a third time".to_owned());
        for token in tokens.iter().map(|tokens| &tokens.access) {
            tally.tried(target.client().gets_in(token).await?, || "a token of the race outlives the reuse".to_owned());
        }
    }
    Ok(tally)
}

/// What began before all sessions were ended lives on.
pub(super) async fn logouts(target: &Target) -> Result<Tally> {
    let mut tally = Tally::default();
    for _ in 0..ROUNDS {
        let (_, own) = target.victim().await?;
        let client = target.client();
        let out = client.ask(Method::POST, "/api/sessions/logout-all", Some(&own.access), &Value::Null);
        let thieves: Vec<_> = (0..PARALLEL).map(|_| target.client()).collect();
        let race = join_all(thieves.iter().map(|thief| thief.refresh(&own.refresh)));
        let (out, race) = join(out, race).await;
        if out?.status != 204 {
            return Err("no logout".into());
        }
        for answer in race {
            let Some(tokens) = Tokens::of(&answer?) else {
                tally.attempts += 1;
                continue;
            };
            tally.tried(client.gets_in(&tokens.access).await?, || "an access token outlives the logout".to_owned());
            let answer = client.refresh(&tokens.refresh).await?;
            tally.tried(answer.status < 400, || "a refresh token outlives the logout".to_owned());
        }
    }
    // The honest way stays open.
    let (name, _) = target.victim().await?;
    let again = target.client().log_in(&name, PASSWORD).await?;
    tally.tried(again.status != 200, || format!("the owner cannot log in: {again:?}"));
    Ok(tally)
}
