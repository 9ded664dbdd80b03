//! Whatever is typed gives results or a clear 422.

use serde_json::json;
use shared::domain::{page::Cursor, search::Place};

use crate::support::{Client, encode};

const ROUTES: [&str; 4] = ["search", "search/suggest", "search/tags", "search/users"];

#[tokio::test]
async fn whatever_is_typed_there_is_an_answer() {
    let typed = [
        "\"",
        "\"\"",
        "-",
        "--",
        "-\"",
        "- -",
        "*",
        "*:*",
        "a:b",
        "title:x",
        "AND",
        "OR NOT",
        "(a",
        "a)",
        "[1 TO 2]",
        "{}",
        "a~2",
        "a^9",
        "\\",
        "/.*/",
        "../../etc/passwd",
        "'; DROP TABLE articles; --",
        "<script>alert(1)</script>",
        "%00",
        "\u{0}",
        "\u{feff}",
        "\u{202e}abc",
        "é",
        "ﬁ",
        "ＡＢＣ",
        "的",
        "的 的 的",
        "-的",
        "😀",
        "👨‍👩‍👧‍👦 -👩",
        "a\u{301}\u{301}\u{301}",
        "١٢٣",
        "हिन्दी",
        "ไทย",
        "日本語のテキスト",
        "한국어",
        "\"unbalanced phrase",
        "-\"unwanted phrase",
        "x\ty\nz",
        "${jndi:ldap://x}",
        "{{7*7}}",
        "...",
        "....a",
        "a.b.c.d",
        "c++",
        "c#",
        ".net",
        "node.js",
        "1e999",
        "NaN",
        "null",
        "true",
    ];
    let long: Vec<_> =
        ["x", "字", "😀", "a ", "\"", "-a "].iter().map(|piece| piece.repeat(256 / piece.chars().count())).collect();
    for typed in typed.into_iter().chain(long.iter().map(String::as_str)) {
        for route in ROUTES {
            let answer = Client::new().get(&format!("/api/{route}?q={}", encode(typed))).await;
            answer.expect(200);
        }
    }
}

#[tokio::test]
async fn what_is_longer_than_anyone_types_is_refused() {
    // An emulator's gateway has no place for 10 KB, which are 30 KB in an address.
    let emojis = if shared::config::variable("BLOGHUB_API").is_some() { 600 } else { 2_560 };
    for typed in ["x".repeat(257), "😀".repeat(emojis)] {
        for route in ROUTES {
            let answer = Client::new().get(&format!("/api/{route}?q={}", encode(&typed))).await;
            answer.expect_problem(422, json!({"q": ["is too long (maximum is 256 characters)"]}));
        }
    }
}

#[tokio::test]
async fn all_that_is_wrong_is_said_at_once() {
    let path = "/api/search?from=yesterday&to=2026-02-30&sort=best&limit=0&cursor=x";
    let answer = Client::new().get(path).await;
    let errors = answer.expect(422)["errors"].take();
    assert_eq!(errors.as_object().unwrap().keys().collect::<Vec<_>>(), ["cursor", "from", "limit", "sort", "to"]);
    assert_eq!(errors["sort"], json!(["must be relevance, latest or hot"]));
}

#[tokio::test]
async fn a_cursor_of_one_order_is_none_of_another() {
    let places =
        [("a20", "latest"), ("b01ARZ3NDEKTSV4RRFFQ69G5FAV", "relevance"), ("b01ARZ3NDEKTSV4RRFFQ69G5FAV", "hot")];
    for (place, sort) in places {
        let cursor = Cursor(place.parse::<Place>().unwrap());
        let answer = Client::new().get(&format!("/api/search?sort={sort}&cursor={cursor}")).await;
        answer.expect_problem(422, json!({"cursor": ["must be the cursor of a page of this list"]}));
    }
    Client::new().get("/api/search/users?cursor=YjAxQVJaM05ERUtUU1Y0UlJGRlE2OUc1RkFW").await.expect(422);
}
