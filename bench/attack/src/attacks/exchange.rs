//! One-time codes of logins by way of a provider: used again, by many at once, in other browsers, guessed, and all of it with the
//! cache emptied in between.

use futures_util::future::join_all;

use super::leaving::{Landed, Leaving, exchange};
use crate::{Result, Tally, Target, Tokens, providers::WAYS};

const PARALLEL: usize = 20;
/// How often a code is sent again, and how many are guessed.
const AGAIN: usize = 5;
const GUESSES: usize = 50;

pub(super) async fn attack(target: &Target) -> Result<Tally> {
    let mut tally = Tally::default();
    for way in WAYS {
        let honest = code(target, way).await?;
        let first = exchange(target, &honest.cookie, &honest.code).await?;
        let tokens = Tokens::of(&first).ok_or_else(|| format!("no login: {first:?}"))?;
        for _ in 0..AGAIN {
            let answer = exchange(target, &honest.cookie, &honest.code).await?;
            tally.tried(answer.status < 400, || format!("{way}: a code is good twice: {answer:?}"));
            target.empty_cache().await?;
        }
        tally.tried(!target.client().gets_in(&tokens.access).await?, || format!("{way}: a replay logs the victim out"));

        let raced = code(target, way).await?;
        let answers = join_all((0..PARALLEL).map(|_| exchange(target, &raced.cookie, &raced.code))).await;
        let mut landed = 0;
        for answer in answers {
            landed += usize::from(answer?.status < 400);
            tally.tried(landed > 1, || format!("{way}: of many that send one code two get in"));
        }

        let (stolen, own) = (code(target, way).await?, code(target, way).await?);
        for (whose, cookie) in [("no", ""), ("another's", &own.cookie), ("its own, after those,", &stolen.cookie)] {
            let answer = exchange(target, cookie, &stolen.code).await?;
            tally.tried(answer.status < 400, || format!("{way}: a stolen code with {whose} cookie: {answer:?}"));
        }
        let victim = code(target, way).await?;
        let planted = exchange(target, &victim.cookie, &own.code).await?;
        tally.tried(planted.status < 400, || format!("{way}: a planted code: {planted:?}"));
        let theirs = exchange(target, &victim.cookie, &victim.code).await?;
        tally.tried(theirs.status != 200, || format!("{way}: a planted code keeps the victim out: {theirs:?}"));

        let good = code(target, way).await?;
        for number in 0..GUESSES {
            let guess = format!("{number:043}");
            let answer = exchange(target, &good.cookie, &guess).await?;
            tally.tried(answer.status < 400, || format!("{way}: a guess gets in"));
        }
    }
    Ok(tally)
}

/// A code for somebody new.
async fn code(target: &Target, way: &'static str) -> Result<Landed> {
    let who = format!("somebody-{}", target.number());
    Leaving::to_log_in(target, way).await?.land(target, &who).await
}
