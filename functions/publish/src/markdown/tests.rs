use shared::domain::article::MAX_BODY_BYTES;

use super::*;

mod harmless;
mod hostile;
mod payloads;

fn html(text: &str) -> String {
    render(&ArticleBody::parse(text.to_owned()).unwrap()).as_str().to_owned()
}

#[test]
fn markdown_is_rendered() {
    for (markdown, expected) in [
        (
            "# Bowline\n\nUp *through* the **hole**.",
            "<h1>Bowline</h1>\n<p>Up <em>through</em> the <strong>hole</strong>.</p>\n",
        ),
        ("~~gone~~", "<p><del>gone</del></p>\n"),
        ("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n"),
        ("3. a", "<ol start=\"3\">\n<li>a</li>\n</ol>\n"),
        ("> a", "<blockquote>\n<p>a</p>\n</blockquote>\n"),
        ("a  \nb\n\n---", "<p>a<br>\nb</p>\n<hr>\n"),
        ("`a < b`", "<p><code>a &lt; b</code></p>\n"),
        ("```rust\nlet a = 1 < 2;\n```", "<pre><code class=\"language-rust\">let a = 1 &lt; 2;\n</code></pre>\n"),
        ("```c++ ignored\n```", "<pre><code class=\"language-c++\"></code></pre>\n"),
        ("    indented", "<pre><code>indented</code></pre>\n"),
        ("你好 & 🦀", "<p>你好 &amp; 🦀</p>\n"),
    ] {
        assert_eq!(html(markdown), expected, "{markdown}");
    }
}

#[test]
fn links_and_pictures_are_kept_and_get_no_hold_on_the_page() {
    let rel = "rel=\"nofollow ugc noopener noreferrer\"";
    for (markdown, expected) in [
        ("[a](https://b.example \"c\")", format!("<p><a href=\"https://b.example\" title=\"c\" {rel}>a</a></p>\n")),
        ("<mailto:a@b.example>", format!("<p><a href=\"mailto:a@b.example\" {rel}>mailto:a@b.example</a></p>\n")),
        ("[a](/b#c)", format!("<p><a href=\"/b#c\" {rel}>a</a></p>\n")),
    ] {
        assert_eq!(html(markdown), expected, "{markdown}");
    }
    let picture = html("![a](https://b.example/c.png)");
    for part in ["src=\"https://b.example/c.png\"", "alt=\"a\"", "loading=\"lazy\"", "referrerpolicy=\"no-referrer\""] {
        assert!(picture.contains(part), "{picture}");
    }
}

#[test]
fn tables_have_their_alignment() {
    let table = html("| a | b |\n|:-:|--:|\n| 1 | 2 |");
    for part in ["<thead>", "<th style=\"text-align: center\">a</th>", "<td style=\"text-align: right\">2</td>"] {
        assert!(table.contains(part), "{table}");
    }
}

#[test]
fn tasks_are_boxes_that_nobody_can_tick() {
    let tasks = html("- [x] done\n- [ ] open");
    assert_eq!(tasks.matches("type=\"checkbox\"").count(), 2);
    assert_eq!((tasks.matches("disabled=\"\"").count(), tasks.matches("checked=\"\"").count()), (2, 1), "{tasks}");
}

#[test]
fn footnotes_lead_there_whatever_they_are_called() {
    for name in ["1", "note", "location", "getElementById", "__proto__", "名", "a b"] {
        let footnote = html(&format!("Text[^{name}].\n\n[^{name}]: The note."));
        for part in ["href=\"#fn-1\"", "id=\"fn-1\"", "class=\"footnote-definition\""] {
            assert!(footnote.contains(part), "{name}: {footnote}");
        }
        assert_eq!(footnote.matches(" id=").count(), 1, "{footnote}");
    }
    let two = html("a[^x] b[^y] a[^x]\n\n[^y]: Y\n\n[^x]: X");
    assert_eq!((two.matches("\"#fn-1\"").count(), two.matches("\"#fn-2\"").count()), (2, 1), "{two}");
}

#[test]
fn html_is_shown_as_it_was_typed() {
    for (markdown, expected) in [
        ("a <b>c</b>", "<p>a &lt;b&gt;c&lt;/b&gt;</p>\n"),
        ("<div>\nc\n</div>", "<p>&lt;div&gt;\nc\n&lt;/div&gt;\n</p>\n"),
        ("<!-- c -->", "<p>&lt;!-- c --&gt;\n</p>\n"),
    ] {
        assert_eq!(html(markdown).trim_end().replace("\n</p>", "</p>"), expected.trim_end().replace("\n</p>", "</p>"));
    }
}

#[test]
fn a_language_is_a_name_or_nothing() {
    for info in ["\"onclick=alert(1)", "x<y", "a&b", &"x".repeat(33), "\u{a0}", "名"] {
        assert!(!html(&format!("```{info}\ncode\n```")).contains("class"), "{info}");
    }
}
