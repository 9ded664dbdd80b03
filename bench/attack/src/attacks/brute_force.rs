//! Passwords guessed as fast as the machine goes, from one address.

use futures_util::future::join_all;
use tokio::time::Instant;

use crate::{Result, Tally, Target, target::PASSWORD};

/// Guesses in all; those that are sent at the same time.
const GUESSES: usize = 200;
const PARALLEL: usize = 20;
/// Passwords that an address may have checked in a minute, as `RATE_LIMIT_QUOTAS` has it unless it is set.
const QUOTA: usize = 60;

pub(super) async fn attack(target: &Target) -> Result<Tally> {
    let (name, _) = target.victim().await?;
    let (client, mut tally, mut checked) = (target.client(), Tally::default(), 0);
    let started = Instant::now();
    for batch in 0..GUESSES / PARALLEL {
        let guesses: Vec<_> =
            (0..PARALLEL).map(|number| format!("guess {} of many", batch * PARALLEL + number)).collect();
        for answer in join_all(guesses.iter().map(|guess| client.log_in(&name, guess))).await {
            let answer = answer?;
            checked += usize::from(answer.status != 429);
            tally.tried(answer.status == 200, || "a wrong password gets in".to_owned());
        }
    }
    // A machine that is slow enough has earned another minute's quota meanwhile.
    let minutes = usize::try_from(started.elapsed().as_secs() / 60)?;
    tally.tried(checked > QUOTA * (minutes + 1), || format!("{checked} guesses of one address in {minutes} minutes"));
    if minutes == 0 {
        // The right one is no better than the others by now.
        let answer = client.log_in(&name, PASSWORD).await?;
        tally.tried(answer.status == 200, || "an address goes on guessing beyond its quota".to_owned());
    }
    Ok(tally)
}
