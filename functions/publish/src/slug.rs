//! Slugs from titles: readable in any script, as ASCII that every gateway, log and terminal carries unharmed.

use shared::domain::article::{Slug, Title};

/// Characters of a slug's readable part: leaves room for a suffix.
const MAX_WORDS: usize = 80;
/// Letters and digits that are not taken for one another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The title's words, transliterated, joined by hyphens; `None` if nothing of it can be, or the word is reserved.
pub(crate) fn plain(title: &Title) -> Option<Slug> {
    Slug::parse(&words(title))
}

/// The title's words with a suffix that tells it from others of the same title.
pub(crate) fn with_suffix(title: &Title, random: [u8; 8]) -> Slug {
    let suffix: String = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    let words = words(title);
    let slug = if words.is_empty() { suffix } else { format!("{words}-{suffix}") };
    Slug::parse(&slug).expect("words and suffix are of a slug's characters, fit its length and are no reserved word")
}

fn words(title: &Title) -> String {
    let ascii = deunicode::deunicode(title.as_str()).to_ascii_lowercase();
    let mut slug = String::new();
    for word in ascii.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let length = slug.len() + usize::from(!slug.is_empty()) + word.len();
        match (slug.is_empty(), length > MAX_WORDS) {
            (true, true) => slug.push_str(&word[..MAX_WORDS]),
            (_, true) => break,
            (empty, false) => {
                slug.push_str(if empty { "" } else { "-" });
                slug.push_str(word);
            }
        }
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(text: &str) -> Title {
        Title::parse(text).unwrap()
    }

    fn slug(text: &str) -> Option<String> {
        plain(&title(text)).map(|slug| slug.to_string())
    }

    #[test]
    fn titles_of_many_scripts_become_readable_slugs() {
        for (text, expected) in [
            ("How to train your dragon", "how-to-train-your-dragon"),
            ("  C++ & Rust -- a love/hate story!  ", "c-rust-a-love-hate-story"),
            ("Über Größe", "uber-grosse"),
            ("你好世界", "ni-hao-shi-jie"),
            ("Привет, мир", "privet-mir"),
        ] {
            assert_eq!(slug(text).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_title_without_words_or_with_a_reserved_one_gets_a_suffix() {
        for text in ["???", "Feed", "HOT"] {
            assert_eq!(slug(text), None, "{text}");
            assert!(with_suffix(&title(text), [0; 8]).as_str().ends_with("aaaaaaaa"));
        }
    }

    #[test]
    fn long_titles_are_cut_between_words_and_still_fit_with_a_suffix() {
        let slug = slug(&"dragon ".repeat(30)).unwrap();
        assert!(slug.len() <= MAX_WORDS && slug.ends_with("dragon"), "{slug}");
        for text in ["x".repeat(256), "你".repeat(256), "ab ".repeat(80)] {
            assert!(with_suffix(&title(&text), [255; 8]).as_str().len() <= Slug::MAX_CHARS);
        }
    }
}
