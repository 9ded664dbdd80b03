//! What two ways to write a word have in common.

use unicode_normalization::UnicodeNormalization;

/// Characters of a word at the most; what is longer is found by its beginning.
const MAX_CHARS: usize = 64;

/// Whether it is an accent: a mark that stands on the letter before it. Marks of Japanese, Indian and other scripts are more than that.
pub(super) fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Whether it stands within a word, as in `don't`.
pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '＇')
}

/// A word without case, width, accents and apostrophes, at most 64 characters of it.
pub(crate) fn fold(word: &str) -> String {
    let word = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word);
    if word.is_ascii() {
        return word.chars().filter(|c| !is_apostrophe(*c)).take(MAX_CHARS).map(|c| c.to_ascii_lowercase()).collect();
    }
    let bare = word.nfkd().filter(|c| !is_accent(*c) && !is_apostrophe(*c));
    // Capital letters of mathematics and the Turkish İ have more to fold only now.
    bare.nfc().flat_map(char::to_lowercase).filter(|c| !is_accent(*c)).take(MAX_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_the_same_is_the_same() {
        for (word, folded) in [
            ("Rust", "rust"),
            ("ＲＵＳＴ", "rust"),
            ("Café", "cafe"),
            ("Cafe\u{301}", "cafe"),
            ("İstanbul", "istanbul"),
            ("ﬁne", "fine"),
            ("ℌ", "h"),
            ("don't", "dont"),
            ("Ann’s", "ann"),
            ("が", "が"),
            ("한국", "한국"),
            ("数", "数"),
        ] {
            assert_eq!(fold(word), folded, "{word}");
        }
        assert_eq!(fold(&"x".repeat(1_000)).len(), 64);
    }
}
