//! The figures, as Markdown.

use std::{collections::HashMap, fmt::Write as _};

use figures::Origin;

use crate::{
    corpus::Article,
    judged::{Grade, Grades, Language, Query},
    metrics::{DEEP, PAGE},
    quality::Quality,
    speed::Figures,
};

/// Queries that are named because they did worst.
const WORST: usize = 8;

/// All of it. The first of `all` is the engine whose worst queries are named.
pub(crate) fn markdown(all: &[Quality], queries: &[Query], speed: &[Figures], origin: &Origin) -> String {
    let mut report = means(all, queries);
    if let Some(first) = all.first() {
        report += &worst(first, all, queries);
    }
    if !speed.is_empty() {
        report += &speeds(speed);
    }
    report + &format!("\n{origin}\n")
}

/// Lines to judge by: the query's id, the article's, and a remark with what is wanted and what the article says of itself.
pub(crate) fn unjudged(missing: &[(usize, String)], queries: &[Query], articles: &[Article]) -> String {
    let mut list = String::new();
    let mut last = None;
    for (place, id) in missing {
        let Query { id: query, typed, wanted, .. } = &queries[*place];
        if last.replace(place) != Some(place) {
            line(&mut list, format_args!("\n# {typed} | {wanted}\n"));
        }
        let article = articles.iter().find(|article| article.id == *id);
        let (title, description) = article.map_or(("", ""), |article| (&article.title, &article.description));
        line(&mut list, format_args!("{query}\t{id}\t?\t{title}\t{description}\n"));
    }
    list
}

/// What each ranker has at the first places for a query, with its grade: `-` where nobody judged it.
pub(crate) fn explained(all: &[Quality], place: usize, query: &Query, judged: &HashMap<String, Grades>) -> String {
    let grades = judged.get(&query.id);
    let mut list = format!("{} | {}\n", query.typed, query.wanted);
    for quality in all {
        let outcome = &quality.outcomes[place];
        line(&mut list, format_args!("\n{}: nDCG {:.3}, recall {:.3}\n", quality.ranker, outcome.ndcg, outcome.recall));
        for article in outcome.found.iter().take(PAGE) {
            let grade = grades.and_then(|grades| grades.get(article)).map_or("-".to_owned(), Grade::to_string);
            line(&mut list, format_args!("  {grade} {article}\n"));
        }
    }
    list
}

fn means(all: &[Quality], queries: &[Query]) -> String {
    let groups = || Language::ALL.into_iter().map(Some).chain([None]);
    let mut table = "|".to_owned();
    for group in groups() {
        let count = queries.iter().filter(|query| group.is_none_or(|language| query.language == language)).count();
        let name = group.map_or("all", Language::name);
        line(&mut table, format_args!(" | {name}, {count} queries: nDCG@{PAGE} | recall@{DEEP}"));
    }
    table += " |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n";
    for quality in all {
        line(&mut table, format_args!("| {}", quality.ranker));
        for group in groups() {
            let (ndcg, recall) = quality.means(queries, group);
            line(&mut table, format_args!(" | {ndcg:.3} | {recall:.3}"));
        }
        table += " |\n";
    }
    table
}

/// Those queries that `first` does worst on, beside what the others make of them.
fn worst(first: &Quality, all: &[Quality], queries: &[Query]) -> String {
    let mut order: Vec<usize> = (0..first.outcomes.len()).collect();
    order.sort_by(|a, b| first.outcomes[*a].ndcg.total_cmp(&first.outcomes[*b].ndcg));
    let mut table =
        format!("\nThe queries that {} does worst on, by nDCG@{PAGE}:\n\n| query | what is wanted", first.ranker);
    for quality in all {
        line(&mut table, format_args!(" | {}", quality.ranker));
    }
    table += " |\n|---|---";
    table += &"|--:".repeat(all.len());
    table += "|\n";
    for place in order.into_iter().take(WORST) {
        let Query { typed, wanted, .. } = &queries[place];
        line(&mut table, format_args!("| `{typed}` | {wanted}"));
        for quality in all {
            line(&mut table, format_args!(" | {:.3}", quality.outcomes[place].ndcg));
        }
        table += " |\n";
    }
    table
}

fn speeds(all: &[Figures]) -> String {
    let mut table = "\n| articles | text, MB | indexed a second | peak memory while indexing, MB | on disk, MB | opened in, ms | p50, ms | p99, ms \
                     | peak memory while searching, MB |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
        .to_owned();
    for figures in all {
        let Figures { articles, text, indexed, searched } = figures;
        let rate = f64::from(*articles) / indexed.seconds;
        line(
            &mut table,
            format_args!(
                "| {articles} | {text:.0} | {rate:.0} | {:.0} | {:.0} | {:.0} | {:.2} | {:.2} | {:.0} |\n",
                indexed.peak, indexed.disk, searched.open, searched.p50, searched.p99, searched.peak
            ),
        );
    }
    table
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("a String takes everything");
}
