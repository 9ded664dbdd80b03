//! What the program keeps when it is stopped, killed, or loses its cache.

use std::{fs, sync::Mutex};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::support::{Api, PATIENCE, Running, Sandbox, eventually};

/// What everyone sees of one article, on every way to it.
async fn seen(api: &Api, slug: &str) -> [Value; 4] {
    let read = api.get(&format!("/api/articles/{slug}")).await.expect(200);
    let by_tag = api.get("/api/articles?tag=Knots").await.expect(200);
    let by_author = api.get("/api/articles?author=ada").await.expect(200);
    [read, by_tag, by_author, api.get("/api/tags").await.expect(200)]
}

#[tokio::test]
async fn what_was_written_is_there_after_an_interrupt_and_a_start_on_the_same_port() {
    let sandbox = Sandbox::new();
    let (running, api) = Running::bloghub(&sandbox, "data").await;
    api.sign_up("ada").await;
    let token = api.log_in("ada").await.expect(200)["user"]["token"].as_str().unwrap().to_owned();
    let ada = api.with_token(&token);
    let slug = ada.publish("Three knots", &["knots", "sailing"]).await;
    let edit = json!({"article": {"title": "Four knots", "body": "And a hitch"}});
    ada.put(&format!("/api/articles/{slug}"), edit).await.expect(200);
    let before = seen(&api, &slug).await;
    assert_eq!(before[0]["article"]["title"], "Four knots");
    assert_eq!(before[1]["articlesCount"], 1);
    running.interrupt().await;

    let port = api.url.rsplit(':').next().unwrap();
    let (_running, api) = Running::serving(&sandbox, sandbox.bloghub(&["--port", port, "--data", "data"])).await;
    assert_eq!(seen(&api, &slug).await, before);
    api.with_token(&token).get("/api/user").await.expect(200);
    api.log_in("ada").await.expect(200);
}

#[tokio::test]
async fn an_interrupt_or_a_terminate_ends_the_program_in_order_though_clients_keep_their_connections() {
    for signal in [Signal::INT, Signal::TERM] {
        let sandbox = Sandbox::new();
        let (mut running, api) = Running::bloghub(&sandbox, "data").await;
        api.get("/api/tags").await.expect(200);
        running.signal(signal);
        let stopping = tokio::time::Instant::now();
        let ended = running.end().await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(stopping.elapsed().as_secs() < 5, "it took {:?}", stopping.elapsed());
        assert!(sandbox.inhabitants().is_empty(), "{:?}", sandbox.inhabitants());
    }
}

#[tokio::test]
async fn whatever_was_answered_before_a_kill_is_there_after_a_start() {
    let sandbox = Sandbox::new();
    let (running, api) = Running::bloghub(&sandbox, "data").await;
    let ada = api.sign_up("ada").await;
    let answered = Mutex::new(Vec::new());
    // Four write as fast as they can; the kill comes between an answer and the next, or in the midst of a write.
    let write = async |writer: usize| {
        for number in 0.. {
            let request = ada.publication(&format!("Piece {number} of {writer}"), &["burst"]);
            let Ok(answer) = Api::try_send(request).await else { return };
            let slug = answer.expect(201)["article"]["slug"].as_str().unwrap().to_owned();
            answered.lock().unwrap().push(slug);
        }
    };
    let kill = async {
        eventually("25 answers", PATIENCE, async || (answered.lock().unwrap().len() >= 25).then_some(())).await;
        running.kill().await;
    };
    tokio::join!(write(0), write(1), write(2), write(3), kill);

    let (_running, api) = Running::bloghub(&sandbox, "data").await;
    let list = api.get("/api/articles?tag=burst&limit=100").await.expect(200);
    let listed = list["articles"].as_array().unwrap().iter().map(|article| article["slug"].as_str().unwrap());
    let listed: Vec<_> = listed.collect();
    let answered = answered.into_inner().unwrap();
    for slug in &answered {
        assert!(listed.contains(&slug.as_str()), "{slug} is lost");
        api.get(&format!("/api/articles/{slug}")).await.expect(200);
    }
    // At most the four that were under way came on top, each whole.
    assert_eq!(list["articlesCount"], listed.len());
    assert!(listed.len() <= answered.len() + 4);
    for slug in listed {
        api.get(&format!("/api/articles/{slug}")).await.expect(200);
    }
}

#[tokio::test]
async fn a_token_is_good_after_a_kill_and_a_session_that_was_ended_stays_ended() {
    let sandbox = Sandbox::new();
    let (running, api) = Running::bloghub(&sandbox, "data").await;
    let ada = api.sign_up("ada").await;
    let other = api.log_in("ada").await.expect(200)["user"]["token"].as_str().unwrap().to_owned();
    api.with_token(&other).post("/api/sessions/logout", Value::Null).await.expect(204);
    running.kill().await;

    let (_running, api) = Running::bloghub(&sandbox, "data").await;
    api.with_token(ada.token.as_ref().unwrap()).get("/api/user").await.expect(200);
    api.with_token(&other).get("/api/user").await.expect(401);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_killed_program_leaves_no_redis_behind() {
    let sandbox = Sandbox::new();
    let (running, _) = Running::bloghub(&sandbox, "data").await;
    let inhabitants = sandbox.inhabitants();
    assert!(inhabitants.iter().any(|process| process.command.contains("-server")), "{inhabitants:?}");
    running.kill().await;
    sandbox.expect_empty().await;
}

#[tokio::test]
async fn a_redis_that_dies_alone_is_not_missed_and_is_started_again() {
    let sandbox = Sandbox::new();
    let (_running, api) = Running::bloghub(&sandbox, "data").await;
    let ada = api.sign_up("ada").await;
    let first = redis(&sandbox).unwrap();
    kill_process(first.pid, Signal::KILL).unwrap();
    // As long as it is away and after, everything goes on.
    let mut turns = 0;
    let second = eventually("another Redis", PATIENCE, async || {
        turns += 1;
        ada.get("/api/user").await.expect(200);
        ada.get("/api/articles").await.expect(200);
        ada.publish(&format!("Turn {turns}"), &[]).await;
        let found = redis(&sandbox).filter(|found| found.pid != first.pid)?;
        TcpStream::connect(("127.0.0.1", found.port)).await.is_ok().then_some(found)
    })
    .await;
    assert_eq!(second.port, first.port);
    api.log_in("ada").await.expect(200);
    ada.get("/api/user").await.expect(200);
}

/// A running Redis as its log tells it.
struct Redis {
    pid: Pid,
    port: u16,
}

/// The Redis that was started last, once it accepts connections.
fn redis(sandbox: &Sandbox) -> Option<Redis> {
    let log = fs::read_to_string(sandbox.path("data/redis/redis.log")).ok()?;
    // `4711:M 01 Nov 2026 08:00:00.000 * Ready to accept connections tcp`
    let ready = log.lines().rfind(|line| line.contains("Ready to accept connections"))?;
    let pid = Pid::from_raw(ready.trim_start().split(':').next()?.parse().ok()?)?;
    let port = log.rsplit_once(", port=")?.1.split('.').next()?.parse().ok()?;
    Some(Redis { pid, port })
}
