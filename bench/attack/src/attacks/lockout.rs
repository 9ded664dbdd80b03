//! Passwords guessed by somebody who has many addresses and one account in mind, and by somebody who has one address and takes any
//! account; with the right password among the guesses, and with the cache emptied in between.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    Result, Tally, Target,
    target::{PASSWORD, email},
};

/// Guesses that are sent at the same time: more than are free, for an account as for an address.
const PARALLEL: usize = 20;
/// How long a locked account or address waits at least, from the try on that locked it.
const DELAY: Duration = Duration::from_secs(30);
/// Accounts that are guessed at by many addresses.
const ACCOUNTS: usize = 3;
/// Guesses of one address at many accounts, and how many of them `LOGIN_LOCKOUT` has looked at within an hour unless it is set.
const GUESSES: usize = 140;
const ADDRESS: u64 = 100;

/// From everywhere at one account. Once it is locked the right password is as wrong as any, whatever the account is called and whatever
/// the cache has lost.
pub(super) async fn one_account(target: &Target) -> Result<Tally> {
    let mut tally = Tally::default();
    for _ in 0..ACCOUNTS {
        let (name, own) = target.victim().await?;
        let started = Instant::now();
        let clients: Vec<_> = (0..PARALLEL).map(|_| target.client()).collect();
        let guesses = clients
            .iter()
            .enumerate()
            .map(async |(number, client)| client.log_in(&name, &format!("guess {number} of many")).await);
        for answer in join_all(guesses).await {
            tally.tried(answer?.status == 200, || "a wrong password gets in".to_owned());
        }
        let by = [
            json!({"email": email(&name)}),
            json!({"email": email(&name).to_uppercase()}),
            json!({"username": name}),
            json!({"username": name.to_uppercase()}),
        ];
        for mut user in by {
            target.empty_cache().await?;
            for (password, what) in [("one more guess", "a wrong"), (PASSWORD, "the right")] {
                user["password"] = json!(password);
                let answer = log_in(target, &user).await?;
                // A machine that is slow enough has waited as a guesser must.
                if started.elapsed() < DELAY {
                    tally.tried(answer.status == 200, || format!("{what} password opens a locked account: {user}"));
                }
            }
        }
        let still = target.client().gets_in(&own.access).await?;
        tally.tried(!still, || "guesses have logged the owner out".to_owned());
    }
    Ok(tally)
}

async fn log_in(target: &Target, user: &Value) -> Result<crate::Answer> {
    target.client().ask(Method::POST, "/api/users/login", None, &json!({ "user": user })).await
}

/// From one address at many accounts. The limit by the minute is gone with the cache; that by the hour is not.
pub(super) async fn one_address(target: &Target) -> Result<Tally> {
    let (name, _) = target.victim().await?;
    let (client, mut tally, mut looked_at) = (target.client(), Tally::default(), 0);
    let started = Instant::now();
    for batch in 0..GUESSES / PARALLEL {
        target.empty_cache().await?;
        let names: Vec<_> = (0..PARALLEL).map(|number| format!("any-{}", batch * PARALLEL + number)).collect();
        for answer in join_all(names.iter().map(|name| client.log_in(name, "password of many"))).await {
            let status = answer?.status;
            looked_at += u64::from(status == 401);
            tally.tried(status == 200, || "a wrong password gets in".to_owned());
        }
    }
    // One more after each delay; they double.
    let waited = started.elapsed().as_secs() / DELAY.as_secs();
    tally.tried(looked_at > ADDRESS + waited, || format!("{looked_at} guesses of one address were looked at"));
    target.empty_cache().await?;
    let answer = client.log_in(&name, PASSWORD).await?;
    if started.elapsed() < DELAY {
        tally.tried(answer.status == 200, || "a locked address opens an account".to_owned());
    }
    Ok(tally)
}
