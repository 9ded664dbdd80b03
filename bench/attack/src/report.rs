//! What was tried and what succeeded.

use std::fmt::{self, Display, Formatter};

/// What became of one attack.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// How often it was tried.
    pub attempts: u64,
    /// What succeeded, in words.
    pub successes: Vec<String>,
}

impl Tally {
    /// Notes one more try, and what it got if it `succeeded`.
    pub fn tried(&mut self, succeeded: bool, what: impl FnOnce() -> String) {
        self.attempts += 1;
        if succeeded {
            self.successes.push(what());
        }
    }
}

/// The outcome of a run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Each attack by its name.
    pub attacks: Vec<(&'static str, Tally)>,
}

impl Report {
    /// Whether nothing succeeded, and everything was tried.
    pub fn is_clean(&self) -> bool {
        self.attacks.iter().all(|(_, tally)| tally.attempts > 0 && tally.successes.is_empty())
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<52}{:>10}{:>11}", "attack", "attempts", "successes")?;
        for (name, Tally { attempts, successes }) in &self.attacks {
            writeln!(f, "{name:<52}{attempts:>10}{:>11}", successes.len())?;
        }
        let all = self.attacks.iter().flat_map(|(name, tally)| tally.successes.iter().map(move |what| (name, what)));
        for (name, what) in all.take(20) {
            writeln!(f, "\n{name}: {what:.400}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_clean_if_everything_was_tried_and_nothing_succeeded() {
        let tally = |attempts, successes: &[&str]| Tally {
            attempts,
            successes: successes.iter().map(|what| (*what).to_owned()).collect(),
        };
        let report = |tally| Report { attacks: vec![("forged tokens", tally)] };
        assert!(report(tally(3, &[])).is_clean());
        assert!(!report(tally(0, &[])).is_clean());
        assert!(!report(tally(3, &["got in"])).is_clean());
        let shown = report(tally(3, &["got in"])).to_string();
        assert!(shown.contains("3          1") && shown.contains("got in"), "{shown}");
    }
}
