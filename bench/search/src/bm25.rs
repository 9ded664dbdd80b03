//! BM25 without anything around it: one text for each article, no fields, no stems, no typos, no segmentation. What a search engine must be better than.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use shared::domain::search::{SearchText, Wanted};

use crate::{Result, corpus::Article, ranker::Ranker};

/// How soon more of the same word counts no more, and how much a text's length counts: the values that are commonly used, of the ranges that
/// Robertson and Zaragoza name (The probabilistic relevance framework: BM25 and beyond, Foundations and Trends in Information
/// Retrieval 3(4), 2009: k1 from 1.2 to 2, b from 0.5 to 0.8).
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// How text is divided into terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Terms {
    /// What stands between white space and punctuation, in lower case. Chinese has whole clauses there.
    Split,
    /// The same, but of Han characters that stand together each two neighbours are a term, and one that stands alone is.
    Bigrams,
}

impl Terms {
    fn of(self, text: &str) -> Vec<String> {
        let text = text.to_lowercase();
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        match self {
            Self::Split => words.map(str::to_owned).collect(),
            Self::Bigrams => words.flat_map(bigrams).collect(),
        }
    }
}

/// The terms of a word in which Han characters and others may stand side by side.
fn bigrams(word: &str) -> Vec<String> {
    let characters: Vec<char> = word.chars().collect();
    let mut terms = Vec::new();
    for run in characters.chunk_by(|a, b| is_han(*a) == is_han(*b)) {
        if run.len() > 1 && is_han(run[0]) {
            terms.extend(run.windows(2).map(|two| two.iter().collect::<String>()));
        } else {
            terms.push(run.iter().collect());
        }
    }
    terms
}

/// The blocks CJK Unified Ideographs with extension A, and the compatibility ideographs.
fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// An index in memory.
pub(crate) struct Bm25 {
    terms: Terms,
    articles: Vec<String>,
    /// How many terms each article has.
    lengths: Vec<f64>,
    mean_length: f64,
    /// Which articles have a term, and how often.
    postings: HashMap<String, Vec<(usize, f64)>>,
}

impl Bm25 {
    /// Of title, description, tags and text, all in one.
    pub(crate) fn new(terms: Terms, articles: &[Article]) -> Self {
        let mut index =
            Self { terms, articles: Vec::new(), lengths: Vec::new(), mean_length: 0.0, postings: HashMap::new() };
        for (place, article) in articles.iter().enumerate() {
            let Article { title, description, tags, text, .. } = article;
            let all = terms.of(&format!("{title}\n{description}\n{}\n{text}", tags.join("\n")));
            index.articles.push(article.id.clone());
            index.lengths.push(count(all.len()));
            let mut counts: HashMap<String, f64> = HashMap::new();
            for term in all {
                *counts.entry(term).or_default() += 1.0;
            }
            for (term, count) in counts {
                index.postings.entry(term).or_default().push((place, count));
            }
        }
        index.mean_length = index.lengths.iter().sum::<f64>() / count(index.lengths.len().max(1));
        index
    }

    fn has(&self, term: &str) -> &[(usize, f64)] {
        self.postings.get(term).map_or(&[], Vec::as_slice)
    }

    /// Articles with all terms of a piece that must not be there.
    fn with(&self, piece: &Wanted) -> HashSet<usize> {
        let terms = self.terms.of(piece.as_str());
        let places = |term: &String| self.has(term).iter().map(|(place, _)| *place).collect::<HashSet<_>>();
        terms.iter().map(places).reduce(|all, these| &all & &these).unwrap_or_default()
    }

    fn scores(&self, text: &SearchText) -> HashMap<usize, f64> {
        let mut scores: HashMap<usize, f64> = HashMap::new();
        for term in text.wanted.iter().flat_map(|piece| self.terms.of(piece.as_str())) {
            let postings = self.has(&term);
            // With 1 added, as Lucene does it: a term that more than half of all articles have does not count against them.
            let (all, with) = (count(self.articles.len()), count(postings.len()));
            let idf = (1.0 + (all - with + 0.5) / (with + 0.5)).ln();
            for (place, often) in postings {
                let length = 1.0 - B + B * self.lengths[*place] / self.mean_length;
                *scores.entry(*place).or_default() += idf * often * (K1 + 1.0) / (often + K1 * length);
            }
        }
        for unwanted in &text.unwanted {
            let with = self.with(unwanted);
            scores.retain(|place, _| !with.contains(place));
        }
        scores
    }
}

#[allow(clippy::cast_precision_loss, reason = "numbers of articles and of words")]
fn count(number: usize) -> f64 {
    number as f64
}

#[async_trait]
impl Ranker for Bm25 {
    fn name(&self) -> &'static str {
        match self.terms {
            Terms::Split => "BM25 without segmentation",
            Terms::Bigrams => "BM25, Han in bigrams",
        }
    }

    async fn rank(&self, text: &SearchText, limit: usize) -> Result<Vec<String>> {
        let mut scores: Vec<(usize, f64)> = self.scores(text).into_iter().collect();
        // Of equal ones the first in the corpus, so that figures repeat.
        scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        Ok(scores.into_iter().take(limit).map(|(place, _)| self.articles[place].clone()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(id: &str, text: &str) -> Article {
        Article { id: id.to_owned(), text: text.to_owned(), ..Article::default() }
    }

    async fn found(index: &Bm25, typed: &str) -> Vec<String> {
        index.rank(&SearchText::parse(typed).unwrap(), 10).await.unwrap()
    }

    #[test]
    fn text_is_divided_at_white_space_and_punctuation() {
        assert_eq!(Terms::Split.of("The Disk, (again)! 磁盘空间 已满"), ["the", "disk", "again", "磁盘空间", "已满"]);
        assert_eq!(Terms::Bigrams.of("用Rust写 磁盘空间 A1"), ["用", "rust", "写", "磁盘", "盘空", "空间", "a1"]);
    }

    #[test]
    fn the_score_is_as_by_hand() {
        let index = Bm25::new(Terms::Split, &[article("a", "x y"), article("b", "y y z w")]);
        let scores = index.scores(&SearchText::parse("x").unwrap());
        // 2 articles, 1 with the term: ln(1 + 1.5 / 1.5) = 0.693147. Length 2, mean 3: 0.25 + 0.75 * 2 / 3 = 0.75.
        // 0.693147 * 2.2 / (1 + 1.2 * 0.75) = 0.802591.
        assert_eq!(scores.len(), 1);
        assert!((scores[&0] - 0.802_591).abs() < 1e-6, "{scores:?}");
        // Both with the term, twice in the second: ln(1 + 0.5 / 2.5) = 0.182322, length 0.25 + 0.75 * 4 / 3 = 1.25:
        // 0.182322 * 2 * 2.2 / (2 + 1.5) = 0.229204.
        let scores = index.scores(&SearchText::parse("Y").unwrap());
        assert!((scores[&1] - 0.229_204).abs() < 1e-6, "{scores:?}");
    }

    #[tokio::test]
    async fn chinese_within_a_clause_is_found_by_bigrams_only() {
        let articles = [article("a", "怎样扩大磁盘空间"), article("b", "网络")];
        assert_eq!(found(&Bm25::new(Terms::Bigrams, &articles), "磁盘").await, ["a"]);
        assert!(found(&Bm25::new(Terms::Split, &articles), "磁盘").await.is_empty());
    }

    #[tokio::test]
    async fn what_must_not_be_there_is_not() {
        let articles = [article("a", "git merge"), article("b", "git rebase"), article("c", "git merge rebase")];
        let index = Bm25::new(Terms::Split, &articles);
        assert_eq!(found(&index, "git -merge").await, ["b"]);
        assert_eq!(found(&index, "git -\"rebase merge\"").await, ["a", "b"]);
    }
}
