//! Whether an account is there, told by the answer to a failed login or by the time that it takes.

use std::time::Duration;

use tokio::time::Instant;

use crate::{Client, Result, Tally, Target};

/// Failed logins of each kind, one after another in turns, so that whatever else the machine does meets all alike.
const EACH: usize = 80;
/// Failed logins of one account before it is locked; the last leaves it open.
const FREE: usize = 4;
/// Failed logins that lock an account.
const LOCKING: usize = 6;
/// How unlikely the ranks must be, in standard deviations, before they count as telling something: one run in 15,000 by chance.
const SIGMAS: f64 = 4.0;
/// How far the medians must lie apart besides, parts of the smaller one: less is drowned by any network.
const APART: f64 = 0.1;

async fn timed(client: &Client<'_>, name: &str) -> Result<(Duration, String)> {
    let started = Instant::now();
    let mut answer = client.log_in(name, "a wrong password").await?;
    let took = started.elapsed();
    answer.body["requestId"].take();
    Ok((took, format!("{} {}", answer.status, answer.body)))
}

/// From everywhere: at accounts that are there, at one that is locked, and at such as are not there.
pub(super) async fn attack(target: &Target) -> Result<Tally> {
    let mut tally = Tally::default();
    let (locked, _) = target.victim().await?;
    for _ in 0..LOCKING {
        target.client().log_in(&locked, "a wrong password").await?;
    }
    let mut victims = Vec::new();
    for _ in 0..EACH.div_ceil(FREE) {
        victims.push(target.victim().await?.0);
    }
    let mut times = [const { Vec::new() }; 3];
    for number in 0..EACH {
        let names = [format!("nobody-{}", target.number()), victims[number / FREE].clone(), locked.clone()];
        let mut said = Vec::new();
        for (name, times) in names.iter().zip(&mut times) {
            let (took, answer) = timed(&target.client(), name).await?;
            times.push(took);
            said.push(answer);
        }
        tally.tried(said.iter().any(|answer| *answer != said[0]), || format!("the answers differ: {said:?}"));
    }
    let [mut nobody, known, locked] = times;
    for (kind, mut times) in [("is there", known), ("is locked", locked)] {
        let deviation = rank_deviation(&times, &nobody);
        let (a, b) = (median(&mut times), median(&mut nobody));
        let apart = (a - b).abs() / a.min(b);
        tally.tried(deviation.abs() > SIGMAS && apart > APART, || {
            format!(
                "the time tells: {a:.4} s if the account {kind} and {b:.4} s if not, {deviation:.1} standard deviations"
            )
        });
    }
    Ok(tally)
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

/// By how many standard deviations the ranks of `a` among both differ from what chance makes of equal distributions
/// (Mann and Whitney's U, by its normal approximation).
#[allow(clippy::cast_precision_loss, reason = "a few hundred measurements")]
fn rank_deviation(a: &[Duration], b: &[Duration]) -> f64 {
    let wins = |x: &Duration| {
        b.iter()
            .map(|y| {
                if x > y {
                    1.0
                } else if x == y {
                    0.5
                } else {
                    0.0
                }
            })
            .sum::<f64>()
    };
    let u: f64 = a.iter().map(wins).sum();
    let (m, n) = (a.len() as f64, b.len() as f64);
    (u - m * n / 2.0) / (m * n * (m + n + 1.0) / 12.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(from: u64) -> Vec<Duration> {
        (from..from + 80).map(Duration::from_millis).collect()
    }

    #[test]
    fn ranks_tell_what_is_slower_and_nothing_of_what_is_alike() {
        assert!(rank_deviation(&times(100), &times(100)).abs() < 0.01);
        assert!(rank_deviation(&times(200), &times(100)) > SIGMAS);
        assert!(rank_deviation(&times(100), &times(200)) < -SIGMAS);
    }
}
