//! Guessing passwords at the whole program, whose clock the test moves.

use std::sync::Arc;

use bloghub::platform::{Options, Platform};
use reqwest::Client;
use serde_json::json;

use crate::schedule::Ahead;

const PASSWORD: &str = "correct horse battery";
const WRONG: &str = "another horse battery";

/// A program, and somebody who has signed up.
struct World {
    platform: Platform,
    clock: Arc<Ahead>,
    _folder: tempfile::TempDir,
}

impl World {
    async fn start(lockout: &str) -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let clock = Arc::new(Ahead::default());
        let options = Options::new(0, folder.path().join("data")).with("LOGIN_LOCKOUT", lockout);
        let platform = Platform::start_on(&options, clock.clone(), |_| {}).await.unwrap();
        let user = json!({"user": {"username": "ada", "email": "ada@mail.example", "password": PASSWORD}});
        let signed_up = Client::new().post(format!("{}/api/users", platform.url())).json(&user).send().await.unwrap();
        assert_eq!(signed_up.status(), 201);
        Self { platform, clock, _folder: folder }
    }

    /// The status of a login, and how many seconds one should wait.
    async fn log_in(&self, email: &str, password: &str) -> (u16, Option<u64>) {
        let user = json!({"user": {"email": email, "password": password}});
        let request = Client::new().post(format!("{}/api/users/login", self.platform.url())).json(&user);
        let answer = request.send().await.unwrap();
        let wait = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().parse().unwrap());
        (answer.status().as_u16(), wait)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_locked_for_30_seconds_and_then_for_a_minute_unless_its_owner_comes() {
    let world = World::start("account 5/86400").await;
    for _ in 0..5 {
        assert_eq!(world.log_in("ada@mail.example", WRONG).await, (401, None));
    }
    assert_eq!(world.log_in("ada@mail.example", PASSWORD).await, (401, None));
    world.clock.pass(31);
    assert_eq!(world.log_in("ada@mail.example", WRONG).await, (401, None));
    world.clock.pass(31);
    assert_eq!(world.log_in("ada@mail.example", PASSWORD).await, (401, None), "a minute is not over");
    world.clock.pass(31);
    assert_eq!(world.log_in("ada@mail.example", PASSWORD).await, (200, None));
    for _ in 0..2 {
        assert_eq!(world.log_in("ada@mail.example", WRONG).await, (401, None));
    }
    assert_eq!(world.log_in("ada@mail.example", PASSWORD).await, (200, None), "five tries are free again");
    world.platform.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_guesses_at_many_accounts_is_told_to_wait() {
    let world = World::start("account 5/86400, address 10/3600").await;
    for n in 0..9 {
        assert_eq!(world.log_in("ada@mail.example", PASSWORD).await, (200, None), "successes are no guesses");
        assert_eq!(world.log_in(&format!("nobody{n}@mail.example"), WRONG).await, (401, None));
    }
    assert_eq!(world.log_in("nobody@mail.example", WRONG).await, (401, None));
    for email in ["ada@mail.example", "somebody-else@mail.example"] {
        let (status, wait) = world.log_in(email, PASSWORD).await;
        assert_eq!(status, 429);
        assert!((1..=30).contains(&wait.unwrap()), "{wait:?}");
    }
    world.clock.pass(31);
    assert_eq!(world.log_in("ada@mail.example", PASSWORD).await, (200, None));
    world.platform.stop().await.unwrap();
}
