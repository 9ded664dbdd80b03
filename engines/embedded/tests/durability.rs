//! A process that is killed in the middle of its batches loses nothing that `apply` or `fill` had returned for, shows no batch in part, and
//! never has a mark without its entries.

#![allow(clippy::unwrap_used, reason = "a panic is how it fails")]

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use search_contract::{Article, Ask, NOW};
use search_embedded::Embedded;
use shared::{
    domain::{ranking::Scoring, search::Entry, search::Sort},
    ports::search::{Rebuilds, SearchWrites},
};

/// What begins the command line of the child.
const CHILD: &str = "--apply-until-killed";
/// Articles of a batch.
const BATCH: usize = 4;
/// Times that a child is killed.
const ROUNDS: u64 = 8;

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    if let [_, marker, folder, first] = &arguments[..]
        && marker == CHILD
    {
        runtime.block_on(apply_until_killed(folder.as_ref(), first.parse().unwrap()));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut promised = Promised::default();
    for round in 0..ROUNDS {
        promised.after(kill_a_child(folder.path(), promised.next(), round));
        runtime.block_on(check(folder.path(), &promised, round == ROUNDS - 1));
    }
    say(&format!("killed {ROUNDS} times, none of {} batches is lost", promised.applied.len()));
}

/// What children have said to be done.
#[derive(Debug, Default)]
struct Promised {
    /// The numbers of batches.
    applied: Vec<u64>,
    /// The last that filled the build.
    filled: Option<u64>,
}

impl Promised {
    fn next(&self) -> u64 {
        // Leaves out what may or may not have been done.
        self.applied.last().map_or(0, |last| last + 2)
    }

    fn after(&mut self, lines: Vec<String>) {
        for line in lines {
            let (what, number) = line.split_once(' ').unwrap();
            let number = number.parse().unwrap();
            match what {
                "applied" => self.applied.push(number),
                "filled" => self.filled = Some(number),
                other => panic!("a child says {other}"),
            }
        }
    }
}

/// The articles of a batch, and one that each batch has in its own version.
fn batch(number: u64) -> Vec<Entry> {
    let articles = (1..BATCH).map(|n| Article::new(&format!("b{number}-{n}")));
    let moving = Article::new("moving").title(&format!("In batch {number}")).version(number + 1, 0);
    articles.chain([moving]).map(Article::entry).collect()
}

async fn apply_until_killed(folder: &Path, first: u64) {
    let engine = Embedded::open(folder, Scoring::default()).unwrap();
    let build = match engine.under_way().await.unwrap() {
        Some(build) => build,
        None => engine.begin(NOW).await.unwrap(),
    };
    for number in first.. {
        let entries = batch(number);
        engine.apply(&entries).await.unwrap();
        say(&format!("applied {number}"));
        let fill = Article::new(&format!("f{number}")).entry();
        engine.fill(&build, &[fill], &number.to_string()).await.unwrap();
        say(&format!("filled {number}"));
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

/// A child that is gone when the test fails, too.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Starts a child, kills it after some of its batches at whatever it does then, and answers all that it said.
fn kill_a_child(folder: &Path, first: u64, round: u64) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([CHILD.as_ref(), folder.as_os_str(), first.to_string().as_ref()]);
    let mut child = Killed(command.stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let mut random = fastrand::Rng::with_seed(round);
    let mut said: Vec<_> = lines.by_ref().take(random.usize(1..9)).map(Result::unwrap).collect();
    for _ in 0..random.u32(0..20_000_000) {
        std::hint::spin_loop();
    }
    drop(child);
    // What it said before it heard no more. A line may be cut.
    said.extend(lines.map_while(Result::ok).filter(|line| line.split_once(' ').is_some_and(|(_, n)| !n.is_empty())));
    said
}

/// Opens what the child left.
async fn check(folder: &Path, promised: &Promised, last: bool) {
    let engine = Embedded::open(folder, Scoring::default()).unwrap();
    let mut found: BTreeMap<u64, usize> = BTreeMap::new();
    let mut moved = None;
    let ask = Ask::all(Sort::Latest).limit(10_000);
    for hit in ask.of(&engine).await.hits {
        match hit.slug.as_str().strip_prefix('b').and_then(|rest| rest.split_once('-')) {
            Some((number, _)) => *found.entry(number.parse().unwrap()).or_default() += 1,
            None => moved = hit.highlight.title.strip_prefix("In batch ").map(|number| number.parse::<u64>().unwrap()),
        }
    }
    assert!(found.values().all(|count| *count == BATCH - 1), "no batch in part: {found:?}");
    assert_eq!(found.keys().last().copied(), moved, "with a batch is all that it has");
    for number in &promised.applied {
        assert!(found.contains_key(number), "batch {number} is lost: {promised:?}");
    }
    assert!(moved >= promised.applied.last().copied(), "{moved:?} {promised:?}");

    let build = engine.under_way().await.unwrap().unwrap();
    let mark: Option<u64> = build.mark.as_ref().map(|mark| mark.parse().unwrap());
    assert!(mark >= promised.filled, "{mark:?} {promised:?}");
    if last {
        engine.finish(&build).await.unwrap();
        let built = ask.slugs(&engine).await;
        assert!(built.contains(&format!("f{}", mark.unwrap())), "never a mark without its entries");
        for (number, n) in promised.applied.iter().flat_map(|number| (1..BATCH).map(move |n| (number, n))) {
            assert!(built.contains(&format!("b{number}-{n}")), "batch {number} went to what is built, too");
        }
        assert!(promised.applied.len() as u64 > ROUNDS, "children came far enough: {promised:?}");
    }
}
