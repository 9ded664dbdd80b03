//! Highlights: the engine marks words with two characters that mean nothing, and what is shown is made of that here. So all that can be
//! markup is escaped by one function, whichever way the engine found the fragment.

use unicode_normalization::UnicodeNormalization as _;

/// What the engine puts before a word and behind it: of Unicode's private use, and taken out of what is indexed.
pub(crate) const BEFORE: char = '\u{e000}';
pub(crate) const BEHIND: char = '\u{e001}';

/// Characters of a fragment at the most, and how many of them stand before the first mark.
pub(crate) const MOST: usize = 200;
const LEAD: usize = 60;

/// The text as it is indexed: without what a mark could be, and one character for a letter with its accents.
pub(crate) fn as_indexed(text: &str) -> String {
    text.nfc().filter(|c| ![BEFORE, BEHIND].contains(c)).collect()
}

/// The whole of a marked text.
pub(crate) fn whole(marked: &str) -> String {
    render(&mut marks(marked))
}

/// The best part of a marked text: engines end a fragment where a sentence ends, or a long way behind.
pub(crate) fn fragment(marked: &str) -> String {
    let mut characters = marks(marked.trim());
    let first = characters.iter().position(|(_, within)| *within).unwrap_or(0);
    if characters.len() > MOST {
        let start = first.saturating_sub(LEAD).min(characters.len() - MOST);
        characters = characters.split_off(start);
        characters.truncate(MOST);
    }
    render(&mut characters)
}

/// The characters, and whether each is marked.
fn marks(marked: &str) -> Vec<(char, bool)> {
    let mut within = false;
    let mut characters = Vec::with_capacity(marked.len());
    for c in marked.chars() {
        match c {
            BEFORE => within = true,
            BEHIND => within = false,
            _ => characters.push((c, within)),
        }
    }
    characters
}

fn render(characters: &mut Vec<(char, bool)>) -> String {
    // An end that closes the last mark.
    characters.push(('\0', false));
    let mut html = String::with_capacity(characters.len() + 64);
    let mut open = false;
    let last = characters.len() - 1;
    for (place, &(c, within)) in characters.iter().enumerate() {
        if within != open {
            html.push_str(if within { "<em>" } else { "</em>" });
            open = within;
        }
        match c {
            _ if place == last => {}
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_become_elements_and_everything_else_is_escaped() {
        assert_eq!(
            whole("<b>\u{e000}Rust\u{e001}</b> & \"\u{e000}C\u{e001}'s\""),
            "&lt;b&gt;<em>Rust</em>&lt;/b&gt; &amp; &quot;<em>C</em>&#39;s&quot;"
        );
    }

    #[test]
    fn words_that_touch_are_marked_as_one_and_an_open_mark_is_closed() {
        assert_eq!(whole("\u{e000}分布\u{e001}\u{e000}式\u{e001}系\u{e000}统"), "<em>分布式</em>系<em>统</em>");
        assert_eq!(whole("\u{e001}a\u{e000}"), "a");
    }

    #[test]
    fn a_long_fragment_is_cut_around_its_first_mark() {
        let marked = format!("{}\u{e000}here\u{e001}{}", "x".repeat(300), "y".repeat(300));
        let cut = fragment(&marked);
        assert_eq!(cut, format!("{}<em>here</em>{}", "x".repeat(60), "y".repeat(136)));
        let at_the_end = format!("{}\u{e000}here\u{e001}", "x".repeat(300));
        assert_eq!(fragment(&at_the_end), format!("{}<em>here</em>", "x".repeat(196)));
    }

    proptest! {
        #[test]
        fn whatever_is_marked_elements_are_balanced_and_nothing_else_is_markup(
            marked in "[a<>&'\"字\u{e000}\u{e001}]{0,300}",
        ) {
            for html in [whole(&marked), fragment(&marked)] {
                let pieces: Vec<_> = html.split("<em>").collect();
                for (place, piece) in pieces.iter().enumerate() {
                    prop_assert_eq!(piece.matches("</em>").count(), usize::from(place > 0));
                    prop_assert!(!piece.replace("</em>", "").contains(['<', '>', '"', '\'']));
                }
            }
        }
    }
}
