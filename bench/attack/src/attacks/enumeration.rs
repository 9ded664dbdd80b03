//! Whether an account is there, told by the answer to a failed login or by the time that it takes.

use std::time::Duration;

use tokio::time::Instant;

use crate::{Client, Result, Tally, Target};

/// Failed logins of each kind, one after another in turns, so that whatever else the machine does meets both alike.
const EACH: usize = 80;
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

pub(super) async fn attack(target: &Target) -> Result<Tally> {
    let (name, _) = target.victim().await?;
    let mut tally = Tally::default();
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for number in 0..EACH {
        // From everywhere, and against one account that is there and many that are not.
        let there = timed(&target.client(), &name).await?;
        let nobody = timed(&target.client(), &format!("nobody-{number}")).await?;
        tally.tried(there.1 != nobody.1, || format!("the answers differ: {} and {}", there.1, nobody.1));
        known.push(there.0);
        unknown.push(nobody.0);
    }
    let deviation = rank_deviation(&known, &unknown);
    let (a, b) = (median(&mut known), median(&mut unknown));
    let apart = (a - b).abs() / a.min(b);
    tally.tried(deviation.abs() > SIGMAS && apart > APART, || {
        format!("the time tells: {a:.4} s if there is such an account and {b:.4} s if not, {deviation:.1} standard deviations")
    });
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
