//! Reads HTML as a browser's tokenizer does, and says what in it could do harm. Shares nothing with what makes the HTML.

/// Tags that an article may have.
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
const ATTRIBUTES: [&str; 15] = [
    "alt",
    "checked",
    "class",
    "disabled",
    "href",
    "id",
    "loading",
    "referrerpolicy",
    "rel",
    "src",
    "start",
    "style",
    "title",
    "type",
    "value",
];

/// What is wrong with `html`, if anything is.
pub(super) fn fault(html: &str) -> Option<String> {
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let tag = &rest[start + 1..];
        let end = tag_end(tag)?;
        if let Some(fault) = tag_fault(&tag[..end]) {
            return Some(format!("{fault} in <{}>", &tag[..end]));
        }
        rest = &tag[end + 1..];
    }
    None
}

/// Where a tag ends: at the first `>` outside of quotes.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (place, c) in tag.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(place),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    Some(tag.len() - 1)
}

fn tag_fault(tag: &str) -> Option<String> {
    let tag = tag.strip_prefix('/').unwrap_or(tag).trim_end_matches('/');
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    if !TAGS.contains(&name) {
        return Some(format!("the tag {name:?}"));
    }
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return None;
        }
        let Some((attribute, after)) = rest.split_once("=\"") else { return Some(format!("{rest:?}")) };
        let Some((value, after)) = after.split_once('"') else { return Some(format!("{after:?}")) };
        rest = after;
        if !ATTRIBUTES.contains(&attribute) {
            return Some(format!("the attribute {attribute:?}"));
        }
        let value = decoded(value);
        let harmless = match attribute {
            "href" | "src" => is_harmless_url(&value),
            "style" => ["text-align: left", "text-align: center", "text-align: right"].contains(&value.as_str()),
            "id" => value.starts_with("fn-"),
            "class" => value.starts_with("language-") || value.starts_with("footnote-"),
            "type" => value == "checkbox",
            _ => true,
        };
        if !harmless {
            return Some(format!("{attribute}={value:?}"));
        }
    }
}

/// Browsers drop control characters and white space before they look for a scheme.
fn is_harmless_url(url: &str) -> bool {
    let url: String = url.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect::<String>().to_lowercase();
    let Some((scheme, _)) = url.split_once(':') else { return true };
    // What has other characters before the colon has no scheme (RFC 3986, 3.1): it is relative.
    let relative = scheme.contains(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c));
    relative || ["http", "https", "mailto"].contains(&scheme)
}

/// `text` with its entities decoded, as far as they can spell a scheme.
fn decoded(text: &str) -> String {
    let mut text = text.to_owned();
    for (entity, c) in [("&colon;", ":"), ("&Tab;", "\t"), ("&NewLine;", "\n"), ("&quot;", "\""), ("&amp;", "&")] {
        text = text.replace(entity, c);
    }
    let mut decoded = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("&#") {
        decoded += before;
        let digits: String = after.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
        let number = match digits.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => digits.parse(),
        };
        decoded.extend(number.ok().and_then(char::from_u32));
        rest = after[digits.len()..].trim_start_matches(';');
    }
    decoded + rest
}

#[test]
fn what_does_harm_is_noticed() {
    for html in [
        "<script>alert(1)</script>",
        "<p onclick=\"alert(1)\">",
        "<a href=\"java&#10;script:alert(1)\">",
        "<a href=\"&#x6A;avascript&colon;alert(1)\">",
        "<img src=\"data:text/html,x\">",
        "<div id=\"location\">",
        "<td style=\"position: fixed\">",
        "<p onclick=alert(1)>",
        "<svg>",
    ] {
        assert!(fault(html).is_some(), "{html}");
    }
    for html in ["<p>a</p>\n", "<a href=\"https://b.example/?c:d\">", "<a href=\"/b:c\">", "<br>", "a &lt;script&gt;"] {
        assert_eq!(fault(html), None, "{html}");
    }
}
