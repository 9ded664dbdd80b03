//! What came of it.

use std::time::Duration;

/// Writes for a like that comes or goes, its own included, at the most.
const TARGET: f64 = 1.02;

/// The figures of a run.
pub(crate) struct Report {
    /// Likes that came or went.
    pub(crate) moves: u64,
    /// Those of which the cache was not told, as it answered too late.
    pub(crate) untold: u64,
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

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
impl Report {
    /// Whether the counter equals what it counts.
    pub(crate) fn is_right(&self) -> bool {
        self.there == self.counted
    }

    /// Writes for a like that came or went, its own included.
    fn writes_each(&self) -> f64 {
        1.0 + self.writes as f64 / self.moves.max(1) as f64
    }

    /// What misses its target.
    pub(crate) fn missed(&self) -> Option<String> {
        let each = self.writes_each();
        (each > TARGET).then(|| format!("{each:.4} writes for each of {} likes, not {TARGET} at the most", self.moves))
    }
}

/// All runs as a table.
#[allow(clippy::cast_precision_loss, reason = "figures for people")]
pub(crate) fn markdown(reports: &[Report]) -> String {
    let mut table = String::from(
        "| likes that came or went | likes per second | counted per second | writes per 1,000 | their units per 1,000 | writes per like, its own included | behind at the most, s | counted after the last, s | untold | there in the end | counted in the end |\n\
         |--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for report in reports {
        let Report { moves, untold, liked, drained, lag, writes, units, there, counted } = report;
        let rate = |time: Duration| *moves as f64 / time.as_secs_f64().max(0.001);
        let per_thousand = |number: f64| number * 1_000.0 / (*moves).max(1) as f64;
        table += &format!(
            "| {moves} | {:.0} | {:.0} | {:.1} | {:.1} | {:.4} | {:.2} | {:.2} | {untold} | {there} | {counted} |\n",
            rate(*liked),
            rate(*liked + *drained),
            per_thousand(*writes as f64),
            per_thousand(*units),
            report.writes_each(),
            lag.as_secs_f64(),
            drained.as_secs_f64(),
        );
    }
    table
}
