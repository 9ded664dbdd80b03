//! How the index takes a text apart.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::{
    atoms::{Atom, atoms, folded_atoms},
    fold::fold,
    jieba::cut_small,
};

/// The name of [`Stemmed`] in the schema.
pub(crate) const STEMMED: &str = "stemmed";
/// The name of [`Exact`] in the schema.
pub(crate) const EXACT: &str = "exact";

/// Words by their stem. Of a run of ideographs each character, so that any part of it is a phrase, and at the same place each word that
/// begins there.
#[derive(Debug, Clone)]
pub(crate) struct Stemmed;

/// Words of letters as they are written, folded: what a beginning or a typo is held against.
#[derive(Debug, Clone)]
pub(crate) struct Exact;

/// Tokens that are all known.
#[derive(Debug)]
pub(crate) struct Tokens {
    tokens: Vec<Token>,
    /// The number of the current one, from 1.
    at: usize,
}

impl TokenStream for Tokens {
    fn advance(&mut self) -> bool {
        self.at += 1;
        self.at <= self.tokens.len()
    }

    fn token(&self) -> &Token {
        &self.tokens[self.at - 1]
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.tokens[self.at - 1]
    }
}

fn token(atom: &Atom, position: usize) -> Token {
    Token { offset_from: atom.at.start, offset_to: atom.at.end, position, text: atom.term.clone(), position_length: 1 }
}

impl Tokenizer for Stemmed {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let atoms = atoms(text);
        let mut tokens: Vec<_> = atoms.iter().enumerate().map(|(position, atom)| token(atom, position)).collect();
        let mut first = 0;
        // A run is ideographs without anything between them.
        for run in atoms.chunk_by(|a, b| a.ideograph && b.ideograph && a.at.end == b.at.start) {
            if run.len() > 1 {
                let whole = &text[run[0].at.start..run[run.len() - 1].at.end];
                for (word, start) in cut_small(whole) {
                    let length = word.chars().count();
                    if length > 1 {
                        let (offset_from, offset_to) = (run[start].at.start, run[start + length - 1].at.end);
                        let position = first + start;
                        tokens.push(Token {
                            offset_from,
                            offset_to,
                            position,
                            text: fold(word),
                            position_length: length,
                        });
                    }
                }
            }
            first += run.len();
        }
        tokens.sort_by_key(|token| token.position);
        Tokens { tokens, at: 0 }
    }
}

impl Tokenizer for Exact {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let words = folded_atoms(text).into_iter().filter(|atom| !atom.ideograph).enumerate();
        Tokens { tokens: words.map(|(position, atom)| token(&atom, position)).collect(), at: 0 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(text: &str) -> Vec<(usize, String)> {
        let mut stream = Stemmed;
        let tokens = stream.token_stream(text).tokens;
        tokens.into_iter().map(|token| (token.position, token.text)).collect()
    }

    #[test]
    fn a_run_has_its_characters_and_its_words_at_the_same_places() {
        let expected = [
            (0, "用"),
            (1, "rust"),
            (2, "北"),
            (2, "北京"),
            (2, "北京大学"),
            (3, "京"),
            (4, "大"),
            (4, "大学"),
            (5, "学"),
        ];
        let mut found = tokens("用Rust，北京大学");
        found.sort();
        assert_eq!(found, expected.map(|(position, text)| (position, text.to_owned())));
    }

    proptest! {
        #[test]
        fn whatever_the_text_tokens_are_in_order(text in "[\\u4e00-\\u4e20a-z ,。\\u3041\\uf900\\u0301]{0,64}|.{0,64}") {
            let tokens = tokens(&text);
            prop_assert!(tokens.is_sorted_by_key(|(position, _)| *position));
        }
    }
}
