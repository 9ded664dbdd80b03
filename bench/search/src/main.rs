//! Measures how well search finds what was judged by hand, beside plain baselines, and how fast it is. See docs/search-quality.md.

mod bm25;
mod corpus;
mod engine;
mod judged;
mod metrics;
mod quality;
mod ranker;
mod report;
mod speed;

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, ValueEnum};
use figures::Origin;

use crate::{
    bm25::{Bm25, Terms},
    corpus::Article,
    engine::Engine,
    ranker::Ranker,
};

type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

const QUERIES: &str = include_str!("../judgements/queries.tsv");
const JUDGEMENTS: &str = include_str!("../judgements/judgements.tsv");

/// Measure how well and how fast search finds.
#[derive(Parser)]
#[command(name = "bench-search")]
struct Arguments {
    /// With how many articles speed is measured; 0 measures quality only
    #[arg(long, value_delimiter = ',', default_value = "10000,100000")]
    articles: Vec<u32>,
    /// The articles, one a line
    #[arg(long, value_name = "FILE", default_value = "target/search-corpus/articles.jsonl")]
    corpus: PathBuf,
    /// A Markdown file whose figures to replace
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Only print what is among the first so many of a ranker and was not judged: what is wanted, and the articles
    #[arg(long, value_name = "DEPTH")]
    unjudged: Option<usize>,
    /// Only print what each ranker has at the first ten places for this query, with grades
    #[arg(long, value_name = "QUERY")]
    explain: Option<String>,
    /// Do one thing in this process and print its figures as JSON
    #[arg(long, hide = true)]
    alone: Option<Alone>,
    /// The folder of the index, for that
    #[arg(long, hide = true)]
    folder: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Alone {
    Index,
    Search,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.alone {
        Some(alone) => measure_alone(alone, &arguments).await,
        None => all(&arguments).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

#[allow(clippy::print_stderr, reason = "this is a program")]
fn tell(line: &str) {
    eprintln!("bench-search: {line}");
}

#[allow(clippy::print_stdout, reason = "this is the program's result")]
fn say(text: &str) {
    println!("{}", text.trim_end());
}

async fn measure_alone(alone: Alone, arguments: &Arguments) -> Result<()> {
    let Arguments { corpus, folder, articles, .. } = arguments;
    let folder = folder.as_ref().ok_or("in which folder?")?;
    let figures = match alone {
        Alone::Index => {
            let articles = *articles.first().ok_or("how many articles?")?;
            serde_json::to_string(&speed::index(corpus, folder, usize::try_from(articles)?).await?)?
        }
        Alone::Search => serde_json::to_string(&speed::search_all(folder, &judged::queries(QUERIES)?).await?)?,
    };
    say(&figures);
    Ok(())
}

/// What is compared, the engine that matters first.
async fn rankers(articles: &[Article], folder: &Path) -> Result<Vec<Box<dyn Ranker>>> {
    Ok(vec![
        Box::new(Engine::filled(engine::open(folder)?, articles).await?),
        Box::new(Bm25::new(Terms::Split, articles)),
        Box::new(Bm25::new(Terms::Bigrams, articles)),
    ])
}

async fn all(arguments: &Arguments) -> Result<()> {
    let articles = corpus::read(&arguments.corpus)?.collect::<Result<Vec<Article>>>()?;
    let queries = judged::queries(QUERIES)?;
    let ids: HashSet<&str> = articles.iter().map(|article| article.id.as_str()).collect();
    let judged = judged::judgements(JUDGEMENTS, &queries, &ids)?;
    let folder = tempfile::tempdir()?;
    let mut all = Vec::new();
    for ranker in rankers(&articles, folder.path()).await? {
        all.push(quality::measure(&*ranker, &queries, &judged).await?);
    }
    if let Some(depth) = arguments.unjudged {
        let missing = quality::unjudged(&all, &queries, &judged, depth);
        say(&report::unjudged(&missing, &queries, &articles));
        return Ok(());
    }
    if let Some(query) = &arguments.explain {
        let place = queries.iter().position(|known| known.id == *query).ok_or("no such query")?;
        say(&report::explained(&all, place, &queries[place], &judged));
        return Ok(());
    }
    if let Some(query) = judged::unanswered(&judged) {
        return Err(format!("nothing that was judged answers query {query}").into());
    }
    let mut speed = Vec::new();
    for number in arguments.articles.iter().filter(|number| **number > 0) {
        tell(&format!("{number} articles"));
        speed.push(speed::measure(&arguments.corpus, *number)?);
    }
    let report = report::markdown(&all, &queries, &speed, &Origin::of("bench-search", &["--markdown=", "--corpus="]));
    say(&report);
    if let Some(file) = &arguments.markdown {
        figures::write(file, "bench-search", &report)?;
    }
    Ok(())
}
