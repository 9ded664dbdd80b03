//! Guessing passwords at the whole program, whose clock the test moves.

use std::{sync::Arc, time::Duration};

use bloghub::platform::{Options, Platform};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use test_servers::Clock;

const PASSWORD: &str = "correct horse battery";
const WRONG: &str = "another horse battery";

/// A program, and somebody who has signed up.
struct World {
    platform: Platform,
    clock: Arc<Clock>,
    _folder: tempfile::TempDir,
}

impl World {
    async fn start(lockout: &str) -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let clock = Arc::new(Clock::ahead());
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
    world.clock.pass(Duration::from_secs(31));
    assert_eq!(world.log_in("ada@mail.example", WRONG).await, (401, None));
    world.clock.pass(Duration::from_secs(31));
    assert_eq!(world.log_in("ada@mail.example", PASSWORD).await, (401, None), "a minute is not over");
    world.clock.pass(Duration::from_secs(31));
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
    world.clock.pass(Duration::from_secs(31));
    assert_eq!(world.log_in("ada@mail.example", PASSWORD).await, (200, None));
    world.platform.stop().await.unwrap();
}

impl World {
    /// Logs ada in; answers her token.
    async fn token(&self, password: &str) -> String {
        let user = json!({"user": {"username": "ada", "password": password}});
        let request = Client::new().post(format!("{}/api/users/login", self.platform.url())).json(&user);
        let answer: Value = request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
        answer["user"]["token"].as_str().unwrap().to_owned()
    }

    /// Asks with a body; the status and the answer's code and errors.
    async fn ask(&self, method: Method, path: &str, token: &str, body: Value) -> (u16, String, Value) {
        let request = Client::new().request(method, format!("{}{path}", self.platform.url()));
        let request = request.json(&body);
        let request =
            if token.is_empty() { request } else { request.header("authorization", format!("Token {token}")) };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let mut body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default();
        (status, body["code"].as_str().unwrap_or_default().to_owned(), body["errors"].take())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_minutes_after_the_login_a_new_password_takes_the_old_one_and_the_rest_a_new_login() {
    let world = World::start("account 5/86400").await;
    let token = world.token(PASSWORD).await;
    world.clock.pass(Duration::from_secs(599));
    let phone = json!({"phone": "+8613800138000"});
    assert_eq!(world.ask(Method::POST, "/api/user/phone/code", &token, phone.clone()).await.0, 202);
    world.clock.pass(Duration::from_secs(1));
    let without = json!({"user": {"password": WRONG}});
    let refused = world.ask(Method::PUT, "/api/user", &token, without).await;
    assert_eq!((refused.0, refused.2), (422, json!({"currentPassword": ["can't be blank"]})));
    for (method, path, body) in [
        (Method::POST, "/api/user/phone/code", phone),
        (Method::PUT, "/api/user/phone", json!({"phone": "+8613800138000", "code": "000000"})),
        (Method::DELETE, "/api/user", json!({})),
        // Before it is asked whether there is such a provider or identity.
        (Method::POST, "/api/user/identities/wechat", json!({})),
        (Method::POST, "/api/user/identities/oidc/acme", json!({})),
        (Method::DELETE, "/api/user/identities/x", json!({})),
    ] {
        let (status, code, _) = world.ask(method, path, &token, body).await;
        assert_eq!((status, &*code), (403, "login-too-old"), "{path}");
    }
    let with = json!({"user": {"password": WRONG, "currentPassword": PASSWORD}});
    assert_eq!(world.ask(Method::PUT, "/api/user", &token, with).await.0, 200);
    let token = world.token(WRONG).await;
    assert_eq!(world.ask(Method::DELETE, "/api/user", &token, json!({})).await.0, 204);
    world.platform.stop().await.unwrap();
}

impl World {
    /// The code that came to `phone` last.
    async fn code(&self, phone: &str) -> String {
        self.platform.drained().await;
        let text = std::fs::read_to_string(self.platform.services().data().join("outbox/sms.jsonl")).unwrap();
        let mut messages = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let last = messages.rfind(|message| message["phone"] == phone).unwrap();
        last["params"]["code"].as_str().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_sets_the_password_once_ends_all_sessions_and_unlocks_the_account() {
    let world = World::start("account 5/86400").await;
    let phone = "+8613800138000";
    let token = world.token(PASSWORD).await;
    assert_eq!(world.ask(Method::POST, "/api/user/phone/code", &token, json!({"phone": phone})).await.0, 202);
    let bind = json!({"phone": phone, "code": world.code(phone).await});
    assert_eq!(world.ask(Method::PUT, "/api/user/phone", &token, bind).await.0, 200);
    for _ in 0..5 {
        assert_eq!(world.log_in("ada@mail.example", WRONG).await.0, 401);
    }
    assert_eq!(world.log_in("ada@mail.example", PASSWORD).await.0, 401, "locked");

    world.clock.pass(Duration::from_secs(61));
    for _ in 0..5 {
        assert_eq!(world.log_in("ada@mail.example", WRONG).await.0, 401);
    }
    assert_eq!(world.ask(Method::POST, "/api/password/reset/code", "", json!({"phone": phone})).await.0, 202);
    let code = world.code(phone).await;
    let reset = |password: &str| json!({"phone": phone, "code": code, "password": password});
    let refused = world.ask(Method::POST, "/api/password/reset", "", reset("short")).await;
    assert_eq!(refused.0, 422, "and the code is not used up");
    assert_eq!(world.ask(Method::POST, "/api/password/reset", "", reset(WRONG)).await.0, 204);
    assert_eq!(world.log_in("ada@mail.example", WRONG).await.0, 200, "the new password, at once");
    assert_eq!(world.log_in("ada@mail.example", PASSWORD).await.0, 401);
    assert_eq!(world.ask(Method::GET, "/api/user", &token, json!({})).await.0, 401, "the session has ended");
    let (status, code, _) = world.ask(Method::POST, "/api/password/reset", "", reset(PASSWORD)).await;
    assert_eq!((status, &*code), (401, "code-invalid"), "once");
    world.platform.stop().await.unwrap();
}
