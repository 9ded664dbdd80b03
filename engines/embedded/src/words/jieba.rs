//! Words of Chinese.

use std::sync::LazyLock;

use jieba_rs::{Jieba, TokenizeMode};

/// The dictionary takes long to load for a program that is to start quickly: who never reads or writes Chinese never pays for it.
static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// The words of a run of ideographs, as one would cut it: none overlaps another.
pub(crate) fn cut(run: &str) -> Vec<&str> {
    JIEBA.cut(run, true).into_iter().map(|token| token.word).collect()
}

/// The words of a run of ideographs and the words within them, with the number of the character that each begins with.
pub(super) fn cut_small(run: &str) -> impl Iterator<Item = (&str, usize)> {
    JIEBA.tokenize(run, TokenizeMode::Search, true).into_iter().map(|token| (token.word, token.start))
}

/// The words that a word of four ideographs or more is made of, if it is made of words: 北京大学 is 北京 and 大学.
pub(crate) fn parts(word: &str) -> Option<Vec<&str>> {
    let length = word.chars().count();
    if length < 4 {
        return None;
    }
    let within: Vec<_> = cut_small(word).filter(|(part, _)| part.chars().count() < length).collect();
    let (mut parts, mut at) = (Vec::new(), 0);
    while at < length {
        let beginning = within.iter().filter(|(_, start)| *start == at);
        let (part, _) = beginning.max_by_key(|(part, _)| part.len())?;
        at += part.chars().count();
        parts.push(*part);
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_cut_into_words() {
        assert_eq!(cut("数据库的设计"), ["数据库", "的", "设计"]);
        let small: Vec<_> = cut_small("北京大学").collect();
        assert_eq!(small, [("北京", 0), ("大学", 2), ("北京大学", 0)]);
    }

    #[test]
    fn a_long_word_has_parts_if_they_are_all_of_it() {
        assert_eq!(parts("北京大学"), Some(vec!["北京", "大学"]));
        assert_eq!(parts("分布式系统"), Some(vec!["分布式", "系统"]));
        assert_eq!(parts("数据库"), None);
        assert_eq!(parts("乌鲁木齐"), None);
    }
}
