//! How fast the engine is, and what it takes: each number of articles in two processes of their own, one that fills an index and one that
//! opens and searches it, so that the memory of either is its own.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use shared::{domain::search::SearchText, ports::search::Searches};

use crate::{
    Result,
    corpus::repeated,
    engine::{BATCH, apply, entry, open, search},
    judged::Query,
};

/// How often each query is asked once all were asked.
const ROUNDS: usize = 20;
/// Articles of a page.
const LIMIT: usize = 20;

/// What filling an index took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Indexed {
    /// From the first article until the last was found, without reading the corpus, seconds.
    pub(crate) seconds: f64,
    /// The most memory that the process had, megabytes.
    pub(crate) peak: f64,
    /// What the folder has, megabytes.
    pub(crate) disk: f64,
    /// Titles, descriptions and text, megabytes.
    pub(crate) text: f64,
}

/// What searching took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Searched {
    /// Opening the index, milliseconds.
    pub(crate) open: f64,
    /// Half of the searches took no longer, milliseconds.
    pub(crate) p50: f64,
    /// All but one in a hundred took no longer, milliseconds.
    pub(crate) p99: f64,
    /// The most memory that the process had, megabytes.
    pub(crate) peak: f64,
}

/// One measurement.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    /// How many articles.
    pub(crate) articles: u32,
    /// Titles, descriptions and text, megabytes.
    pub(crate) text: f64,
    /// Filling.
    pub(crate) indexed: Indexed,
    /// Searching.
    pub(crate) searched: Searched,
}

/// Measures with so many articles, in processes of their own.
///
/// # Errors
/// A process that fails.
pub(crate) fn measure(corpus: &Path, articles: u32) -> Result<Figures> {
    let folder = tempfile::tempdir_in(corpus.parent().ok_or("a corpus without a folder")?)?;
    let folder = folder.path();
    let indexed: Indexed = alone(corpus, folder, &["--alone", "index", "--articles", &articles.to_string()])?;
    let searched: Searched = alone(corpus, folder, &["--alone", "search"])?;
    Ok(Figures { articles, text: indexed.text, indexed, searched })
}

fn alone<T: DeserializeOwned>(corpus: &Path, folder: &Path, arguments: &[&str]) -> Result<T> {
    let mut child = Command::new(std::env::current_exe()?);
    let output = child.args(arguments).arg("--corpus").arg(corpus).arg("--folder").arg(folder).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Fills an index in this process.
///
/// # Errors
/// Those of the engine and of the corpus.
pub(crate) async fn index(corpus: &Path, folder: &Path, articles: usize) -> Result<Indexed> {
    let engine = open(folder)?;
    let (mut taken, mut text) = (Duration::ZERO, 0);
    let mut entries = Vec::with_capacity(BATCH);
    let mut corpus = repeated(corpus, articles)?.enumerate().peekable();
    while let Some((number, article)) = corpus.next() {
        let article = article?;
        text += article.title.len() + article.description.len() + article.text.len();
        entries.push(entry(article, number)?);
        if entries.len() == BATCH || corpus.peek().is_none() {
            let started = now();
            apply(&engine, &entries).await?;
            taken += started.elapsed();
            entries.clear();
        }
    }
    let (peak, disk) = (peak()?, megabytes(size(folder)?));
    drop(engine);
    Ok(Indexed { seconds: taken.as_secs_f64(), peak, disk, text: megabytes(u64::try_from(text)?) })
}

/// Opens an index in this process and searches it.
///
/// # Errors
/// Those of the engine, and a query that nobody can type.
pub(crate) async fn search_all(folder: &Path, queries: &[Query]) -> Result<Searched> {
    let started = now();
    let engine = open(folder)?;
    let opened = started.elapsed();
    let parsed = queries.iter().map(|query| SearchText::parse(&query.typed));
    let texts = parsed.collect::<std::result::Result<Vec<_>, _>>().map_err(|violation| format!("{violation:?}"))?;
    let mut taken = Vec::with_capacity(texts.len() * ROUNDS);
    // The first round is for the system to have the index in memory, and for what is made at the first search.
    for round in 0..=ROUNDS {
        for text in &texts {
            let search = search(text, LIMIT);
            let started = now();
            engine.articles(&search).await?;
            if round > 0 {
                taken.push(started.elapsed());
            }
        }
    }
    taken.sort_unstable();
    let (p50, p99) = (millis(percentile(&taken, 50)), millis(percentile(&taken, 99)));
    Ok(Searched { open: millis(opened), p50, p99, peak: peak()? })
}

/// That which `percent` of all, sorted, do not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[allow(clippy::disallowed_methods, reason = "what is measured is the time that it really takes")]
fn now() -> Instant {
    Instant::now()
}

/// What a folder has in all its files, bytes.
fn size(folder: &Path) -> Result<u64> {
    let mut all = 0;
    for found in fs::read_dir(folder)? {
        let found = found?;
        all += if found.file_type()?.is_dir() { size(&found.path())? } else { found.metadata()?.len() };
    }
    Ok(all)
}

/// The most memory that this process had so far, megabytes. Of files that are mapped into it what was read counts too.
fn peak() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    Ok(peak.ok_or("a process without memory")?.parse::<f64>()? / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_what_was_measured() {
        let all: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&all, 50), Duration::from_millis(100));
        assert_eq!(percentile(&all, 99), Duration::from_millis(198));
        assert_eq!(percentile(&all[..1], 99), Duration::from_millis(1));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }

    #[test]
    fn a_folders_size_is_that_of_all_below() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/b"), [0; 10]).unwrap();
        fs::write(folder.path().join("c"), [0; 5]).unwrap();
        assert_eq!(size(folder.path()).unwrap(), 15);
    }
}
