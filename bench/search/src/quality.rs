//! How well rankers do on what was judged.

use std::collections::HashMap;

use shared::domain::search::SearchText;

use crate::{
    Result,
    judged::{Grades, Language, Query},
    metrics::{DEEP, mean, ndcg, recall},
    ranker::Ranker,
};

/// What one ranker found for one query.
pub(crate) struct Outcome {
    /// For which.
    pub(crate) query: usize,
    /// At most [`DEEP`], the best first.
    pub(crate) found: Vec<String>,
    /// See [`ndcg`].
    pub(crate) ndcg: f64,
    /// See [`recall`].
    pub(crate) recall: f64,
}

/// What one ranker found.
pub(crate) struct Quality {
    /// Which.
    pub(crate) ranker: &'static str,
    /// For each query, in their order.
    pub(crate) outcomes: Vec<Outcome>,
}

impl Quality {
    /// Mean nDCG and mean recall over the queries in `language`, or over all.
    pub(crate) fn means(&self, queries: &[Query], language: Option<Language>) -> (f64, f64) {
        let of = || {
            let counts = |outcome: &&Outcome| language.is_none_or(|it| queries[outcome.query].language == it);
            self.outcomes.iter().filter(counts)
        };
        (mean(of().map(|outcome| outcome.ndcg)), mean(of().map(|outcome| outcome.recall)))
    }
}

/// Has a ranker answer all queries.
///
/// # Errors
/// Those of the ranker, and a query that nobody can type.
pub(crate) async fn measure(
    ranker: &dyn Ranker,
    queries: &[Query],
    judged: &HashMap<String, Grades>,
) -> Result<Quality> {
    let mut outcomes = Vec::with_capacity(queries.len());
    for (query, Query { id, typed, .. }) in queries.iter().enumerate() {
        let text = SearchText::parse(typed).map_err(|violation| format!("{id}: {violation:?}"))?;
        let found = ranker.rank(&text, DEEP).await?;
        let grades = judged.get(id).ok_or_else(|| format!("nobody judged {id}"))?;
        outcomes.push(Outcome { query, ndcg: ndcg(&found, grades), recall: recall(&found, grades), found });
    }
    Ok(Quality { ranker: ranker.name(), outcomes })
}

/// Articles that a ranker has among its first `depth` for a query and that nobody judged: each once, with the query's place.
pub(crate) fn unjudged(
    all: &[Quality],
    queries: &[Query],
    judged: &HashMap<String, Grades>,
    depth: usize,
) -> Vec<(usize, String)> {
    let mut missing = Vec::new();
    for (place, query) in queries.iter().enumerate() {
        let grades = judged.get(&query.id);
        for quality in all {
            for article in quality.outcomes[place].found.iter().take(depth) {
                let known = grades.is_some_and(|grades| grades.contains_key(article));
                if !known && !missing.contains(&(place, article.clone())) {
                    missing.push((place, article.clone()));
                }
            }
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;

    struct Always(Vec<String>);

    #[async_trait]
    impl Ranker for Always {
        fn name(&self) -> &'static str {
            "always the same"
        }

        async fn rank(&self, _: &SearchText, limit: usize) -> Result<Vec<String>> {
            Ok(self.0.iter().take(limit).cloned().collect())
        }
    }

    fn query(id: &str, language: Language) -> Query {
        Query { id: id.to_owned(), language, typed: "x".to_owned(), wanted: String::new() }
    }

    #[tokio::test]
    async fn means_are_by_language_and_what_nobody_judged_is_told_once() {
        let queries = [query("q1", Language::English), query("q2", Language::Chinese)];
        let judged = HashMap::from([
            ("q1".to_owned(), Grades::from([("a".to_owned(), 3)])),
            ("q2".to_owned(), Grades::from([("b".to_owned(), 2)])),
        ]);
        let ranker = Always(vec!["a".to_owned(), "c".to_owned()]);
        let quality = measure(&ranker, &queries, &judged).await.unwrap();
        assert_eq!(quality.means(&queries, Some(Language::English)), (1.0, 1.0));
        assert_eq!(quality.means(&queries, Some(Language::Chinese)), (0.0, 0.0));
        assert_eq!(quality.means(&queries, None), (0.5, 0.5));
        let again = measure(&ranker, &queries, &judged).await.unwrap();
        let missing = unjudged(&[quality, again], &queries, &judged, 10);
        assert_eq!(missing, [(0, "c".to_owned()), (1, "a".to_owned()), (1, "c".to_owned())]);
    }
}
