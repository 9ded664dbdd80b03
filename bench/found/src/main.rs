//! How long it takes from the answer that an article is published until a search finds it: through the API of the whole program, on its
//! own index, while other articles are published.

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use bloghub::platform::{Options, Platform};
use clap::Parser;
use figures::Origin;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::Client;
use serde_json::{Value, json};

/// The time within which 99 of 100 articles are to be found.
const TARGET: Duration = Duration::from_secs(2);
/// How often it is looked.
const LOOK: Duration = Duration::from_millis(5);
/// When it is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long from publishing to being found.
#[derive(Parser)]
struct Arguments {
    /// How many articles
    #[arg(long, default_value_t = 480)]
    articles: u32,
    /// How many are published, or waited for, at the same time
    #[arg(long, value_delimiter = ',', default_values_t = [16, 48])]
    at_once: Vec<usize>,
    /// A Markdown file whose figures to replace
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
#[allow(clippy::print_stderr, reason = "this is the program's result")]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench-found: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Answers whether all runs kept to the target.
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the program's result")]
async fn run(arguments: &Arguments) -> Result<bool, Error> {
    let mut table = String::from(
        "| articles | published or waited for at once | published per second | found after, p50 ms | p99 ms | at the most, ms |\n\
         |--:|--:|--:|--:|--:|--:|\n",
    );
    let mut kept = true;
    for at_once in &arguments.at_once {
        let folder = tempfile::tempdir()?;
        let options = Options::new(0, folder.path().join("data")).with("RATE_LIMITS", "off");
        let platform = Platform::start(&options, |_| {}).await?;
        let measured = measure(&platform.url(), arguments.articles, *at_once).await;
        platform.stop().await?;
        let Measured { lags, took } = measured?;
        let (p50, p99, most) = (at(&lags, 50), at(&lags, 99), at(&lags, 100));
        if p99 > TARGET {
            eprintln!("bench-found: 99 of 100 were found after {p99:?}, not {TARGET:?}");
            kept = false;
        }
        let rate = f64::from(arguments.articles) / took.as_secs_f64();
        let [p50, p99, most] = [p50, p99, most].map(|lag| lag.as_millis());
        table += &format!("| {} | {at_once} | {rate:.0} | {p50} | {p99} | {most} |\n", arguments.articles);
    }
    let report = format!("{table}\n{}\n", Origin::of("bench-found", &["--markdown="]));
    print!("{report}");
    if let Some(file) = &arguments.markdown {
        figures::write(file, "bench-found", &report)?;
    }
    Ok(kept)
}

struct Measured {
    /// Of each article, ascending.
    lags: Vec<Duration>,
    /// From the first to the last.
    took: Duration,
}

#[allow(clippy::disallowed_methods, reason = "how long it takes is what is measured")]
async fn measure(url: &str, articles: u32, at_once: usize) -> Result<Measured, Error> {
    let client = Client::builder().no_proxy().timeout(PATIENCE).build()?;
    let user =
        json!({"user": {"username": "writer", "email": "writer@mail.example", "password": "correct horse battery"}});
    let answer: Value = client.post(format!("{url}/api/users")).json(&user).send().await?.json().await?;
    let token = answer["user"]["token"].as_str().ok_or("no token")?.to_owned();
    let began = Instant::now();
    let each = |number: u32| {
        let (client, token) = (client.clone(), token.clone());
        async move { one(&client, url, &token, number).await }
    };
    let mut lags: Vec<_> = stream::iter(0..articles).map(each).buffer_unordered(at_once).try_collect().await?;
    lags.sort_unstable();
    Ok(Measured { lags, took: began.elapsed() })
}

/// Publishes an article with a word of its own, and looks until it is found by that.
#[allow(clippy::disallowed_methods, reason = "how long it takes is what is measured")]
async fn one(client: &Client, url: &str, token: &str, number: u32) -> Result<Duration, Error> {
    let word = word(number);
    let article = json!({"article": {
        "title": format!("About {word}"), "description": "What it is", "body": "Some words. 一些文字。\n\n".repeat(20), "tagList": ["words"],
    }});
    let request = client.post(format!("{url}/api/articles")).header("authorization", format!("Token {token}"));
    request.json(&article).send().await?.error_for_status()?;
    let published = Instant::now();
    let search = format!("{url}/api/search?q=%22{word}%22&limit=1");
    loop {
        let found: Value = client.get(&search).send().await?.error_for_status()?.json().await?;
        let lag = published.elapsed();
        if found["articles"].as_array().is_some_and(|articles| !articles.is_empty()) {
            return Ok(lag);
        }
        if lag > PATIENCE {
            return Err(format!("article {number} is not found after {lag:?}").into());
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// A word for each number: its digits as consonants with a vowel between them, which no stem takes anything off.
fn word(number: u32) -> String {
    let digits = format!("{number:06}");
    let letter =
        |digit: char| digit.to_digit(10).and_then(|digit| "bdfghkmprt".chars().nth(digit as usize)).unwrap_or('z');
    let syllables: String = digits.chars().flat_map(|digit| [letter(digit), 'o']).collect();
    format!("{syllables}k")
}

/// The value that so many of a hundred do not exceed, by the nearest rank.
fn at(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_value_at_its_rank() {
        let sorted: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!([50, 99, 100].map(|percent| at(&sorted, percent).as_millis()), [100, 198, 200]);
        assert_eq!(at(&sorted[..1], 99).as_millis(), 1);
    }

    #[test]
    fn each_number_has_a_word_of_its_own() {
        let words: std::collections::HashSet<_> = (0..5_000).map(word).collect();
        assert_eq!(words.len(), 5_000);
    }
}
