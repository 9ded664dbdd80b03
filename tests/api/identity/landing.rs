//! Where a front end's page is configured: browsers land there with a one-time code. A deployment has one configuration, and so these
//! tests start programs of their own, whose clock they move.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, Ordering},
    },
    thread,
    time::Duration,
};

use bloghub::platform::{Options, Platform};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shared::{adapters::system::OperatingSystem, domain::Timestamp, ports::system::System};
use test_servers::{oidc::Says, wechat};

use crate::support::{
    Answer,
    vendors::{Browser, VENDORS, expect_code, subject, username},
};

const PAGE: &str = "https://blog.example/welcome?from=login";

/// The machine's clock, and how far it is ahead.
#[derive(Default)]
struct Shifted {
    machine: OperatingSystem,
    ahead: AtomicI64,
}

impl System for Shifted {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.machine.now().as_millis() + self.ahead.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        self.machine.monotonic()
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.machine.fill(bytes);
    }
}

/// A program with these settings, until the process ends.
fn program(settings: &'static [(&str, &str)]) -> (String, Arc<Shifted>) {
    let clock = Arc::new(Shifted::default());
    let (ready, url) = std::sync::mpsc::channel();
    let system = clock.clone();
    thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
            let vendors = VENDORS.settings();
            let vendors = vendors.iter().map(|(name, value)| (*name, value.as_str()));
            let options = vendors
                .chain(settings.iter().copied())
                .fold(Options::new(0, data.path().join("data")), |options, (name, value)| options.with(name, value));
            let platform = Platform::start_on(&options, system, |_| {}).await.unwrap();
            ready.send(platform.url()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    (url.recv().expect("the program starts"), clock)
}

/// With a page, and the right time.
static LANDING: LazyLock<String> = LazyLock::new(|| program(&[("LOGIN_REDIRECT_URL", PAGE), ("RATE_LIMITS", "off")]).0);

/// Tests of a deployment have no program of their own.
fn deployed() -> bool {
    shared::config::variable("BLOGHUB_API").is_some()
}

/// The parameter `name` of where an answer leads, which must be the page.
#[track_caller]
fn landed(answer: &Answer, name: &str) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let added = answer.header("location").strip_prefix(PAGE).and_then(|rest| rest.strip_prefix('&'));
    let (parameter, value) = added.unwrap_or_else(|| panic!("{answer:?}")).split_once('=').unwrap();
    assert_eq!(parameter, name, "{answer:?}");
    value.to_owned()
}

async fn exchange(browser: &Browser, code: &str) -> Answer {
    let request = browser.request(Method::POST, "/api/login/exchange").json(&json!({"code": code}));
    browser.send(request).await
}

/// Goes to the provider that does everything as it should and lands on the page; answers the code.
async fn code(browser: &Browser, subject: &str) -> String {
    landed(&browser.acme(Says::subject(subject)).await, "code")
}

#[tokio::test]
async fn a_browser_lands_with_a_code_that_its_front_end_turns_into_a_login_once() {
    if deployed() {
        return;
    }
    let me = subject();
    let browser = Browser::at(&LANDING);
    let answer = browser.acme(Says::subject(&me)).await;
    assert_eq!(answer.text, "");
    let code = landed(&answer, "code");
    assert_eq!(code.len(), 43, "{code}");
    let binding = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let binding = binding.into_iter().find(|cookie| cookie.starts_with("bloghub_login_code=")).unwrap();
    for part in ["; Max-Age=60", "; HttpOnly", "; SameSite=Lax", "; Path=/api/login"] {
        assert!(binding.contains(part), "{binding}");
    }
    let login = exchange(&browser, &code).await;
    let user = login.expect(200)["user"].take();
    assert!(user["token"].is_string() && user["refreshToken"].is_string(), "{user}");
    expect_code(&exchange(&browser, &code).await, 401, "login-code-invalid", "a second time");

    let again = Browser::at(&LANDING);
    let code = super::landing::code(&again, &me).await;
    assert_eq!(username(&exchange(&again, &code).await), user["username"]);
}

#[tokio::test]
async fn a_code_of_somebody_who_has_gone_is_no_login() {
    if deployed() {
        return;
    }
    let (browser, other, me) = (Browser::at(&LANDING), Browser::at(&LANDING), subject());
    let token = crate::support::vendors::token(&exchange(&browser, &code(&browser, &me).await).await);
    let waiting = code(&other, &me).await;
    let delete = browser.request(Method::DELETE, "/api/user").header("authorization", format!("Token {token}"));
    browser.send(delete).await.expect_nothing();
    expect_code(&exchange(&other, &waiting).await, 401, "login-code-invalid", "the account is gone");
}

#[tokio::test]
async fn a_code_is_of_no_use_in_another_browser_and_is_used_up_by_the_try() {
    if deployed() {
        return;
    }
    let (browser, other) = (Browser::at(&LANDING), Browser::at(&LANDING));
    let stolen = code(&browser, &subject()).await;
    expect_code(&exchange(&Browser::at(&LANDING), &stolen).await, 401, "login-code-invalid", "no cookie");
    expect_code(&exchange(&browser, &stolen).await, 401, "login-code-invalid", "it was tried");
    // Somebody is lured to the page with the code of somebody else's login.
    let (own, planted) = (code(&browser, &subject()).await, code(&other, &subject()).await);
    expect_code(&exchange(&browser, &planted).await, 401, "login-code-invalid", "another browser's");
    exchange(&browser, &own).await.expect(200);
}

#[tokio::test]
async fn of_many_that_exchange_one_code_at_the_same_time_one_is_let_in() {
    if deployed() {
        return;
    }
    let browser = Browser::at(&LANDING);
    let code = code(&browser, &subject()).await;
    let answers = futures_util::future::join_all((0..8).map(|_| exchange(&browser, &code))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 1);
}

#[tokio::test]
async fn a_login_that_fails_lands_with_why() {
    if deployed() {
        return;
    }
    let browser = Browser::at(&LANDING);
    assert_eq!(landed(&browser.acme(Says::Error("invalid_grant")).await, "error"), "login-denied");
    assert_eq!(landed(&browser.acme(Says::NoProof).await, "error"), "provider-failed");
    assert_eq!(landed(&browser.wechat(wechat::Says::Error(-1)).await, "error"), "unavailable");
    let lost = browser.get("/api/login/wechat/callback?code=a&state=b").await;
    assert_eq!(landed(&lost, "error"), "login-state-invalid");
    assert!(browser.cookies().is_empty(), "{:?}", browser.cookies());
}

#[tokio::test]
async fn an_identity_that_was_added_lands_with_whose_it_is() {
    if deployed() {
        return;
    }
    let browser = Browser::at(&LANDING);
    let login = exchange(&browser, &code(&browser, &subject()).await).await;
    let token = crate::support::vendors::token(&login);
    let url = browser.begin_link(&token, "wechat").await;
    let person = wechat::Says::Known(subject(), None);
    let back = browser.get(&VENDORS.wechat.scan(&url, person.clone())).await;
    assert_eq!(landed(&back, "linked"), "wechat");
    let url = browser.begin("wechat").await;
    let back = browser.get(&VENDORS.wechat.scan(&url, person)).await;
    let again = exchange(&browser, &landed(&back, "code")).await;
    assert_eq!(username(&again), username(&login));
}

#[tokio::test]
async fn states_last_ten_minutes_and_codes_one() {
    if deployed() {
        return;
    }
    let (url, clock) = program(&[("LOGIN_REDIRECT_URL", PAGE), ("RATE_LIMITS", "off")]);
    let late = |seconds: i64| clock.ahead.fetch_add(seconds * 1_000, Ordering::Relaxed);
    let browser = Browser::at(&url);
    let fresh = code(&browser, &subject()).await;
    late(55);
    exchange(&browser, &fresh).await.expect(200);
    clock.ahead.store(0, Ordering::Relaxed);
    let old = code(&browser, &subject()).await;
    late(61);
    expect_code(&exchange(&browser, &old).await, 401, "login-code-invalid", "after a minute");
    clock.ahead.store(0, Ordering::Relaxed);

    let going = browser.begin("wechat").await;
    let back = VENDORS.wechat.scan(&going, wechat::Says::Known(subject(), None));
    late(601);
    assert_eq!(landed(&browser.get(&back).await, "error"), "login-state-invalid");
}

#[tokio::test]
async fn whose_login_is_ten_minutes_old_neither_adds_nor_removes_an_identity() {
    if deployed() {
        return;
    }
    let (url, clock) = program(&[("LOGIN_REDIRECT_URL", PAGE), ("RATE_LIMITS", "off")]);
    let me = subject();
    let browser = Browser::at(&url);
    let token = crate::support::vendors::token(&exchange(&browser, &code(&browser, &me).await).await);
    let ask = async |method: Method, path: &str, token: &str| {
        let request = browser.request(method, path).header("authorization", format!("Token {token}"));
        browser.send(request).await
    };
    let list = "/api/user/identities";
    let identities = ask(Method::GET, list, &token).await.expect(200)["identities"].take();
    let own = format!("{list}/{}", identities[0]["id"].as_str().unwrap());
    // What began in time may end later, as long as its state lasts.
    clock.ahead.store(595_000, Ordering::Relaxed);
    let going = browser.begin_link(&token, "wechat").await;
    clock.ahead.store(601_000, Ordering::Relaxed);
    let scanner = subject();
    let back = browser.get(&VENDORS.wechat.scan(&going, wechat::Says::Known(scanner.clone(), None))).await;
    assert_eq!(landed(&back, "linked"), "wechat");
    for (method, path) in [
        (Method::POST, "/api/user/identities/wechat"),
        (Method::POST, "/api/user/identities/oidc/acme"),
        (Method::DELETE, own.as_str()),
        (Method::DELETE, "/api/user/identities/x"),
    ] {
        let answer = ask(method, path, &token).await;
        expect_code(&answer, 403, "login-too-old", path);
        assert_eq!(answer.json()["errors"], json!({"login": ["must be younger than 10 minutes"]}));
    }
    assert_eq!(ask(Method::GET, list, &token).await.expect(200)["identities"].as_array().unwrap().len(), 2);
    let again = Browser::at(&url);
    // By the other identity: what this provider says is of the machine's own time.
    let code = landed(&again.wechat(wechat::Says::Known(scanner, None)).await, "code");
    let token = crate::support::vendors::token(&exchange(&again, &code).await);
    ask(Method::DELETE, &own, &token).await.expect_nothing();
    assert_eq!(ask(Method::GET, list, &token).await.expect(200)["identities"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn calls_are_counted_without_a_cache() {
    if deployed() {
        return;
    }
    let (url, _) = program(&[("RATE_LIMIT_QUOTAS", "login address 5/60")]);
    let browser = Browser::at(&url);
    let answers: Vec<Answer> = futures_util::future::join_all((0..12).map(|_| browser.get("/api/login/wechat"))).await;
    let (let_in, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == StatusCode::OK);
    // A window that has just begun counts anew.
    assert!((5..=10).contains(&let_in.len()), "{}", let_in.len());
    expect_code(refused[0], 429, "rate-limited", "too many");
    assert!(!refused[0].header("retry-after").is_empty());
    assert_eq!(let_in[0].header("ratelimit-policy"), "\"address\";q=5;w=60");
}

#[tokio::test]
async fn without_a_provider_nobody_is_sent_anywhere() {
    if deployed() {
        return;
    }
    let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let platform = Platform::start(&Options::new(0, data.path().join("data")), |_| {}).await.unwrap();
    let url = platform.url();
    let browser = Browser::at(&url);
    for path in ["/api/login/wechat", "/api/login/wechat/callback?code=a&state=b", "/api/login/oidc/acme"] {
        let answer = browser.get(path).await;
        answer.expect_problem(404, json!({"provider": ["not found"]}));
    }
    assert_eq!(exchange(&browser, "x").await.json()["code"], Value::from("login-code-invalid"));
    platform.stop().await.unwrap();
}
