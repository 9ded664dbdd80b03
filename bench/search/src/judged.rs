//! What was judged by hand: queries, and how well which article answers them.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::{Result, metrics::RELEVANT};

/// The language that somebody who searches reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Language {
    /// English.
    English,
    /// Chinese.
    Chinese,
    /// Words of both in one query.
    Mixed,
}

impl Language {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::English, Self::Chinese, Self::Mixed];

    /// For people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "Chinese",
            Self::Mixed => "mixed",
        }
    }
}

/// Something that somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    /// Which.
    pub(crate) id: String,
    /// In which language.
    pub(crate) language: Language,
    /// What is typed.
    pub(crate) typed: String,
    /// What is wanted, in words: what judgements were made by.
    pub(crate) wanted: String,
}

/// How well an article answers a query: 0 not at all, 1 it touches it, 2 it answers a good part, 3 it is what was looked for.
pub(crate) type Grade = u8;

/// Grades by article.
pub(crate) type Grades = HashMap<String, Grade>;

/// Parses lines of four fields: id, `en`, `zh` or `mixed`, what is typed, what is wanted.
///
/// # Errors
/// A line that is none, or an id that comes twice.
pub(crate) fn queries(text: &str) -> Result<Vec<Query>> {
    let mut queries: Vec<Query> = Vec::new();
    for line in lines(text) {
        let [id, language, typed, wanted] = fields(line)?;
        let language = match language {
            "en" => Language::English,
            "zh" => Language::Chinese,
            "mixed" => Language::Mixed,
            _ => return Err(format!("no such language: {line}").into()),
        };
        if queries.iter().any(|query| query.id == id) {
            return Err(format!("query {id} comes twice").into());
        }
        let (id, typed, wanted) = (id.to_owned(), typed.to_owned(), wanted.to_owned());
        queries.push(Query { id, language, typed, wanted });
    }
    Ok(queries)
}

/// Parses lines of three fields: id of a query, id of an article, grade.
///
/// # Errors
/// A line that is none, a query that is not among `queries`, an article that is not among `articles`, one that was judged twice.
pub(crate) fn judgements(text: &str, queries: &[Query], articles: &HashSet<&str>) -> Result<HashMap<String, Grades>> {
    let mut judged: HashMap<String, Grades> =
        queries.iter().map(|query| (query.id.clone(), Grades::default())).collect();
    for line in lines(text) {
        let [query, article, grade] = fields(line)?;
        let grades = judged.get_mut(query).ok_or_else(|| format!("no such query: {line}"))?;
        let grade: Grade = grade.parse().ok().filter(|grade| *grade <= 3).ok_or_else(|| format!("no grade: {line}"))?;
        if !articles.contains(article) {
            return Err(format!("no such article in the corpus: {line}").into());
        }
        if grades.insert(article.to_owned(), grade).is_some() {
            return Err(format!("judged twice: {line}").into());
        }
    }
    Ok(judged)
}

/// A query for which no article is worth 2 or more, so that nobody can do well there.
pub(crate) fn unanswered(judged: &HashMap<String, Grades>) -> Option<&str> {
    judged.iter().find(|(_, grades)| grades.values().all(|grade| *grade < RELEVANT)).map(|(query, _)| query.as_str())
}

/// Those with something to say.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn fields<const N: usize>(line: &str) -> Result<[&str; N]> {
    let fields: Vec<&str> = line.split('\t').collect();
    fields.try_into().map_err(|_| format!("not {N} fields: {line}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERIES: &str = "# id\tlanguage\ttyped\twanted\nq1\ten\tdisk full\tHow to find what fills a disk\n\nq2\tzh\t防火墙\t怎样设置防火墙\n";

    #[test]
    fn queries_and_judgements_are_read_and_remarks_are_not() {
        let queries = queries(QUERIES).unwrap();
        assert_eq!((queries.len(), &*queries[1].typed, queries[1].language), (2, "防火墙", Language::Chinese));
        let judged = judgements("q1\ta\t3\nq1\tb\t0\n# more\nq2\tb\t2\n", &queries, &["a", "b"].into()).unwrap();
        assert_eq!(judged["q1"]["a"], 3);
        assert_eq!(judged["q2"].len(), 1);
    }

    #[test]
    fn what_is_wrong_is_told() {
        let queries = queries(QUERIES).unwrap();
        let articles = ["a", "b"].into();
        let enough = "q1\ta\t3\nq2\ta\t2\n";
        assert!(judgements(enough, &queries, &articles).is_ok());
        for (wrong, told) in [
            ("q1\tb\t4\n", "no grade"),
            ("q1\tc\t1\n", "no such article"),
            ("q3\ta\t1\n", "no such query"),
            ("q1\ta\t1\n", "judged twice"),
            ("q1\tb\n", "not 3 fields"),
        ] {
            let error = judgements(&format!("{enough}{wrong}"), &queries, &articles).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
        let judged = judgements("q1\ta\t3\nq2\ta\t1\n", &queries, &articles).unwrap();
        assert_eq!(unanswered(&judged), Some("q2"));
    }
}
