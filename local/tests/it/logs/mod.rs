//! What the program logs: one JSON object a line, one line a request, and nobody's secrets.

mod requests;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Running, Sandbox, expect_none_of, json_lines};
use requests::{Answered, EMAIL, PASSWORD, Witness, body, confused_bodies, confused_places, live};

/// Sends everything to a program with this `LOG_LEVEL`; answers what was answered and what was logged.
async fn record(level: &str) -> (Witness, String) {
    let sandbox = Sandbox::new();
    let mut command = sandbox.bloghub(&["--port", "0", "--data", "data"]);
    command.env("LOG_LEVEL", level);
    let (running, api) = Running::serving(&sandbox, command).await;
    let mut witness = Witness::of(api);
    live(&mut witness).await;
    confused_bodies(&mut witness).await;
    confused_places(&mut witness).await;
    let ended = running.interrupt().await;
    expect_none_of(&witness.secrets, &ended.stderr);
    (witness, ended.stdout)
}

/// The one line that tells of a request.
fn line_of<'a>(lines: &'a [Value], id: &str) -> &'a Value {
    let mut found = lines.iter().filter(|line| line["requestId"] == id && line["message"] == "answered");
    let line = found.next().unwrap_or_else(|| panic!("no line of {id}"));
    assert_eq!(found.next(), None, "a second line of {id}");
    line
}

#[tokio::test]
async fn each_request_has_one_line_and_no_line_or_error_a_secret() {
    let (witness, log) = record("info").await;
    expect_none_of(&witness.secrets, &log);
    let lines = json_lines(&log);
    assert_eq!(lines.iter().filter(|line| line["message"] == "answered").count(), witness.answered.len());
    for Answered { method, path, answer } in &witness.answered {
        let line = line_of(&lines, &answer.request_id);
        assert_eq!(line["status"], answer.status, "{line}");
        assert!(line["durationMs"].as_f64().is_some_and(|millis| millis > 0.0), "{line}");
        assert!(bloghub::functions::all().iter().any(|function| line["function"] == function.name), "{line}");
        let route = line["route"].as_str().unwrap_or_else(|| panic!("no route: {line}"));
        let prefix = route.split('{').next().unwrap();
        assert!(route == "-" || path.starts_with(prefix), "{path}: {line}");
        // A method of nobody's may be anything, so it is not repeated.
        assert!(line["method"] == method.as_str() || method.as_str() == "HUSH-hush", "{line}");
        assert!(answer.status < 500, "{method} {path}: {}", answer.text);
        if answer.status >= 400 {
            expect_none_of(&witness.secrets, &answer.text);
        }
    }
}

#[tokio::test]
async fn even_the_most_talkative_level_tells_no_secret() {
    let (witness, log) = record("trace").await;
    json_lines(&log);
    expect_none_of(&witness.secrets, &log);
}

#[tokio::test]
async fn a_line_names_function_route_and_method() {
    let sandbox = Sandbox::new();
    let (running, api) = Running::bloghub(&sandbox, "data").await;
    let ada = api.sign_up("ada").await;
    let slug = ada.publish("Named", &[]).await;
    let refused = api.post("/api/users/login", json!({"user": {}})).await;
    let expected = [
        (api.log_in("ada").await.request_id, "login", "POST", "/api/users/login", 200),
        (refused.request_id, "login", "POST", "/api/users/login", 422),
        (ada.get("/api/user").await.request_id, "profile", "GET", "/api/user", 200),
        (api.get("/api/profiles/ada").await.request_id, "profile", "GET", "/api/profiles/{username}", 200),
        (api.get(&format!("/api/articles/{slug}")).await.request_id, "article", "GET", "/api/articles/{slug}", 200),
        (api.get("/api/openapi.json").await.request_id, "fallback", "GET", "/api/openapi.json", 200),
        (api.get("/nowhere").await.request_id, "fallback", "GET", "-", 404),
    ];
    let lines = json_lines(&running.interrupt().await.stdout);
    for (id, function, method, route, status) in expected {
        let line = line_of(&lines, &id);
        let told = (&line["function"], &line["method"], &line["route"], &line["status"]);
        assert_eq!(told, (&json!(function), &json!(method), &json!(route), &json!(status)), "{line}");
    }
}

#[tokio::test]
async fn a_large_body_is_answered_every_time_though_nobody_wants_it_and_is_not_repeated() {
    let sandbox = Sandbox::new();
    let (running, api) = Running::bloghub(&sandbox, "data").await;
    let mut witness = Witness::of(api);
    let text = json!({"user": {"email": EMAIL, "password": PASSWORD.repeat(200_000)}}).to_string();
    let routes = [("/api/users", 413), ("/api/articles", 401), ("/nowhere", 404)];
    for _ in 0..10 {
        for (path, status) in routes {
            body(witness.text(Method::POST, path, &text).await, status);
        }
    }
    let log = running.interrupt().await.stdout;
    assert_eq!(json_lines(&log).len(), witness.answered.len());
    for text in witness.answered.iter().map(|answered| &answered.answer.text).chain([&log]) {
        expect_none_of(&witness.secrets, text);
    }
}

#[tokio::test]
async fn errors_only_means_no_line_for_an_answer() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.bloghub(&["--port", "0", "--data", "data"]);
    command.env("LOG_LEVEL", "error");
    let (running, api) = Running::serving(&sandbox, command).await;
    api.get("/api/tags").await.expect(200);
    assert_eq!(running.interrupt().await.stdout, "");
}
