//! A server that does everything wrong: each call ends in the right error, in time.

#![allow(clippy::unwrap_used, reason = "all of it is tests")]

mod server;

use std::time::Duration;

use search_opensearch::OpenSearch;
use shared::{
    domain::{
        Timestamp,
        page::{Page, Start},
        search::{ArticleSearch, Entry, EntryKey, EntryVersion, SearchText, Sort, Span},
    },
    ports::{
        StoreError,
        search::{Build, Rebuilds as _, SearchWrites as _, Searches as _},
    },
};
use tokio::{net::TcpListener, time::Instant};

use self::server::{Act, Server, answer, engine};

/// One write alias of one generation.
const ALIASES: &str = r#"{"bloghub-1":{"aliases":{"bloghub":{},"bloghub-write":{},"bloghub-write-1":{}}}}"#;

fn search() -> ArticleSearch {
    ArticleSearch {
        text: SearchText::parse("rust databse").unwrap(),
        tag: None,
        author: None,
        span: Span::default(),
        sort: Sort::Relevance,
        page: Page { start: Start::Offset(0), limit: 20 },
        now: Timestamp::from_millis(1_800_000_000_000),
    }
}

fn gone(slug: &str) -> Entry {
    Entry::Gone(EntryKey::Article(slug.to_owned()), EntryVersion::from_number(7))
}

fn build() -> Build {
    Build { name: "bloghub-1".to_owned(), fill_from: Timestamp::from_millis(0), mark: None }
}

/// How each thing that an engine does ends.
async fn all(engine: &dyn Fn() -> OpenSearch) -> Vec<(&'static str, Option<StoreError>)> {
    let text = SearchText::parse("rust").unwrap();
    let now = Timestamp::from_millis(0);
    vec![
        ("articles", engine().articles(&search()).await.err()),
        ("users", engine().users(&text, 0, 20).await.err()),
        ("tags", engine().tags("rust", 10).await.err()),
        ("suggest", engine().suggest("rust", 10).await.err()),
        ("apply", engine().apply(&[gone("a")]).await.err()),
        ("under_way", engine().under_way().await.err()),
        ("begin", engine().begin(now).await.err()),
        ("fill", engine().fill(&build(), &[gone("a")], "1").await.err()),
        ("finish", engine().finish(&build()).await.err()),
    ]
}

async fn all_are_unavailable(act: Act) {
    let server = Server::start(move |_, _| act.clone()).await;
    let begun = Instant::now();
    for (what, error) in all(&|| server.engine()).await {
        assert!(matches!(error, Some(StoreError::Unavailable { service: "search", .. })), "{what}: {error:?}");
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "nine calls of a fifth of a second: {:?}", begun.elapsed());
}

async fn all_are_faults(act: Act) {
    let server = Server::start(move |_, _| act.clone()).await;
    for (what, error) in all(&|| server.engine()).await {
        assert!(matches!(error, Some(StoreError::Fault { service: "search", .. })), "{what}: {error:?}");
    }
}

#[tokio::test]
async fn a_server_that_never_answers_is_waited_for_no_longer_than_a_call_may_take() {
    all_are_unavailable(Act::Silence).await;
}

#[tokio::test]
async fn a_server_that_never_ends_its_answer_is_waited_for_no_longer_either() {
    all_are_unavailable(Act::Drip("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_owned())).await;
}

#[tokio::test]
async fn a_server_that_hangs_up_is_away() {
    all_are_unavailable(Act::Cut).await;
}

#[tokio::test]
async fn a_server_that_hangs_up_in_the_middle_of_an_answer_is_away() {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"errors\":false,\"items\":[{\"index\":";
    all_are_unavailable(Act::Write(half.to_owned())).await;
}

#[tokio::test]
async fn a_server_that_is_overloaded_or_broken_is_away() {
    for status in [429, 500, 502, 503, 504] {
        all_are_unavailable(answer(status, "<html>no JSON</html>")).await;
    }
}

#[tokio::test]
async fn where_nobody_listens_search_is_away() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    for (what, error) in all(&|| engine(address)).await {
        assert!(matches!(error, Some(StoreError::Unavailable { .. })), "{what}: {error:?}");
    }
}

#[tokio::test]
async fn what_is_no_answer_is_a_fault() {
    all_are_faults(Act::Write("SSH-2.0-OpenSSH_9.2\r\n\r\n\r\n".to_owned())).await;
    all_are_faults(answer(200, "<html>log in</html>")).await;
    all_are_faults(answer(200, "[]")).await;
    all_are_faults(answer(401, "Unauthorized")).await;
    all_are_faults(answer(400, r#"{"error":{"type":"parsing_exception","reason":"no"},"status":400}"#)).await;
}

#[tokio::test]
async fn a_connection_that_broke_is_made_anew_once() {
    let server = Server::start(|_, before| if before == 0 { Act::Cut } else { answer(200, ALIASES) }).await;
    assert_eq!(server.engine().under_way().await.unwrap(), None);
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_server_that_fails_three_times_is_left_alone() {
    let server = Server::start(|_, _| answer(503, "")).await;
    let engine = server.engine();
    for _ in 0..5 {
        assert!(matches!(engine.tags("rust", 1).await, Err(StoreError::Unavailable { .. })));
    }
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn before_anything_was_written_nothing_is_found() {
    let missing = r#"{"error":{"type":"index_not_found_exception","reason":"no such index"},"status":404}"#;
    let server = Server::start(|_, _| answer(404, missing)).await;
    let engine = server.engine();
    assert_eq!(engine.articles(&search()).await.unwrap().total, 0);
    assert_eq!(engine.suggest("rust", 10).await.unwrap().titles.len(), 0);
    assert!(server.seen().iter().all(|request| request.starts_with("POST /bloghub/_")), "and nothing is made");
}

fn items(statuses: &[(u16, &str)]) -> Act {
    let items: Vec<_> = statuses
        .iter()
        .map(|(status, kind)| {
            if kind.is_empty() {
                format!(r#"{{"index":{{"status":{status}}}}}"#)
            } else {
                format!(r#"{{"index":{{"status":{status},"error":{{"type":"{kind}","reason":"r"}}}}}}"#)
            }
        })
        .collect();
    answer(200, &format!(r#"{{"errors":true,"items":[{}]}}"#, items.join(",")))
}

const OVERLOADED: &str = "rejected_execution_exception";

#[tokio::test]
async fn what_an_index_could_not_take_just_now_is_sent_once_more_and_nothing_else() {
    let server = Server::start(|request, before| match (request.starts_with("GET"), before) {
        (true, _) => answer(200, ALIASES),
        (_, 1) => items(&[
            (201, ""),
            (429, OVERLOADED),
            (400, "mapper_parsing_exception"),
            (409, "version_conflict_engine_exception"),
        ]),
        _ => items(&[(201, "")]),
    })
    .await;
    let refused = server.engine().apply(&["a", "b", "c", "d"].map(gone)).await.unwrap();
    assert_eq!(refused.iter().map(|refused| refused.place).collect::<Vec<_>>(), [2]);
    let bodies = server.bodies();
    assert_eq!(bodies.len(), 3);
    assert_eq!(bodies[1].lines().count(), 8, "four entries in one request");
    assert!(bodies[2].lines().count() == 2 && bodies[2].contains("a:b"), "{}", bodies[2]);
}

#[tokio::test]
async fn what_an_index_cannot_take_again_makes_search_unavailable() {
    let server =
        Server::start(
            |request, _| {
                if request.starts_with("GET") { answer(200, ALIASES) } else { items(&[(429, OVERLOADED)]) }
            },
        )
        .await;
    assert!(matches!(server.engine().apply(&[gone("a")]).await, Err(StoreError::Unavailable { .. })));
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn fewer_answers_than_entries_are_a_fault() {
    let server =
        Server::start(|request, _| if request.starts_with("GET") { answer(200, ALIASES) } else { items(&[(201, "")]) })
            .await;
    assert!(matches!(server.engine().apply(&["a", "b"].map(gone)).await, Err(StoreError::Fault { .. })));
}

#[tokio::test]
async fn a_generation_that_is_gone_has_the_next_one_looked_up() {
    let next = ALIASES.replace("bloghub-1", "bloghub-2").replace("write-1", "write-2");
    let server = Server::start(move |_, before| match before {
        0 => answer(200, ALIASES),
        1 => items(&[(404, "index_not_found_exception")]),
        2 => answer(200, &next),
        _ => items(&[(201, "")]),
    })
    .await;
    assert_eq!(server.engine().apply(&[gone("a")]).await.unwrap().len(), 0);
    assert!(server.bodies()[3].contains("bloghub-write-2"), "{:?}", server.bodies());
    assert!(server.seen()[1].contains("require_alias=true"), "else the engine makes an index by itself");
}

#[tokio::test]
async fn there_is_never_a_mark_without_its_entries() {
    let away = (503, "unavailable_shards_exception");
    for acts in [
        [items(&[(201, ""), away]), items(&[away])],
        [answer(503, ""), answer(503, "")],
        [Act::Cut, Act::Cut],
        [Act::Silence, Act::Silence],
    ] {
        let server = Server::start(move |_, before| acts[before.min(1)].clone()).await;
        let error = server.engine().fill(&build(), &["a", "b"].map(gone), "1").await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert!(server.seen().iter().all(|request| !request.contains("_doc/mark")), "{:?}", server.seen());
    }
}

#[tokio::test]
async fn a_mark_that_was_not_taken_is_an_error_although_its_entries_were() {
    let server =
        Server::start(|request, _| if request.contains("_bulk") { items(&[(201, "")]) } else { answer(503, "") }).await;
    assert!(matches!(server.engine().fill(&build(), &[gone("a")], "1").await, Err(StoreError::Unavailable { .. })));
    assert_eq!(server.seen()[1], "PUT /bloghub-build-1/_doc/mark?require_alias=true");
}
