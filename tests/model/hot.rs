//! What is hot: of all cases' articles, each of which the model knows while it is this case's.

use serde_json::Value;
use test_servers::forget_reads;

use crate::{client::Outcome, world::World};

/// Entries of the list at the most.
const TOP: usize = 100;

/// What an article is worth at a time, as its summary tells it.
fn score(summary: &Value, at: f64) -> f64 {
    let count = |name: &str| summary[name].as_f64().unwrap_or_default();
    let points = count("favoritesCount") + 2.0 * count("collectsCount") + count("commentsCount");
    let points = points + (1.0 + count("readsCount")).ln();
    let hours = (at - millis(&summary["createdAt"])) / 3_600_000.0;
    points / (hours.max(0.0) + 2.0).powf(1.5)
}

/// Milliseconds of a time such as `2026-11-22T20:00:00.000Z`, counted from the beginning of the month 0000-03.
fn millis(time: &Value) -> f64 {
    let parts: Vec<f64> =
        time.as_str().unwrap_or_default().split(['-', 'T', ':', 'Z']).filter_map(|part| part.parse().ok()).collect();
    let [year, month, day, hour, minute, second] = parts[..] else { return f64::NAN };
    // Years begin in March, so that a leap day is the last one.
    let (year, month) = if month < 3.0 { (year - 1.0, month + 9.0) } else { (year, month - 3.0) };
    let leaps = (year / 4.0).floor() - (year / 100.0).floor() + (year / 400.0).floor();
    let days = 365.0 * year + leaps + ((153.0 * month + 2.0) / 5.0).floor() + day;
    (((days * 24.0 + hour) * 60.0 + minute) * 60.0 + second) * 1_000.0
}

impl World {
    /// Makes the hot list and compares it: what it shows of this case's articles, in which order, and that no hotter one is missing.
    pub(crate) async fn compare_hot(&mut self) -> Outcome {
        let answer = self.hot().await?;
        let shown = answer["articles"].as_array().cloned().unwrap_or_default();
        let at = millis(&answer["rankedAt"]);
        if !at.is_finite() || shown.len() > TOP || answer["articlesCount"] != shown.len() {
            return Err(format!("no hot list: {answer}"));
        }
        let scores: Vec<_> = shown.iter().map(|article| score(article, at)).collect();
        if let Some(place) = scores.windows(2).position(|pair| pair[0] < pair[1] - 1e-9) {
            return Err(format!("a hotter article after {}: {} and {}", place, shown[place], shown[place + 1]));
        }
        if scores.iter().any(|score| *score <= 0.0) {
            return Err(format!("an article that nobody did anything about: {answer}"));
        }
        let coolest = scores.last().copied().filter(|_| shown.len() == TOP).unwrap_or_default();
        for article in &self.articles {
            // Its score counts how often it was read; how often that was, nobody knows who does not look at the clock.
            let found = shown.iter().find(|shown| shown["slug"] == article.slug).cloned();
            let found = found.map(|mut found| {
                forget_reads(&mut found);
                found
            });
            let expected = self.summary(article, None);
            match found {
                Some(found) if !article.live => return Err(format!("hot, though nobody can read it: {found}")),
                Some(found) if found != expected => return Err(format!("expected {expected}\n     got {found}")),
                None if article.live && !article.ever_withdrawn && score(&expected, at) > coolest + 1e-9 => {
                    return Err(format!("not hot, though it is hotter than {coolest}: {expected}\n     got {answer}"));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
