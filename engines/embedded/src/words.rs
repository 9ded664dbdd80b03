//! What a text is made of: words as the index has them.

mod atoms;
mod fold;
mod jieba;
mod stop;
mod tokenizer;

pub(crate) use atoms::{Atom, atoms, folded_atoms, stemmed_atoms};
pub(crate) use fold::fold;
pub(crate) use jieba::{cut, parts};
pub(crate) use stop::is_stop_word;
pub(crate) use tokenizer::{EXACT, Exact, STEMMED, Stemmed};
