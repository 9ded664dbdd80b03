//! What came of it.

use std::{fmt, fs, path::Path, time::Duration};

use crate::Error;

/// Writes for a like that comes or goes, its own included, at the most.
const TARGET: f64 = 1.02;
const BEGIN: &str = "<!-- figures of `make bench-counters` -->";
const END: &str = "<!-- end of the figures -->";

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
        (each > TARGET).then(|| format!("{each:.4} writes for each like, not {TARGET} at the most"))
    }
}

/// Puts `report` between the marks of a Markdown file.
pub(crate) fn replace(file: &Path, report: &str) -> Result<(), Error> {
    let text = fs::read_to_string(file)?;
    let marks = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = marks.ok_or_else(|| format!("{} has no place for figures", file.display()))?;
    Ok(fs::write(file, format!("{before}{BEGIN}\n\n{report}\n{END}{after}"))?)
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { moves, untold, liked, drained, lag, writes, units, there, counted } = self;
        let rate = |time: Duration| *moves as f64 / time.as_secs_f64().max(0.001);
        writeln!(f, "| what | figure |\n|---|---|")?;
        writeln!(
            f,
            "| likes that came or went | {moves} in {:.1} s, {:.0} a second |",
            liked.as_secs_f64(),
            rate(*liked)
        )?;
        writeln!(f, "| of which the cache was not told in time | {untold} |")?;
        writeln!(f, "| counted by `counter-sync` | {:.0} a second |", rate(*liked + *drained))?;
        writeln!(f, "| writes of the counter | {writes}, {units:.0} units |")?;
        writeln!(f, "| writes for each like, with its own | {:.4}, at the most {TARGET} |", self.writes_each())?;
        writeln!(f, "| table's counter behind, at the most | {:.2} s |", lag.as_secs_f64())?;
        writeln!(f, "| counted after the last one | {:.2} s |", drained.as_secs_f64())?;
        writeln!(f, "| likes that are there, and counted | {there}, {counted} |")
    }
}
