//! What a text is made of, as far as it may be shown.

use std::collections::HashMap;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd};

/// How deep lists, quotes and the like may stand in each other. Deeper than any reader follows; the sanitiser's work grows with it.
const MAX_DEPTH: usize = 64;
/// How many marks of lists and quotes may begin a line: the parser's work grows with them times the lines.
const MAX_MARKS: usize = 256;
/// Parts of a text at the most: a table fills up rows, so that a text may have more of them than bytes.
const MAX_EVENTS: usize = shared::domain::article::MAX_BODY_BYTES;
/// Characters of a language's name at the most.
const MAX_LANGUAGE: usize = 32;

/// The parts of `text`; `None` if they are too many or too deep.
pub(super) fn of(text: &str) -> Option<Vec<Event<'_>>> {
    if text.lines().any(|line| marks(line) > MAX_MARKS) {
        return None;
    }
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let (mut events, mut depth, mut footnotes) = (Vec::new(), 0_usize, Footnotes::default());
    for event in Parser::new_ext(text, options) {
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH || events.len() >= MAX_EVENTS {
            return None;
        }
        events.push(shown(event, &mut footnotes));
    }
    Some(events)
}

/// How many marks of quotes and lists `line` begins with, at the most: a list's has white space behind it, a line of dashes has none.
fn marks(line: &str) -> usize {
    let bytes = line.as_bytes();
    let start = bytes.iter().take_while(|byte| b">-+*.) \t0123456789".contains(byte)).count();
    let spaced = |place: usize| bytes.get(place + 1).is_none_or(|next| b" \t".contains(next));
    let mark = |place: &usize| bytes[*place] == b'>' || (b"-+*.)".contains(&bytes[*place]) && spaced(*place));
    (0..start).filter(mark).count()
}

/// Footnotes by their names, which are the author's to choose: in the HTML they have numbers, for a name could be that of something
/// in the page around it.
#[derive(Default)]
struct Footnotes<'a>(HashMap<CowStr<'a>, usize>);

impl<'a> Footnotes<'a> {
    fn id(&mut self, name: CowStr<'a>) -> CowStr<'a> {
        let next = self.0.len() + 1;
        CowStr::from(format!("fn-{}", self.0.entry(name).or_insert(next)))
    }
}

/// `event` without what is not shown: HTML is text.
fn shown<'a>(event: Event<'a>, footnotes: &mut Footnotes<'a>) -> Event<'a> {
    match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        Event::FootnoteReference(name) => Event::FootnoteReference(footnotes.id(name)),
        Event::Start(Tag::FootnoteDefinition(name)) => Event::Start(Tag::FootnoteDefinition(footnotes.id(name))),
        Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
            let kind = language(&info).map_or(CodeBlockKind::Indented, CodeBlockKind::Fenced);
            Event::Start(Tag::CodeBlock(kind))
        }
        event => event,
    }
}

/// The language of a fenced block, if what stands there can be the name of one.
fn language<'a>(info: &str) -> Option<CowStr<'a>> {
    let name = info.split_whitespace().next()?;
    let known = |c: char| c.is_ascii_alphanumeric() || "+#._-".contains(c);
    (name.len() <= MAX_LANGUAGE && name.chars().all(known)).then(|| CowStr::from(name.to_owned()))
}
