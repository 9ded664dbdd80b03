//! The figures, as Markdown.

use std::{collections::BTreeMap, fmt, time::Duration};

use crate::generator::{Turn, percentile};

/// How much of the minimal handler's rate a reading reaches that the cache answers alone.
pub(crate) const CACHED: f64 = 0.77;
/// The same of what a process answers from memory.
pub(crate) const FROM_MEMORY: f64 = 0.83;

/// One of the two, over all its turns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Side {
    rates: Vec<f64>,
    latencies: Vec<Duration>,
    refused: usize,
    cpu: Duration,
    scripts: u64,
}

impl Side {
    pub(crate) fn add(&mut self, turn: Turn, cpu: Duration, scripts: u64) {
        self.rates.push(turn.rate());
        self.latencies.extend(turn.latencies);
        self.latencies.sort_unstable();
        self.refused += turn.refused;
        self.cpu += cpu;
        self.scripts += scripts;
    }

    /// The turn in the middle: another program's moment spoils one.
    fn rate(&self) -> f64 {
        middle(self.rates.clone())
    }

    /// Microseconds of CPU time for an answer.
    fn cpu_micros(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.latencies.len().max(1) as f64
    }

    /// Scripts that Redis ran for an answer.
    fn scripts(&self) -> f64 {
        self.scripts as f64 / self.latencies.len().max(1) as f64
    }

    fn millis(&self, share: f64) -> f64 {
        percentile(&self.latencies, share).as_secs_f64() * 1e3
    }
}

fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// What was measured of one reading.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// How much of the minimal handler's rate it should reach, if anything.
    pub(crate) target: Option<f64>,
    pub(crate) bytes: usize,
    pub(crate) commands: usize,
    pub(crate) ours: Side,
    pub(crate) least: Side,
}

impl Row {
    /// Of what each turn and the one after it, which is the other's, came to, the middle: what slows the machine down for a while slows
    /// both.
    fn share(&self) -> f64 {
        let shares = self.ours.rates.iter().zip(&self.least.rates).map(|(ours, least)| ours / least);
        middle(shares.collect())
    }
}

/// Everything that was measured.
pub(crate) struct Figures {
    pub(crate) articles: usize,
    pub(crate) concurrency: usize,
    pub(crate) rows: Vec<Row>,
    pub(crate) calls: BTreeMap<&'static str, Vec<(&'static str, f64)>>,
    pub(crate) memory: f64,
}

impl Figures {
    /// What misses its target.
    pub(crate) fn missed(&self) -> Vec<String> {
        let below = self.rows.iter().filter_map(|row| row.target.filter(|target| row.share() < *target).zip(Some(row)));
        let say = |(target, row): (f64, &Row)| {
            let (share, target) = (row.share() * 100.0, target * 100.0);
            format!("{} reaches {share:.0}% of the minimal handler, not {target:.0}%", row.name)
        };
        below.map(say).collect()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { articles, concurrency, rows, calls, memory } = self;
        writeln!(
            f,
            "{articles} articles, {concurrency} readers at a time; the program used {memory:.0} MB in the end.\n"
        )?;
        writeln!(
            f,
            "| reading | bytes | requests/s | p50, ms | p99, ms | refused | CPU, µs | minimal handler: requests/s | CPU, µs | ours of that |"
        )?;
        writeln!(f, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        for row in rows {
            let Row { name, bytes, ours, least, .. } = row;
            let share = row.share() * 100.0;
            writeln!(
                f,
                "| {name} | {bytes} | {:.0} | {:.2} | {:.2} | {} | {:.0} | {:.0} | {:.0} | {share:.0}% |",
                ours.rate(),
                ours.millis(0.5),
                ours.millis(0.99),
                ours.refused,
                ours.cpu_micros(),
                least.rate(),
                least.cpu_micros(),
            )?;
        }
        writeln!(
            f,
            "\n| reading | commands to Redis | scripts per answer under load | minimal handler | calls per request |\n|---|--:|--:|--:|---|"
        )?;
        for row in rows {
            let calls = calls.get(row.name).into_iter().flatten();
            let calls: Vec<_> = calls.map(|(what, number)| format!("{number:.2} {what}")).collect();
            let (ours, least) = (row.ours.scripts(), row.least.scripts());
            writeln!(f, "| {} | {} | {ours:.2} | {least:.2} | {} |", row.name, row.commands, calls.join(", "))?;
        }
        Ok(())
    }
}
