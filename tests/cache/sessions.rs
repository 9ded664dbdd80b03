//! What the cache knows of sessions, on a real server: what ends them is never forgotten for what is older, and never refused.

use std::sync::Arc;

use shared::{
    adapters::{calls::Calls, redis::Redis, system::OperatingSystem},
    domain::{
        RequestId, SessionId, Timestamp, UserId,
        agent::Browser,
        session::{Identity, LiveSession, Rights, SessionState},
        user::Role,
    },
    ports::{
        arrivals::{Arrival, Arrivals as _},
        sessions::SessionCache as _,
    },
};
use test_servers::RedisNode;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A cache that knows a live session.
struct Known {
    node: RedisNode,
    redis: Redis,
    session: Identity,
}

impl Known {
    async fn start() -> Self {
        let node = RedisNode::start();
        let system = Arc::new(OperatingSystem::default());
        let redis = Redis::new(&node.url().parse().unwrap(), Arc::new(Calls::default()), system).unwrap();
        let session = Identity { user_id: UserId::new(NOW, [7; 10]), session_id: SessionId::new(NOW, [8; 10]) };
        let known = Self { node, redis, session };
        known.redis.remember(known.session, &live(), NOW).await.unwrap();
        known
    }

    fn key(&self) -> String {
        format!("sessions:{{{}}}", self.session.user_id)
    }

    /// What the cache says of the session.
    async fn state(&self) -> Option<SessionState> {
        let arrival = Arrival { session: Some(self.session), ..Arrival::default() };
        self.redis.arrive(arrival, RequestId::new(NOW, [9; 10]), NOW).await.unwrap().session
    }

    async fn announce(&self, epoch: u64, ended_before: u64) {
        let rights = Rights { role: Role::Author, epoch, ended_before, kept: None };
        self.redis.announce(self.session.user_id, &rights).await.unwrap();
    }
}

fn live() -> SessionState {
    SessionState::Live(LiveSession { browser: Browser::named("curl"), role: Role::Author, began: 0, seen: 0 })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_all_sessions_outlasts_older_news() {
    let known = Known::start().await;
    assert_eq!(known.state().await, Some(live()));
    known.announce(10, 10).await;
    assert_eq!(known.state().await, Some(SessionState::Ended));
    // Of numbers, not of texts is the greater the newer.
    known.announce(9, 0).await;
    assert_eq!(known.state().await, Some(SessionState::Ended));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_all_sessions_takes_the_place_of_what_nobody_can_read() {
    let known = Known::start().await;
    for text in ["", " ", "x", "-1 2 - author", "epoch 7", "\0\u{1}", "1", "2 x"] {
        let _: u64 = known.node.ask(&["HSET", &known.key(), "rights", text]);
        assert_eq!(known.state().await, None, "{text:?}: the tables are asked");
        known.announce(3, 3).await;
        assert_eq!(known.state().await, Some(SessionState::Ended), "{text:?}");
        let life: i64 = known.node.ask(&["TTL", &known.key()]);
        assert!(life > 0, "{text:?}: {life}");
    }
}
