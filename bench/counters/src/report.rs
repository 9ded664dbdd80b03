//! What came of it.

use std::{fmt, time::Duration};

/// The figures of a run.
pub(crate) struct Report {
    /// Likes that came or went.
    pub(crate) moves: u64,
    /// How long they took.
    pub(crate) liked: Duration,
    /// How long it took after the last of them until all were counted.
    pub(crate) drained: Duration,
    /// How long ago that was committed which the table's counter did not have yet, at the most.
    pub(crate) lag: Duration,
    /// Writes of the counter.
    pub(crate) writes: u64,
    /// Their write units.
    pub(crate) units: f64,
    /// Likes that are there.
    pub(crate) there: i64,
    /// Likes that are counted.
    pub(crate) counted: i64,
}

impl Report {
    /// Whether the counter equals what it counts.
    pub(crate) fn is_right(&self) -> bool {
        self.there == self.counted
    }
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { moves, liked, drained, lag, writes, units, there, counted } = self;
        let each = |number: f64| number / (*moves).max(1) as f64;
        let rate = *moves as f64 / liked.as_secs_f64().max(0.001);
        writeln!(f, "| what | figure |\n|---|---|")?;
        writeln!(f, "| likes that came or went | {moves} in {:.1} s, {rate:.0} a second |", liked.as_secs_f64())?;
        writeln!(f, "| writes of the counter | {writes}, {:.0} units |", units)?;
        writeln!(f, "| writes for each of them, with its own | {:.4} |", 1.0 + each(*writes as f64))?;
        writeln!(f, "| table's counter behind, at the most | {:.2} s |", lag.as_secs_f64())?;
        writeln!(f, "| counted after the last one | {:.2} s |", drained.as_secs_f64())?;
        writeln!(f, "| likes that are there, and counted | {there}, {counted} |")
    }
}
