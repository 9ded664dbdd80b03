//! Showing where a text has what was looked for.

use std::{collections::HashSet, ops::Range};

use crate::words::stemmed_atoms;

/// Characters of a part of a text.
const LENGTH: usize = 200;
/// Characters between the first and the last word of a part that is shown for its words.
const REACH: usize = 150;
/// Characters that may stand before the first of them.
const LEAD: usize = 40;

/// Finds in texts what was looked for.
pub(crate) struct Marker {
    needles: Vec<Vec<String>>,
    /// What any of their terms begins with: no other word of a text needs to be stemmed.
    begin: HashSet<char>,
}

/// A place in a text, in bytes, and which needle is there.
type Found = (Range<usize>, usize);

impl Marker {
    /// Of terms that follow each other, as the index has them.
    pub(crate) fn new(needles: Vec<Vec<String>>) -> Self {
        let begin = needles.iter().flatten().filter_map(|term| term.chars().next()).collect();
        Self { needles, begin }
    }

    /// The whole text.
    pub(crate) fn whole(&self, text: &str) -> String {
        mark(text, 0..text.len(), &self.find(text))
    }

    /// The part of the text that has most of it, or its beginning.
    pub(crate) fn part(&self, text: &str) -> String {
        let found = self.find(text);
        mark(text, part(text, &found), &found)
    }

    /// All places, in their order.
    fn find(&self, text: &str) -> Vec<Found> {
        if self.needles.is_empty() {
            return Vec::new();
        }
        let begins = |term: &str| term.chars().next().is_some_and(|first| self.begin.contains(&first));
        let atoms = stemmed_atoms(text, begins);
        let mut found = Vec::new();
        for (at, atom) in atoms.iter().enumerate().filter(|(_, atom)| begins(&atom.term)) {
            for (number, needle) in self.needles.iter().enumerate() {
                let Some(there) = atoms.get(at..at + needle.len()) else { continue };
                if there.iter().zip(needle).all(|(atom, term)| atom.term == *term) {
                    found.push((atom.at.start..there[needle.len() - 1].at.end, number));
                }
            }
        }
        found
    }
}

/// The part of the text that has the most of different needles, and of those the most places.
fn part(text: &str, found: &[Found]) -> Range<usize> {
    let Some(end) = behind(text, 0, LENGTH) else { return 0..text.len() };
    let mut best = (0, 0, None);
    for (at, (first, _)) in found.iter().enumerate() {
        let reach = behind(text, first.start, REACH).unwrap_or(text.len());
        let within = || found[at..].iter().take_while(|(place, _)| place.end <= reach);
        let different = within().map(|(_, needle)| needle).collect::<HashSet<_>>().len();
        let places = within().count();
        if (different, places) > (best.0, best.1) {
            best = (different, places, Some(first.start));
        }
    }
    let start = best.2.map_or(0, |first| lead(text, first));
    let end = if start == 0 { Some(end) } else { behind(text, start, LENGTH) };
    let end = end.map_or(text.len(), |end| whole_word(text, start, end));
    start..start + text[start..end].trim_end().len()
}

/// Where the character stands that is so many behind `from`; `None` behind the end.
fn behind(text: &str, from: usize, characters: usize) -> Option<usize> {
    text[from..].char_indices().nth(characters).map(|(at, _)| from + at)
}

/// Where to begin so that `first` is soon there: at a sentence, else at a word.
fn lead(text: &str, first: usize) -> usize {
    let mut start = first;
    let mut later = None;
    for (passed, (at, c)) in text[..first].char_indices().rev().enumerate() {
        if passed == LEAD {
            return start;
        }
        let stop = match c {
            '.' | '!' | '?' | ';' => later.is_some_and(char::is_whitespace),
            _ => matches!(c, '\n' | '。' | '！' | '？' | '；'),
        };
        if stop {
            let after = &text[at + c.len_utf8()..];
            return text.len() - after.trim_start().len();
        }
        if later.is_some_and(|later| !joined(c, later)) && !c.is_alphanumeric() {
            start = at + c.len_utf8();
        }
        later = Some(c);
    }
    0
}

/// `end`, or a little before if a word would be cut there.
fn whole_word(text: &str, start: usize, end: usize) -> usize {
    let mut later = text[end..].chars().next();
    for (at, c) in text[start..end].char_indices().rev().take(LEAD) {
        if later.is_none_or(|later| !joined(c, later)) {
            return start + at + c.len_utf8();
        }
        later = Some(c);
    }
    end
}

/// Whether two characters are of one word of letters.
fn joined(a: char, b: char) -> bool {
    let latin = |c: char| c.is_alphanumeric() && c < '\u{2e80}';
    latin(a) && latin(b)
}

/// A part of the text as HTML, with `<em>` around what was found.
fn mark(text: &str, part: Range<usize>, found: &[Found]) -> String {
    let mut html = String::with_capacity(part.len() + 16);
    let mut at = part.start;
    let mut found = found.iter().filter(|(place, _)| place.start >= part.start && place.end <= part.end).peekable();
    while let Some((place, _)) = found.next() {
        let mut end = place.end;
        // What overlaps is one.
        while let Some((next, _)) = found.next_if(|(next, _)| next.start < end) {
            end = end.max(next.end);
        }
        escape(&text[at..place.start], &mut html);
        html.push_str("<em>");
        escape(&text[place.start..end], &mut html);
        html.push_str("</em>");
        at = end;
    }
    escape(&text[at..part.end], &mut html);
    html
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marker(needles: &[&[&str]]) -> Marker {
        Marker::new(needles.iter().map(|needle| needle.iter().map(|term| (*term).to_owned()).collect()).collect())
    }

    #[test]
    fn what_overlaps_is_one_and_markup_is_text() {
        let marker = marker(&[&["数", "据"], &["据", "库"], &["run"]]);
        assert_eq!(
            marker.whole("<b>数据库 'running'</b>"),
            "&lt;b&gt;<em>数据库</em> &#39;<em>running</em>&#39;&lt;/b&gt;"
        );
    }

    #[test]
    fn a_part_begins_at_a_sentence_and_ends_with_a_word() {
        let filler = "something else altogether ".repeat(20);
        let text = format!("{filler}ends. It is the parser that works {filler}");
        let part = marker(&[&["parser"]]).part(&text);
        assert!(part.starts_with("It is the <em>parser</em> that works something"), "{part}");
        assert!(part.ends_with(" something") || part.ends_with(" else") || part.ends_with(" altogether"), "{part}");
    }

    proptest! {
        #[test]
        fn whatever_the_text_a_part_of_it_is_shown(text in "([a-c] ?|[数据。<&😀é\\n]){0,400}") {
            let part = marker(&[&["a", "b"], &["数", "据"], &["c"]]).part(&text);
            let plain = part.replace("<em>", "").replace("</em>", "").replace("&lt;", "<").replace("&amp;", "&");
            prop_assert!(text.contains(&plain) && plain.chars().count() <= LENGTH);
            prop_assert_eq!(part.matches("<em>").count(), part.matches("</em>").count());
        }
    }
}
