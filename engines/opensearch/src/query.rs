//! Conditions and scores, as values of the engine's query language. What is typed is only ever a value that is analysed, never a part of
//! a query.
//!
//! A score has three parts that do not reach one another's size: [`ALL`] if every word is there, perhaps with a typo; [`EXACT`] for each
//! word that is there without one; and how well it fits, by BM25 with the weights of the fields. A typo is worth less than any of that.

use serde_json::{Value, json};
use shared::domain::search::{SearchText, Wanted};

use crate::pieces::{self, Piece};

/// More than the words of a search can have in all.
const ALL: f64 = 10_000.0;
/// More than a word with a typo has.
const EXACT: f64 = 2.0;
/// Fields of articles with their weights: a word in a short text that says it often must not be worth more than one in a long title.
const FIELDS: [&str; 4] = ["title^10", "tags^6", "description^3", "text"];
/// Fields that are highlighted.
pub(crate) const MARKED: [&str; 3] = ["title", "text", "short"];
const FIELDS_OF_USERS: [&str; 2] = ["username", "bio"];
/// How much of a run of characters there must be where not all of it is: a third of its pairs makes a word or two.
const PART: &str = "30%";
/// Letters from which on a word may have a typo, or two. See the port.
const FUZZINESS: &str = "AUTO:4,8";
const SHORTEST_WITH_TYPO: usize = 4;
/// Words of a search that may have typos: each goes through the dictionary.
const MOST_WITH_TYPOS: usize = 12;

/// What is looked for, as clauses of a `bool` query.
#[derive(Debug, Default)]
pub(crate) struct Clauses {
    must: Vec<Value>,
    must_not: Vec<Value>,
    should: Vec<Value>,
    /// What makes the best part of a text.
    marks: Vec<Value>,
}

impl Clauses {
    /// Of articles that have it.
    pub(crate) fn of_articles(text: &SearchText) -> Self {
        let pieces = pieces::words(&text.wanted);
        let mut clauses = Self::around(text, &FIELDS);
        let mut tolerant = 0;
        let mut every = Vec::with_capacity(pieces.len());
        for piece in &pieces {
            let typos = has_typos(piece) && tolerant < MOST_WITH_TYPOS;
            tolerant += usize::from(typos);
            let mut any = vec![json!({"match": {"all": {"query": piece.as_str(), "operator": "and"}}})];
            let mut scores = vec![score(piece), constant(&any[0], EXACT)];
            clauses.mark(piece.as_str(), None);
            if typos {
                let like = |field: &str| {
                    json!({"match": {field: {
                        "query": piece.as_str(), "fuzziness": FUZZINESS, "fuzzy_rewrite": "constant_score",
                    }}})
                };
                scores.extend([constant(&like("all.plain"), 0.2), constant(&like("title.plain"), 0.3)]);
                any.push(like("all.plain"));
                clauses.mark(piece.as_str(), Some(FUZZINESS));
            } else if is_character(piece) {
                // Where the index has pairs, one alone is none.
                let alone = |field: &str| json!({"match": {field: {"query": piece.as_str()}}});
                scores.extend([constant(&alone("all.plain"), 1.0), constant(&alone("title.plain"), 1.0)]);
                any.push(alone("all.plain"));
            }
            clauses.should.push(either(scores));
            every.push(either(any));
        }
        clauses.every(every);
        clauses
    }

    /// Of users who have it.
    pub(crate) fn of_users(text: &SearchText) -> Self {
        let pieces = pieces::words(&text.wanted);
        let mut clauses = Self::around(text, &FIELDS_OF_USERS);
        let mut every = Vec::with_capacity(pieces.len());
        for piece in &pieces {
            let typed = piece.as_str();
            let name = json!({"match": {"username": {"query": typed, "operator": "and"}}});
            let begins = begins("username", piece);
            let whole = json!({"prefix": {"username.folded": {"value": typed.to_lowercase()}}});
            let bio = |operator: &str| json!({"match": {"bio": {"query": typed, "operator": operator}}});
            let part = json!({"match": {"bio": {"query": typed, "minimum_should_match": PART, "boost": 0.3}}});
            clauses.should.push(either(vec![
                constant(&name, 8.0),
                constant(&begins, 5.0),
                constant(&whole, 1.0),
                constant(&bio("and"), 0.5),
                part,
            ]));
            every.push(either(vec![name, begins, whole, bio("and")]));
        }
        clauses.every(every);
        clauses
    }

    /// Titles that are begun so: the last piece is the beginning of a word.
    pub(crate) fn of_titles(pieces: &[Piece]) -> Self {
        let mut clauses = Self::default();
        if let Some((last, before)) = pieces.split_last() {
            clauses.must.extend(before.iter().map(|piece| match piece {
                Piece::Run(text) => json!({"match_phrase": {"title.plain": text}}),
                piece => either(vec![
                    json!({"match": {"title.plain": {"query": piece.as_str()}}}),
                    json!({"match": {"title": {"query": piece.as_str(), "operator": "and"}}}),
                ]),
            }));
            clauses.must.push(begins("title.plain", last));
        }
        clauses
    }

    /// What must be there and what must not.
    fn around(text: &SearchText, fields: &[&str]) -> Self {
        let mut clauses = Self::default();
        for wanted in &text.wanted {
            if let Wanted::Phrase(text) = wanted {
                let phrase = pieces::phrase(text);
                clauses.must.push(together(&phrase, fields));
                clauses.marks.extend(MARKED.map(|field| json!({"match_phrase": {field: phrase}})));
            }
        }
        for unwanted in &text.unwanted {
            let phrase = pieces::phrase(unwanted.as_str());
            clauses.must_not.push(together(&phrase, fields));
            if phrase.chars().count() == 1 {
                clauses.must_not.push(json!({"match": {"all.plain": {"query": phrase}}}));
            }
        }
        clauses
    }

    fn mark(&mut self, typed: &str, fuzziness: Option<&str>) {
        for field in MARKED {
            let mut how = json!({"query": typed});
            if let Some(fuzziness) = fuzziness {
                how["fuzziness"] = fuzziness.into();
                how["fuzzy_rewrite"] = "constant_score".into();
            }
            self.marks.push(json!({"match": {field: how}}));
        }
    }

    /// Has what has all of it come before what has some.
    fn every(&mut self, every: Vec<Value>) {
        if !every.is_empty() {
            self.should.push(json!({"constant_score": {"filter": {"bool": {"filter": every}}, "boost": ALL}}));
        }
    }

    /// The whole query, with further conditions.
    pub(crate) fn query(self, filter: Vec<Value>) -> Value {
        // Where a phrase must be there, words only count.
        let least = u8::from(self.must.is_empty() && !self.should.is_empty());
        let Self { must, must_not, should, .. } = self;
        json!({"bool": {
            "filter": filter, "must": must, "must_not": must_not, "should": should, "minimum_should_match": least,
        }})
    }

    /// What is to be highlighted.
    pub(crate) fn marks(&self) -> Value {
        if self.marks.is_empty() {
            return json!({"match_none": {}});
        }
        either(self.marks.clone())
    }
}

/// Whether a typo in it is forgiven.
pub(crate) fn has_typos(piece: &Piece) -> bool {
    matches!(piece, Piece::Latin(word) if word.chars().count() >= SHORTEST_WITH_TYPO)
}

fn is_character(piece: &Piece) -> bool {
    matches!(piece, Piece::Run(text) if text.chars().count() == 1)
}

/// How well a piece fits, whichever fields have it.
fn score(piece: &Piece) -> Value {
    let mut query = json!({"query": piece.as_str(), "type": "cross_fields", "fields": FIELDS, "tie_breaker": 0.3});
    match piece {
        Piece::Run(_) => query["minimum_should_match"] = PART.into(),
        Piece::Latin(_) | Piece::Other(_) => query["operator"] = "and".into(),
    }
    json!({"multi_match": query})
}

/// Words in this order, in one of the fields.
fn together(phrase: &str, fields: &[&str]) -> Value {
    json!({"multi_match": {"query": phrase, "type": "phrase", "fields": fields}})
}

/// A field of which a word begins so.
fn begins(field: &str, piece: &Piece) -> Value {
    match piece {
        Piece::Run(text) => json!({"match_phrase_prefix": {field: {"query": text}}}),
        Piece::Latin(word) | Piece::Other(word) => {
            json!({"match_bool_prefix": {field: {"query": word, "operator": "and"}}})
        }
    }
}

fn constant(filter: &Value, boost: f64) -> Value {
    json!({"constant_score": {"filter": filter, "boost": boost}})
}

fn either(should: Vec<Value>) -> Value {
    json!({"bool": {"should": should, "minimum_should_match": 1}})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pieces::is_cjk;

    fn of_articles(typed: &str) -> Value {
        Clauses::of_articles(&SearchText::parse(typed).unwrap()).query(Vec::new())
    }

    /// The conditions that the engine counts: all that are no mere combination, times the fields and words that each has.
    fn conditions(query: &Value) -> usize {
        let own = match query {
            Value::Object(fields) => fields.iter().map(|(name, how)| match name.as_str() {
                "multi_match" => {
                    let typed = how["query"].as_str().unwrap();
                    let several = typed.contains(is_cjk) && how["type"] != "phrase";
                    how["fields"].as_array().unwrap().len() * if several { typed.chars().count() } else { 1 }
                }
                "match" => {
                    let how = how.as_object().unwrap().values().next().unwrap();
                    let typed = how["query"].as_str().unwrap();
                    if typed.contains(is_cjk) { typed.chars().count() } else { 1 }
                }
                _ => conditions(how),
            }),
            Value::Array(all) => return all.iter().map(conditions).sum(),
            _ => return 0,
        };
        own.sum()
    }

    #[test]
    fn phrases_must_be_there_and_what_is_unwanted_must_not() {
        let query = of_articles(r#"rust "zero cost" -java"#);
        assert_eq!(query["bool"]["must"][0]["multi_match"]["query"], "zero cost");
        assert_eq!(query["bool"]["must_not"][0]["multi_match"]["query"], "java");
        assert_eq!(query["bool"]["minimum_should_match"], 0);
        assert_eq!(query["bool"]["should"].as_array().unwrap().len(), 2, "the word, and all words");
    }

    #[test]
    fn only_latin_words_of_four_letters_and_more_may_have_typos() {
        for (typed, tolerant) in
            [("rust", true), ("go", false), ("2024", false), ("k8s1", false), ("数据库系统", false)]
        {
            assert_eq!(of_articles(typed).to_string().contains("fuzziness"), tolerant, "{typed}");
        }
        let many = "word ".repeat(3) + &(0..40).map(|n| format!("w{} ", "x".repeat(n + 4))).collect::<String>();
        let typed: String = many.chars().take(256).collect();
        assert!(of_articles(&typed).to_string().matches("fuzziness").count() <= 3 * MOST_WITH_TYPOS);
    }

    #[test]
    fn nothing_typed_asks_for_nothing() {
        let query = of_articles("");
        assert_eq!(query["bool"]["minimum_should_match"], 0);
        assert_eq!(query["bool"]["should"].as_array().unwrap().len(), 0);
    }

    #[test]
    fn the_longest_that_can_be_typed_has_fewer_conditions_than_the_engine_takes() {
        let letters: String = (b'a'..=b'z').chain(b'0'..=b'9').map(|c| format!("{} ", char::from(c))).collect();
        let words: String = (0..64).map(|n| format!("x{n:02} ")).collect();
        let unwanted: String = (b'a'..=b'z').cycle().take(85).map(|c| format!("-{} ", char::from(c))).collect();
        let phrases: String = (b'a'..=b'z').cycle().take(64).map(|c| format!("\"{}\"", char::from(c))).collect();
        let long_words: String = (b'a'..=b'z').map(|c| format!("{}word ", char::from(c))).collect();
        let mixed = "库".repeat(96) + &"-库 ".repeat(60);
        for typed in ["库".repeat(256), letters.repeat(3), words, long_words.repeat(2), unwanted, phrases, mixed] {
            let typed: String = typed.chars().take(256).collect();
            let count = conditions(&of_articles(&typed));
            assert!(count < 1_024, "{count} of {typed}");
        }
    }
}
