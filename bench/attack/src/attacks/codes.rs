//! Codes guessed by many at once, from many addresses, and again after each code that can be had.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::{Result, Tally, Target};

/// Guesses at one code that are sent at the same time.
const PARALLEL: u32 = 100;
/// Phones whose codes are guessed.
const PHONES: u32 = 5;
/// How often another code is asked for after a guess, with the cache emptied before.
const AGAIN: u32 = 10;

pub(super) async fn attack(target: &Target) -> Result<Tally> {
    let mut tally = Tally::default();
    for _ in 0..PHONES {
        let phone = target.phone();
        ask(target, &phone).await?;
        let code = code(target, &phone).await?;
        let guesses = (0..PARALLEL).map(|number| format!("{:06}", number * 9_973 % 1_000_000));
        let guesses: Vec<_> = guesses.filter(|guess| *guess != code).collect();
        for answer in join_all(guesses.iter().map(|guess| try_code(target, &phone, guess))).await {
            tally.tried(answer? < 400, || "a wrong code gets in".to_owned());
        }
        tally.tried(try_code(target, &phone, &code).await? < 400, || "a code outlives its third wrong try".to_owned());
        for _ in 0..AGAIN {
            target.empty_cache().await?;
            let status = ask(target, &phone).await?;
            tally.tried(status == 202, || "an emptied cache gives three tries more within the minute".to_owned());
            tally.tried(try_code(target, &phone, &code).await? < 400, || "a lost code gets in".to_owned());
        }
    }
    Ok(tally)
}

/// Each time from an address of its own.
async fn ask(target: &Target, phone: &str) -> Result<u16> {
    let body = json!({ "phone": phone });
    Ok(target.client().ask(Method::POST, "/api/login/sms/code", None, &body).await?.status)
}

async fn try_code(target: &Target, phone: &str, code: &str) -> Result<u16> {
    let body = json!({"phone": phone, "code": code});
    Ok(target.client().ask(Method::POST, "/api/login/sms", None, &body).await?.status)
}

/// The code that `phone` got, as soon as it has it.
async fn code(target: &Target, phone: &str) -> Result<String> {
    let messages = target.sent(phone).await?;
    let code = messages.first().and_then(|message| message["params"]["code"].as_str());
    Ok(code.ok_or("a message without a code")?.to_owned())
}
