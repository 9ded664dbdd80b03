//! Writes the figures down for people: the same Markdown on the screen and in the documentation.

use std::time::Duration;

use figures::Origin;

use crate::measure::{Figures, Plan};

/// How much more CPU time than `hello` a function's init may take without its connections.
const TIMES_HELLO: f64 = 1.5;
/// How large a stripped binary may be, in bytes.
const BINARY: u64 = 6_000_000;
/// How much memory a function may take, in bytes.
const PEAK: u64 = 12_000_000;
/// What argon2 takes on top, in bytes, in the functions that hash passwords.
const ARGON2: u64 = 19 * 1024 * 1024;
/// The functions that hash passwords.
const HASHING: [&str; 3] = ["signup", "login", "profile"];

const STARTS: [&str; 10] = [
    "function",
    "CPU min",
    "CPU median",
    "× hello",
    "wall min",
    "wall median",
    "connected: CPU min",
    "CPU median",
    "wall min",
    "wall median",
];
const WORK: [&str; 8] =
    ["function", "first answer min", "first median", "warm p50", "warm p99", "peak MB", "binary MB", "zip MB"];

/// The whole report.
pub(crate) fn render(figures: &[Figures], plan: &Plan, origin: &Origin) -> String {
    let hello = figures.iter().find(|figures| figures.is_hello()).and_then(|hello| hello.bare.cpu.min());
    let starts: Vec<_> = figures.iter().map(|figures| start_row(figures, hello)).collect();
    let work: Vec<_> = figures.iter().map(work_row).collect();
    let over: Vec<_> = figures.iter().flat_map(|figures| over(figures, hello)).collect();
    let over = if over.is_empty() { "Over target: nothing.\n".to_owned() } else { bullets("Over target:", &over) };
    let Plan { runs, requests, .. } = plan;
    format!(
        "From exec to the first `/invocation/next` in ms, without opening connections and with ({runs} starts each):\n\n\
         {}\nAnswers in ms ({runs} first ones, {requests} warm ones), memory and size (1 MB is 10⁶ bytes):\n\n\
         {}\n{over}\n{origin}\n",
        table(&STARTS, &starts),
        table(&WORK, &work),
    )
}

fn start_row(figures: &Figures, hello: Option<Duration>) -> Vec<String> {
    let Figures { name, bare, connected, .. } = figures;
    let times = [&bare.cpu, &bare.wall, &connected.cpu, &connected.wall];
    let mut cells: Vec<_> =
        times.iter().flat_map(|samples| [millis(samples.min()), millis(samples.median())]).collect();
    cells.insert(2, times_hello(figures, hello).map_or_else(absent, |times| format!("{times:.2}")));
    cells.insert(0, name.clone());
    cells
}

fn work_row(figures: &Figures) -> Vec<String> {
    let Figures { name, first, warm, peak, size, .. } = figures;
    let answers = [first.min(), first.median(), warm.median(), warm.percentile(99)].map(millis);
    let sizes = [*peak, size.binary, size.zip].map(|bytes| format!("{:.1}", megabytes(bytes)));
    std::iter::once(name.clone()).chain(answers).chain(sizes).collect()
}

fn times_hello(figures: &Figures, hello: Option<Duration>) -> Option<f64> {
    Some(figures.bare.cpu.min()?.as_secs_f64() / hello?.as_secs_f64())
}

/// Which targets the function misses.
fn over(figures: &Figures, hello: Option<Duration>) -> Vec<String> {
    let Figures { name, peak, size, .. } = figures;
    let memory = if HASHING.contains(&name.as_str()) { PEAK + ARGON2 } else { PEAK };
    let cpu = times_hello(figures, hello).filter(|times| *times > TIMES_HELLO);
    let over = [
        cpu.map(|times| format!("takes {times:.2} times hello's CPU time to start (target {TIMES_HELLO})")),
        (*peak > memory).then(|| format!("takes {:.1} MB (target {:.1})", megabytes(*peak), megabytes(memory))),
        (size.binary > BINARY)
            .then(|| format!("has a binary of {:.1} MB (target {:.1})", megabytes(size.binary), megabytes(BINARY))),
    ];
    over.into_iter().flatten().map(|what| format!("`{name}` {what}")).collect()
}

fn bullets(title: &str, lines: &[String]) -> String {
    let lines: String = lines.iter().map(|line| format!("- {line}\n")).collect();
    format!("{title}\n\n{lines}")
}

/// A Markdown table that is also readable as text.
fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let cell = |row: &[String], column: usize| row.get(column).map_or(0, |cell| cell.chars().count());
    let head: Vec<_> = head.iter().map(|&cell| cell.to_owned()).collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|column| rows.iter().map(|row| cell(row, column)).chain([cell(&head, column)]).max().unwrap_or_default())
        .collect();
    let line = |row: &[String]| -> String {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| match column {
            0 => format!("| {cell:<width$} "),
            _ => format!("| {cell:>width$} "),
        });
        cells.chain(["|\n".to_owned()]).collect()
    };
    let rule = widths.iter().enumerate().map(|(column, &width)| match column {
        0 => format!("|{}", "-".repeat(width + 2)),
        _ => format!("|{}:", "-".repeat(width + 1)),
    });
    let rule: String = rule.chain(["|\n".to_owned()]).collect();
    [line(&head), rule].into_iter().chain(rows.iter().map(|row| line(row))).collect()
}

fn millis(duration: Option<Duration>) -> String {
    duration.map_or_else(absent, |duration| format!("{:.2}", duration.as_secs_f64() * 1_000.0))
}

#[allow(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}

fn absent() -> String {
    "–".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_a_table_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["signup".to_owned(), "1.25".to_owned()]];
        assert_eq!(table(&["function", "×"], &rows), "| function |    × |\n|----------|-----:|\n| signup   | 1.25 |\n");
    }
}
