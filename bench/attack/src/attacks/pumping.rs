//! Messages asked for as fast as the machine goes: one phone by many addresses, many phones by one address, and both with the cache
//! emptied in between. Each message costs the platform money.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::{Result, Tally, Target, target::Client};

/// Requests that are sent at the same time.
const PARALLEL: usize = 50;
/// How often that is done with the cache emptied before.
const ROUNDS: usize = 4;
/// What one address may ask for in a day, as `SMS_QUOTAS` has it unless it is set.
const ADDRESS: usize = 50;

pub(super) async fn attack(target: &Target) -> Result<Tally> {
    let mut tally = Tally::default();
    let phone = target.phone();
    let mut taken = 0;
    for _ in 0..ROUNDS {
        let clients: Vec<_> = (0..PARALLEL).map(|_| target.client()).collect();
        for status in join_all(clients.iter().map(|client| ask(client, &phone))).await {
            taken += usize::from(status? == 202);
            tally.tried(taken > 1, || "a phone gets a second message within the minute".to_owned());
        }
        target.empty_cache().await?;
    }
    let (greedy, mut taken) = (target.client(), 0);
    for _ in 0..ROUNDS {
        let phones: Vec<_> = (0..PARALLEL).map(|_| target.phone()).collect();
        for status in join_all(phones.iter().map(|phone| ask(&greedy, phone))).await {
            taken += usize::from(status? == 202);
            tally.tried(taken > ADDRESS, || "an address goes beyond its day's messages".to_owned());
        }
        // The limit by the hour is gone with it; that by the day is not.
        target.empty_cache().await?;
    }
    // What was sent is counted where it arrives, when what was asked for last is there.
    let last = target.phone();
    ask(&target.client(), &last).await?;
    target.sent(&last).await?;
    let sent = target.sent(&phone).await?.len();
    tally.tried(sent > 1, || format!("a phone got {sent} messages"));
    Ok(tally)
}

async fn ask(client: &Client<'_>, phone: &str) -> Result<u16> {
    let body = json!({ "phone": phone });
    Ok(client.ask(Method::POST, "/api/login/sms/code", None, &body).await?.status)
}
