//! Whatever comes, the answer is clear: no fault of ours, and every refusal is a whole problem.

use reqwest::{
    Method,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::json;

use super::routes;
use crate::support::{Answer, Client, User, raw};

/// Neither a 5xx nor half a refusal.
#[track_caller]
fn expect_clear(answer: &Answer, case: &str) {
    assert!(!answer.status.is_server_error(), "{case}: {} {}", answer.status, answer.text);
    if answer.status.is_client_error() {
        answer.expect_whole_problem(case);
    }
}

/// A path of the description with something in its parameters' places.
fn filled(path: &str) -> String {
    path.replace("{slug}", "some-slug")
        .replace("{username}", "somebody")
        .replace("{id}", "7")
        .replace("{provider}", "acme")
}

#[tokio::test]
async fn odd_paths_get_clear_answers() {
    let long = format!("/api/articles/{}", "x".repeat(4_096));
    let deep = "/api".repeat(1_000);
    for target in [
        "/",
        "//",
        "///api/articles",
        "/api//articles",
        "/api/articles/",
        "/api/articles//",
        "/api/./articles",
        "/api/../api/tags",
        "/api/articles/..",
        "/api/articles/%2e%2e",
        "/api/articles/..%2f..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/api/articles/%2F",
        "/api%2Farticles",
        "/api/articles/%00",
        "/api/articles/a%0d%0ax-injected:%201",
        "/api/profiles/%00",
        "/api/profiles/%ff%fe",
        "/api/profiles/%c0%ae%c0%ae",
        "/api/profiles/%25",
        "/api/profiles/%2525",
        "/api/profiles/%3F%23",
        "/api/profiles/%E5%BC%A0%E4%BC%9F",
        "/api/articles/{slug}",
        "/api/articles;a=b",
        "/api/articles/a;b=c",
        "/api/articles?",
        "/api/articles?%",
        "/api/articles?tag=%ff&author=%00",
        "/api/articles?limit=%EF%BC%91",
        "/api/tags?x=%00%ff",
        "/api/users/login/",
        "/.env",
        "/.git/config",
        "/2015-03-31/functions/function/invocations",
        &long,
        &deep,
    ] {
        for method in ["GET", "PUT"] {
            let answer = raw::request(method, target, &[]).await;
            expect_clear(&answer, &format!("{method} {target}"));
            assert!(answer.headers.get("x-injected").is_none(), "{target}");
        }
    }
}

#[tokio::test]
async fn odd_methods_get_clear_answers() {
    for path in ["/api/articles", "/api/articles/some-slug", "/api/nothing"] {
        for method in ["PROPFIND", "TRACE", "PATCH", "OPTIONS", "BREW", "get"] {
            let answer = raw::request(method, path, &[]).await;
            expect_clear(&answer, &format!("{method} {path}"));
        }
    }
}

#[tokio::test]
async fn odd_headers_get_clear_answers_on_every_route() {
    let user = User::sign_up().await;
    let long = "x".repeat(6_000);
    let odd: [(&str, &[u8]); 16] = [
        ("authorization", b"Token"),
        ("authorization", b"Token \xff\xfe"),
        ("authorization", b"Bearer eyJhbGciOiJub25lIn0.e30."),
        ("authorization", long.as_bytes()),
        ("content-type", b""),
        ("content-type", b"\xff"),
        ("content-type", b"application/json; charset=utf-16"),
        ("content-encoding", b"gzip"),
        ("accept", b"text/html, nothing/*;q=x"),
        ("accept-encoding", b"gzip, br, zstd"),
        ("cookie", b"a=b; =; \"; c"),
        ("x-forwarded-for", b"not an address, 1.2.3.4"),
        ("x-http-method-override", b"DELETE"),
        ("if-none-match", b"\"\", W/x, *"),
        ("range", b"bytes=0-0,5-1"),
        ("origin", b"null"),
    ];
    for (method, path) in routes() {
        for (name, value) in odd {
            let request = user.client.request(method.clone(), &filled(&path));
            let headers =
                HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap())]);
            // In place of what the client would have sent under this name.
            let answer = Client::send(request.body("{}").headers(headers)).await;
            expect_clear(&answer, &format!("{method} {path} with {name}"));
        }
    }
}

#[tokio::test]
async fn odd_bodies_get_clear_answers_on_every_route() {
    let user = User::sign_up().await;
    let nested = |open: &str, close: &str| format!("{}{}", open.repeat(20_000), close.repeat(20_000));
    let wide =
        format!("{{\"user\": {{{}\"z\": 1}}}}", (0..20_000).map(|n| format!("\"k{n}\": {n},")).collect::<String>());
    let bodies = [
        ("nothing", String::new()),
        ("null", "null".to_owned()),
        ("a number", "1".to_owned()),
        ("a text", "\"text\"".to_owned()),
        ("a list", "[]".to_owned()),
        ("lists for objects", "[[\"a\", \"b\", \"c\", [\"d\"]]]".to_owned()),
        ("an empty object", "{}".to_owned()),
        ("nulls", "{\"user\": null, \"article\": null, \"refreshToken\": null}".to_owned()),
        ("lists", "{\"user\": [], \"article\": [], \"refreshToken\": []}".to_owned()),
        ("numbers", "{\"user\": 1e999, \"article\": -1e999, \"refreshToken\": 1e999}".to_owned()),
        ("long numbers", format!("{{\"user\": {0}, \"article\": {0}, \"refreshToken\": {0}}}", "9".repeat(10_000))),
        ("lone surrogates", r#"{"user": {"bio": "\udfff"}, "article": {"body": "\ud800"}}"#.to_owned()),
        ("nested lists", nested("[", "]")),
        ("nested objects", format!("{{\"user\": {}", nested("{\"user\":", "}"))),
        ("nesting where nobody looks", format!("{{\"user\": {{\"x\": {}}}}}", nested("[", "]"))),
        ("many fields", wide),
        ("a byte order mark", "\u{feff}{}".to_owned()),
        ("a comment", "{} // comment".to_owned()),
        ("no JSON", "<xml/>".to_owned()),
        ("NaN", "{\"user\": NaN}".to_owned()),
        ("double objects", r#"{"user": {}, "user": {}, "article": {}, "article": {}}"#.to_owned()),
        ("prototypes", r#"{"__proto__": {"a": 1}, "user": {"constructor": 1}}"#.to_owned()),
    ];
    for (method, path) in routes() {
        // They take no body, and would end the session that the others need.
        let ends = path.contains("/logout") || (method == Method::DELETE && path == "/api/user");
        if method == Method::GET || ends {
            continue;
        }
        for (case, body) in &bodies {
            let request = user.client.request(method.clone(), &filled(&path));
            let answer = Client::send(request.header("content-type", "application/json").body(body.clone())).await;
            expect_clear(&answer, &format!("{method} {path} with {case}"));
        }
    }
    user.client.get("/api/user").await.expect(200);
}

#[tokio::test]
async fn nothing_that_is_refused_leaves_anything_behind() {
    let user = User::sign_up().await;
    for article in [json!([]), json!("x"), json!({"title": "T", "description": "D", "body": 5})] {
        user.try_publish(article).await.expect_whole_problem("half an article");
    }
    assert!(Client::new().list(&format!("author={}", user.username)).await.0.is_empty());
}
