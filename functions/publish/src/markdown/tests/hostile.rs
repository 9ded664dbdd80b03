//! Texts of the greatest size that are made to take long, or to become large.

use super::{harmless::fault, *};

fn filled(part: &str) -> String {
    part.repeat(MAX_BODY_BYTES / part.len())
}

/// The beginning of one, and then as much of the other.
fn halves(begin: &str, go_on: &str) -> String {
    let half = MAX_BODY_BYTES / 2 - 1;
    format!("{}\n{}", begin.repeat(half / begin.len()), go_on.repeat(half / go_on.len()))
}

fn counted(part: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for number in 0.. {
        let next = part(number);
        if text.len() + next.len() > MAX_BODY_BYTES {
            break;
        }
        text += &next;
    }
    text
}

fn texts() -> Vec<(&'static str, String)> {
    let wide = |columns: usize| {
        let head = format!("{}\n{}\n", "|a".repeat(columns), "|-".repeat(columns));
        head.clone() + &"|a\n".repeat((MAX_BODY_BYTES - head.len()) / 3)
    };
    let definition = format!("[a]: {}\n\n", "/".repeat(MAX_BODY_BYTES / 2));
    let expansions = definition.clone() + &"[a] ".repeat((MAX_BODY_BYTES - definition.len()) / 4);
    vec![
        ("quotes", filled(">")),
        ("spaced quotes", filled("> ")),
        ("quotes, then lines", halves("> ", "a\n")),
        ("quotes, then blank lines", halves(">", "\n")),
        ("lists", filled("+ ")),
        ("lists, then blank lines", halves("+ ", "\n")),
        ("numbers", filled("1. ")),
        ("numbers, then blank lines", halves("1) ", "\n")),
        ("mixed marks", filled("> + 1. ")),
        ("ever deeper lists", counted(|number| format!("{}- a\n", "  ".repeat(number)))),
        ("ever deeper quotes", counted(|number| format!("{}a\n", ">".repeat(number)))),
        ("brackets", filled("[")),
        ("openings of links", filled("[a](")),
        ("links in links", "[".repeat(MAX_BODY_BYTES / 4) + &"](a)".repeat(MAX_BODY_BYTES / 8)),
        ("pictures", filled("![")),
        ("emphasis", filled("*a **b ")),
        ("nested emphasis", "*a ".repeat(MAX_BODY_BYTES / 6) + &" a*".repeat(MAX_BODY_BYTES / 6)),
        ("alternating emphasis", filled("*_")),
        ("strikes", filled("~a~~b")),
        ("backticks", counted(|number| "`".repeat(number) + " ")),
        ("tags", filled("<a ")),
        ("nested tags", filled("<b>")),
        ("formatting that reopens", format!("{}{}", "<b x=1>".repeat(9_000), "\n\na".repeat(60_000))),
        ("comments", filled("<!--")),
        ("instructions", filled("<?")),
        ("signs", filled("<")),
        ("ampersands", filled("&")),
        ("ampersands, as many as are taken", "x&".repeat(32_768)),
        ("quotation marks", filled("\"")),
        ("entities", filled("&amp;")),
        ("links", filled("<http://a>")),
        ("footnotes", filled("[^a]")),
        ("definitions of footnotes", counted(|number| format!("[^{number}]: a\n"))),
        ("footnotes of footnotes", counted(|number| format!("[^{number}]: [^{}]\n\n", number + 1))),
        ("definitions", counted(|number| format!("[{number}]: /\n"))),
        ("a long link often", expansions),
        ("a wide table", wide(300)),
        ("a wider table", wide(20_000)),
        ("paragraphs", filled("a\n\n")),
        ("tasks", filled("- [ ] a\n")),
        ("rules", filled("---\n")),
        ("fences", filled("```\n")),
        ("backslashes", filled("\\")),
        ("nothing", filled("a\0")),
        ("no spaces", filled("字")),
    ]
}

#[test]
fn no_text_becomes_large_or_deep_or_is_lost() {
    for (name, text) in texts() {
        assert!(text.len() <= MAX_BODY_BYTES, "{name}");
        let html = html(&text);
        assert!(
            html.len() <= MAX_HTML_BYTES && !html.trim().is_empty() || name == "definitions",
            "{name}: {}",
            html.len()
        );
        assert_eq!(fault(&html), None, "{name}");
        assert!(depth(&html) <= 70, "{name}: {}", depth(&html));
    }
}

/// How deep tags stand in each other at the most.
fn depth(html: &str) -> i64 {
    let void = ["br", "hr", "img", "input"];
    let (mut depth, mut most) = (0, 0);
    for tag in html.split('<').skip(1) {
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
        if tag.starts_with('/') {
            depth -= 1;
        } else if !void.contains(&name.as_str()) {
            depth += 1;
            most = most.max(depth);
        }
    }
    most
}

#[test]
fn what_is_too_deep_or_too_large_is_shown_as_it_was_typed() {
    for text in [filled("> "), filled("<"), "> ".repeat(65) + "<b>&"] {
        let html = html(&text);
        let shown = html.strip_prefix("<pre>").and_then(|html| html.strip_suffix("</pre>\n"));
        if text.starts_with('>') {
            let shown = shown.unwrap().replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&");
            assert!(shown == text, "another text is shown");
        }
    }
    assert!(html(&("> ".repeat(60) + "a")).starts_with("<blockquote>"));
}

/// The parser is asked for nothing that takes the square of the text: the counts that its work follows are bounded.
#[test]
fn lines_that_begin_with_very_many_marks_are_not_parsed() {
    for text in ["> ".repeat(257), "1. ".repeat(300), format!("a\n{}", "+ ".repeat(300)), ">".repeat(257)] {
        assert!(events::of(&text).is_none(), "{}", &text[..10]);
    }
    for text in ["-".repeat(1_000), "*".repeat(1_000), ".".repeat(1_000), "1234567890".repeat(100), "> ".repeat(20)] {
        assert!(events::of(&text).is_some(), "{}", &text[..10]);
    }
}

#[test]
fn a_table_that_fills_up_its_rows_is_not_drawn_out() {
    let head = format!("{}\n{}\n", "|a".repeat(300), "|-".repeat(300));
    assert!(events::of(&(head + &"|a\n".repeat(10_000))).is_none());
}
