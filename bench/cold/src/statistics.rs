//! The few statistics that a bench needs.

use std::time::Duration;

/// Measurements of one thing.
#[derive(Debug, Default)]
pub(crate) struct Samples(Vec<Duration>);

impl Samples {
    pub(crate) fn add(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    /// The smallest: what the machine does when nothing disturbs it.
    pub(crate) fn min(&self) -> Option<Duration> {
        self.0.iter().min().copied()
    }

    /// The value that `percent` of the samples do not exceed (nearest rank).
    pub(crate) fn percentile(&self, percent: usize) -> Option<Duration> {
        let mut sorted = self.0.clone();
        sorted.sort();
        let rank = (sorted.len() * percent).div_ceil(100);
        sorted.get(rank.saturating_sub(1)).copied()
    }

    /// The value in the middle.
    pub(crate) fn median(&self) -> Option<Duration> {
        self.percentile(50)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let mut samples = Samples::default();
        (1..=200).rev().for_each(|n| samples.add(Duration::from_millis(n)));
        assert_eq!(samples.min(), Some(Duration::from_millis(1)));
        assert_eq!(samples.median(), Some(Duration::from_millis(100)));
        assert_eq!(samples.percentile(99), Some(Duration::from_millis(198)));
        assert_eq!(Samples::default().median(), None);
    }
}
