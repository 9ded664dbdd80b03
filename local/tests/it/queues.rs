//! Changes, messages and dead letters of the real program, through kills and as its subcommands show them.

use serde_json::{Value, json};

use crate::support::{Api, Ended, PATIENCE, Running, Sandbox, eventually, free_ports};

/// The program over the folder `data`, with a cache that nobody serves: no message can be consumed.
async fn without_cache(sandbox: &Sandbox) -> (Running, Api) {
    let [nobody] = free_ports();
    let mut command = sandbox.bloghub(&["--port", "0", "--data", "data"]);
    command.env("REDIS_URL", format!("redis://127.0.0.1:{nobody}"));
    Running::serving(sandbox, command).await
}

/// What a subcommand leaves.
async fn ask(sandbox: &Sandbox, arguments: &[&str]) -> Ended {
    Running::start(sandbox, sandbox.bloghub(&[arguments, &["--data", "data"]].concat())).end().await
}

/// What a subcommand prints as JSON.
async fn ask_json(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let ended = ask(sandbox, &[arguments, &["--json"]].concat()).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    serde_json::from_str(&ended.stdout).unwrap()
}

/// The queue of evictions.
async fn queue(sandbox: &Sandbox) -> Value {
    let queues = ask_json(sandbox, &["queues"]).await;
    queues.as_array().unwrap().iter().find(|queue| queue["queue"] == "cache-evict").unwrap().clone()
}

fn messages(queue: &Value) -> u64 {
    ["visible", "inFlight", "delayed"].iter().map(|count| queue[count].as_u64().unwrap()).sum()
}

/// Waits until the queue is as `wanted`; answers it.
async fn queue_when(sandbox: &Sandbox, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    eventually(what, PATIENCE, async || Some(queue(sandbox).await).filter(&wanted)).await
}

fn is_empty(queue: &Value) -> bool {
    messages(queue) == 0 && queue["dead"] == 0
}

#[tokio::test]
async fn a_message_that_nobody_could_consume_before_a_kill_is_consumed_after_it() {
    let sandbox = Sandbox::new();
    let (running, api) = without_cache(&sandbox).await;
    let ada = api.sign_up("ada").await;
    ada.publish("Three knots", &["knots"]).await;
    let waiting = queue_when(&sandbox, "messages", |queue| messages(queue) > 0).await;
    assert!(waiting["oldestSeconds"].as_u64().is_some(), "{waiting}");
    running.kill().await;

    let ended = ask(&sandbox, &["queues"]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
    let (running, _) = Running::bloghub(&sandbox, "data").await;
    let empty = queue_when(&sandbox, "an empty queue", is_empty).await;
    assert_eq!(empty["oldestSeconds"], Value::Null);
    for stream in ask_json(&sandbox, &["streams"]).await.as_array().unwrap() {
        assert_eq!((&stream["records"], &stream["oldestSeconds"]), (&json!(0), &Value::Null), "{stream}");
    }
    assert_eq!(running.interrupt().await.code, Some(0));
}

#[tokio::test]
async fn a_message_that_keeps_failing_dies_with_its_error_survives_a_kill_and_is_sent_back() {
    let sandbox = Sandbox::new();
    let (running, api) = without_cache(&sandbox).await;
    let ada = api.sign_up("ada").await;
    ada.publish("Three knots", &[]).await;
    let dead = queue_when(&sandbox, "dead letters", |queue| queue["dead"].as_u64() >= Some(2) && messages(queue) == 0);
    let dead = dead.await;
    let letters = dead["deadLetters"].as_array().unwrap();
    for letter in letters {
        assert!(letter["error"].as_str().is_some_and(|error| error.contains("Redis")), "{letter}");
    }
    let shown = ask(&sandbox, &["queues"]).await.stdout;
    let id = letters[0]["id"].as_str().unwrap();
    assert!(shown.contains("cache-evict") && shown.contains(id) && shown.contains("Redis"), "{shown}");
    running.kill().await;

    let (_running, _) = Running::bloghub(&sandbox, "data").await;
    let after = queue_when(&sandbox, "as many dead letters", |queue| queue["dead"] == dead["dead"]).await;
    let known = |queue: &Value| {
        let letters = queue["deadLetters"].as_array().unwrap();
        let mut known: Vec<_> =
            letters.iter().map(|letter| (letter["id"].to_string(), letter["error"].clone())).collect();
        known.sort_by(|a, b| a.0.cmp(&b.0));
        known
    };
    assert_eq!(known(&after), known(&dead));

    let sent = ask_json(&sandbox, &["queues", "redrive", "cache-evict", "--message", id]).await;
    assert_eq!(sent, json!({"queue": "cache-evict", "redriven": [id]}));
    let rest = queue_when(&sandbox, "one message consumed", |queue| messages(queue) == 0).await;
    assert_eq!(rest["dead"], letters.len() - 1);
    let sent = ask_json(&sandbox, &["queues", "redrive", "cache-evict", "--all"]).await;
    assert_eq!(sent["redriven"].as_array().unwrap().len(), letters.len() - 1);
    queue_when(&sandbox, "an empty queue", is_empty).await;
}

#[tokio::test]
async fn what_cannot_be_shown_or_sent_back_is_told_in_one_line() {
    let sandbox = Sandbox::new();
    let nobody = ask(&sandbox, &["queues"]).await;
    let (_running, _) = Running::bloghub(&sandbox, "data").await;
    let unknown = ask(&sandbox, &["queues", "redrive", "sms", "--all"]).await;
    let missing = ask(&sandbox, &["queues", "redrive", "cache-evict", "--message", "none"]).await;
    for (ended, words) in [(nobody, "no bloghub runs"), (unknown, "no queue sms"), (missing, "no dead letter none")] {
        assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.lines().count()), (Some(1), "", 1), "{ended:?}");
        assert!(ended.stderr.contains(words), "{ended:?}");
    }
}

#[tokio::test]
async fn a_stack_without_credentials_is_refused_with_what_is_missing() {
    let sandbox = Sandbox::new();
    for command in ["queues", "streams"] {
        let ended = Running::start(&sandbox, sandbox.bloghub(&[command, "--stack", "blog"])).end().await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains("AWS_REGION is missing"), "{ended:?}");
    }
}
