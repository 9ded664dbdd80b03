//! Markdown to HTML that any page may show.
//!
//! Whatever the text is, the HTML has nothing that runs, loads in secret, or names things in the page around it. Two walls keep it
//! so: HTML in the text is shown as it was typed, and what the renderer makes passes a sanitiser that knows a short list of tags and
//! attributes. Neither time nor memory grows faster than the text: what would is shown as plain text.

mod bounded;
mod events;
mod sanitised;
#[cfg(test)]
mod tests;

use bounded::Bounded;
use pulldown_cmark::html;
use shared::domain::article::{ArticleBody, ArticleHtml};

/// Bytes of HTML at the most: six times those of a text. Only what is made of hardly anything but marks grows so much; and
/// escaped as a whole a text grows five times at the most.
const MAX_HTML_BYTES: usize = 6 * shared::domain::article::MAX_BODY_BYTES;

/// Characters of the HTML at the most that are written as entities, such as `&amp;`: the sanitiser's work grows faster than their number.
const MAX_ENTITIES: usize = 32_768;

/// `body` as HTML.
pub(crate) fn render(body: &ArticleBody) -> ArticleHtml {
    let text = body.as_str();
    let html = rendered(text).map(|html| sanitised::clean(&html)).filter(|html| html.len() <= MAX_HTML_BYTES);
    ArticleHtml::new(html.unwrap_or_else(|| plain(text)))
}

/// What the renderer makes of `text`; `None` if that would be too large or too deep.
fn rendered(text: &str) -> Option<String> {
    let events = events::of(text)?;
    let mut html = Bounded::new(MAX_HTML_BYTES);
    html::write_html_fmt(&mut html, events.into_iter()).ok()?;
    let entities = html.text.bytes().filter(|byte| *byte == b'&').count();
    (entities <= MAX_ENTITIES).then_some(html.text)
}

/// `text` as it was typed.
fn plain(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\0', "\u{fffd}");
    format!("<pre>{text}</pre>\n")
}
