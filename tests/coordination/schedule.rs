//! The schedule of the sweep in the whole program, whose clock the test moves.

use std::{sync::Arc, time::Duration};

use bloghub::platform::{Options, Platform};
use reqwest::Client;
use serde_json::{Value, json};
use test_servers::Clock;

async fn post(url: String, token: &str, body: Value) -> Value {
    let request = Client::new().post(url).header("authorization", format!("Token {token}")).json(&body);
    request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_sweeps_what_was_deleted_when_the_clock_says_so_and_not_before() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let clock = Arc::new(Clock::ahead());
    let platform =
        Platform::start_on(&Options::new(0, folder.path().join("data")), clock.clone(), |_| {}).await.unwrap();
    let batches =
        || platform.calls("sweep").unwrap().take().tallies.get("BatchWriteItem").map_or(0, |tally| tally.calls);

    let user = json!({"username": "ada", "email": "ada@mail.example", "password": "correct horse battery"});
    let user = post(format!("{}/api/users", platform.url()), "", json!({"user": user})).await;
    let token = user["user"]["token"].as_str().unwrap();
    let article = json!({"title": "Three knots", "description": "That hold", "body": "Bowline"});
    let article = post(format!("{}/api/articles", platform.url()), token, json!({"article": article})).await;
    let url = format!("{}/api/articles/{}", platform.url(), article["article"]["slug"].as_str().unwrap());
    let deletion = Client::new().delete(url).header("authorization", format!("Token {token}"));
    assert_eq!(deletion.send().await.unwrap().status(), 204);

    platform.tick().await;
    assert_eq!(batches(), 0);
    clock.pass(Duration::from_secs(60));
    platform.tick().await;
    platform.drained().await;
    assert_eq!(batches(), 1);
    // And nothing is left for the next.
    clock.pass(Duration::from_secs(60));
    platform.tick().await;
    assert_eq!(batches(), 0);
    platform.stop().await.unwrap();
}
