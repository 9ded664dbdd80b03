//! Codes guessed by many at once, from many addresses, and again after each code that can be had.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{Answer, Result, Tally, Target, target::PASSWORD};

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

/// What a code may be for: where it is asked for, and where it is used.
struct Purpose {
    ask: &'static str,
    method: Method,
    spend: &'static str,
}

const LOGIN: Purpose = Purpose { ask: "/api/login/sms/code", method: Method::POST, spend: "/api/login/sms" };
const RESET: Purpose = Purpose { ask: "/api/password/reset/code", method: Method::POST, spend: "/api/password/reset" };
const BIND: Purpose = Purpose { ask: "/api/user/phone/code", method: Method::PUT, spend: "/api/user/phone" };

/// A code that somebody was talked into telling: it is good for what its message says, and for nothing else.
pub(super) async fn other_purposes(target: &Target) -> Result<Tally> {
    let mut tally = Tally::default();
    for (sent, used) in [(RESET, LOGIN), (RESET, BIND), (LOGIN, BIND), (BIND, LOGIN)] {
        let (_, own) = target.victim().await?;
        let phone = target.phone();
        let asked = at(target, &own.access, Method::POST, sent.ask, &json!({ "phone": phone })).await?;
        if asked.status != 202 {
            return Err(format!("no code: {asked:?}").into());
        }
        let body = json!({"phone": phone, "code": code(target, &phone).await?, "password": PASSWORD});
        let answer = at(target, &own.access, used.method, used.spend, &body).await?;
        tally.tried(answer.status < 400, || format!("a code of {} at {}: {answer:?}", sent.ask, used.spend));
        // There is no account of this number whose password could be reset.
        if sent.spend != RESET.spend {
            let answer = at(target, &own.access, sent.method, sent.spend, &body).await?;
            tally.tried(answer.status >= 300, || format!("a code is used up where it is of no use: {answer:?}"));
        }
    }
    Ok(tally)
}

/// From an address of its own, logged in.
async fn at(target: &Target, token: &str, method: Method, path: &str, body: &Value) -> Result<Answer> {
    target.client().ask(method, path, Some(token), body).await
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
