//! What an index is made with: analysers and mapping.

use serde_json::{Value, json};
use shared::domain::{Timestamp, page};

use crate::settings::Analysis;

/// Pages begin behind at most [`page::MAX_OFFSET`], have at most [`page::MAX_LIMIT`], and one more is asked for.
const WINDOW: usize = page::MAX_OFFSET + page::MAX_LIMIT + 1;

/// The body that makes an index with these aliases. `fill_from` is when its filling may begin.
///
/// Two analysers: `body` finds words by their stems and cuts text without white space as `analysis` says; `plain` leaves words as they
/// are and cuts such text into characters, for typos, what somebody may have meant, and what a word begins with.
pub(crate) fn body(analysis: Analysis, fill_from: Timestamp, aliases: &[String]) -> Value {
    let (tokenizer, folding): (_, &[&str]) = match analysis {
        Analysis::Cjk => ("standard", &["cjk_width", "lowercase", "asciifolding", "possessive", "cjk_bigram", "stem"]),
        // Its tokens of punctuation are all commas.
        Analysis::Smartcn => {
            ("smartcn_tokenizer", &["cjk_width", "lowercase", "asciifolding", "possessive", "punctuation", "stem"])
        }
        // The same for what is looked for: phrases need the same positions.
        Analysis::Ik => ("ik_max_word", &["cjk_width", "lowercase", "asciifolding", "possessive", "stem"]),
    };
    let text = |more: Value| {
        let mut field = json!({"type": "text", "analyzer": "body", "copy_to": "all"});
        merge(&mut field, more);
        field
    };
    let plain = json!({"type": "text", "analyzer": "plain"});
    let plain_words = json!({"type": "text", "analyzer": "plain", "index_options": "docs", "norms": false});
    let kept = json!({"type": "keyword", "index": false, "doc_values": false});
    let aliases: serde_json::Map<_, _> = aliases.iter().map(|alias| (alias.clone(), json!({}))).collect();
    json!({
        "settings": {
            "number_of_shards": 1,
            "auto_expand_replicas": "0-1",
            // Said outright, it also holds for an index that nobody searches for a while.
            "refresh_interval": "1s",
            "max_result_window": WINDOW,
            "analysis": {
                // Where the tokenizer sees one word: `node.js`, `snake_case`. And one apostrophe for both.
                "char_filter": {
                    "joints": {"type": "pattern_replace", "pattern": "[._]", "replacement": " "},
                    "apostrophes": {"type": "pattern_replace", "pattern": "’", "replacement": "'"},
                },
                "filter": {
                    "possessive": {"type": "pattern_replace", "pattern": "'s$", "replacement": ""},
                    "punctuation": {"type": "stop", "stopwords": [","]},
                    "stem": {"type": "stemmer", "language": "english"},
                },
                "analyzer": {
                    "body": {"type": "custom", "char_filter": ["joints", "apostrophes"], "tokenizer": tokenizer, "filter": folding},
                    "plain": {
                        "type": "custom", "char_filter": ["joints", "apostrophes"], "tokenizer": "standard",
                        "filter": ["cjk_width", "lowercase", "asciifolding"],
                    },
                },
                "normalizer": {"lower": {"type": "custom", "filter": ["lowercase"]}},
            },
        },
        "mappings": {
            "dynamic": "strict",
            "_meta": {"fill_from": fill_from.as_millis()},
            "properties": {
                "kind": {"type": "keyword"},
                "slug": kept,
                "article": {"type": "keyword"},
                "author": {"type": "keyword"},
                "since": {"type": "long"},
                "points": {"type": "double"},
                "tag": {"type": "keyword"},
                // Offsets are for highlights, which would have to cut the whole text anew without them.
                "title": text(json!({"index_options": "offsets", "fields": {"plain": plain}})),
                "tags": text(json!({})),
                "description": text(json!({})),
                "text": text(json!({"index_options": "offsets"})),
                // A text that is no longer than a fragment, once more: to be highlighted as a whole.
                "short": {"type": "text", "analyzer": "body"},
                "all": {
                    "type": "text", "analyzer": "body", "index_options": "docs", "norms": false,
                    "fields": {"plain": plain_words},
                },
                "user": {"type": "keyword"},
                "username": {
                    "type": "text", "analyzer": "plain",
                    "fields": {"folded": {"type": "keyword", "normalizer": "lower"}},
                },
                "bio": {"type": "text", "analyzer": "body"},
                "mark": kept,
            },
        },
        "aliases": aliases,
    })
}

fn merge(field: &mut Value, more: Value) {
    if let (Value::Object(field), Value::Object(more)) = (field, more) {
        field.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_named_and_others_are_refused() {
        let body = body(Analysis::Cjk, Timestamp::from_millis(7), &["blog".to_owned()]);
        assert_eq!(body["mappings"]["dynamic"], "strict");
        assert_eq!(body["mappings"]["_meta"]["fill_from"], 7);
        assert_eq!(body["mappings"]["properties"]["text"]["copy_to"], "all");
        assert_eq!(body["mappings"]["properties"]["title"]["index_options"], "offsets");
        assert_eq!(body["aliases"], json!({"blog": {}}));
    }

    #[test]
    fn all_analyses_stem_and_each_cuts_in_its_way() {
        for (analysis, tokenizer) in
            [(Analysis::Cjk, "standard"), (Analysis::Smartcn, "smartcn_tokenizer"), (Analysis::Ik, "ik_max_word")]
        {
            let body = body(analysis, Timestamp::from_millis(0), &[]);
            let analyzer = &body["settings"]["analysis"]["analyzer"]["body"];
            assert_eq!(analyzer["tokenizer"], tokenizer);
            assert_eq!(analyzer["filter"].as_array().unwrap().last().unwrap(), "stem");
        }
    }
}
