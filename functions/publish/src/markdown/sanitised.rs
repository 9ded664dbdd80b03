//! The tags and attributes that HTML may have: those that the renderer makes, and no others.

use std::{borrow::Cow, collections::HashSet, sync::LazyLock};

use ammonia::Builder;

const TAGS: [&str; 29] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "img",
    "input",
    "li",
    "ol",
    "p",
    "pre",
    "strong",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];
const ATTRIBUTES: [(&str, &[&str]); 9] = [
    ("a", &["href", "title"]),
    ("code", &["class"]),
    ("div", &["class", "id"]),
    ("img", &["src", "alt", "title"]),
    ("input", &["checked"]),
    ("ol", &["start"]),
    ("sup", &["class"]),
    ("td", &["style"]),
    ("th", &["style"]),
];
/// Where links and pictures may lead; relative ones may too.
const SCHEMES: [&str; 3] = ["http", "https", "mailto"];
/// Whoever wrote the text did not link on our behalf, and a page that is opened gets no handle on the one that it came from.
const REL: &str = "nofollow ugc noopener noreferrer";

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::empty();
    cleaner
        .tags(TAGS.into_iter().collect())
        .tag_attributes(ATTRIBUTES.into_iter().map(|(tag, names)| (tag, names.iter().copied().collect())).collect())
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(SCHEMES))
        .link_rel(Some(REL))
        .set_tag_attribute_value("input", "type", "checkbox")
        .set_tag_attribute_value("input", "disabled", "")
        .set_tag_attribute_value("img", "loading", "lazy")
        .set_tag_attribute_value("img", "referrerpolicy", "no-referrer")
        .attribute_filter(value);
    cleaner
});

/// `html` with nothing but what is on the lists.
pub(super) fn clean(html: &str) -> String {
    CLEANER.clean(html).to_string()
}

/// The values that attributes may have which mean something to a page.
fn value<'a>(tag: &str, name: &str, value: &'a str) -> Option<Cow<'a, str>> {
    let known = match (tag, name) {
        ("code", "class") => value.starts_with("language-") && !value.contains(char::is_whitespace),
        ("div", "class") => value == "footnote-definition",
        ("div", "id") => value.strip_prefix("fn-").is_some_and(is_number),
        ("sup", "class") => ["footnote-reference", "footnote-definition-label"].contains(&value),
        ("td" | "th", "style") => ["left", "center", "right"].iter().any(|side| value == format!("text-align: {side}")),
        ("ol", "start") => is_number(value),
        _ => true,
    };
    known.then_some(Cow::Borrowed(value))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
