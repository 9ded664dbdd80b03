//! `functions/wechat-login`: logging in by scanning a code, against a double of WeChat.

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;
use test_servers::wechat::Says;

use crate::support::{
    Client, User, crowd, unique,
    vendors::{Browser, VENDORS, expect_code, token, username},
};

/// Somebody whom nobody has seen, without a developer's account behind the application.
fn somebody() -> Says {
    Says::Known(unique("openid"), None)
}

#[tokio::test]
async fn whoever_scans_is_signed_up_and_known_again() {
    let person = somebody();
    let first = Browser::new().wechat(person.clone()).await;
    let user = first.expect(200)["user"].take();
    assert_eq!(user["email"], "");
    assert!(user["username"].as_str().unwrap().starts_with("user-"), "{user}");
    assert!(user["refreshToken"].is_string() && user["expiresIn"].is_u64(), "{user}");
    let me = Client::new().with_token(&token(&first)).get("/api/user").await.expect(200)["user"].take();
    assert_eq!(me["username"], user["username"]);
    let again = Browser::new().wechat(person).await;
    assert_eq!(username(&again), username(&first));
    assert_ne!(username(&Browser::new().wechat(somebody()).await), username(&first));
}

#[tokio::test]
async fn a_person_is_known_by_unionid_whichever_application_they_scan_for() {
    let (union, other) = (unique("unionid"), unique("unionid"));
    let first = Browser::new().wechat(Says::Known(unique("openid"), Some(union.clone()))).await;
    let same = Browser::new().wechat(Says::Known(unique("openid"), Some(union))).await;
    assert_eq!(username(&same), username(&first));
    let stranger = Browser::new().wechat(Says::Known(unique("openid"), Some(other))).await;
    assert_ne!(username(&stranger), username(&first));
}

#[tokio::test]
async fn a_person_known_by_openid_is_still_known_once_there_is_a_unionid() {
    let openid = unique("openid");
    let before = Browser::new().wechat(Says::Known(openid.clone(), None)).await;
    let after = Browser::new().wechat(Says::Known(openid, Some(unique("unionid")))).await;
    assert_eq!(username(&after), username(&before));
}

#[tokio::test]
async fn a_browser_is_sent_to_wechat_and_a_program_is_told_where_that_is() {
    let browser = Browser::new();
    let request = browser.request(Method::GET, "/api/login/wechat").header("accept", "text/html,*/*;q=0.8");
    let sent = browser.send(request).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    let person = somebody();
    let back = browser.get(&VENDORS.wechat.scan(sent.header("location"), person.clone())).await;
    assert_eq!(username(&back), username(&Browser::new().wechat(person).await));
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites_and_goes_when_the_login_is_over() {
    let browser = Browser::new();
    let begun = browser.get("/api/login/wechat").await;
    let cookie = begun.header("set-cookie");
    assert!(cookie.starts_with("bloghub_login="), "{cookie}");
    for part in ["; Path=/api/login", "; Max-Age=600", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(browser.cookies().len(), 1);
    let url = begun.expect(200)["authorizationUrl"].as_str().unwrap().to_owned();
    browser.get(&VENDORS.wechat.scan(&url, somebody())).await.expect(200);
    assert_eq!(browser.cookies().len(), 0);
}

#[tokio::test]
async fn a_state_is_of_one_browser_and_of_one_login() {
    let browser = Browser::new();
    let back = VENDORS.wechat.scan(&browser.begin("wechat").await, somebody());
    expect_code(&Browser::new().get(&back).await, 401, "login-state-invalid", "a browser without a login");
    let other = Browser::new();
    other.begin("wechat").await;
    expect_code(&other.get(&back).await, 401, "login-state-invalid", "another browser's login");
    let state = back.split("state=").nth(1).unwrap();
    let wrong = back.replace(state, &"A".repeat(43));
    expect_code(&browser.get(&wrong).await, 401, "login-state-invalid", "another state");
    let without = back.split("&state=").next().unwrap();
    let answer = Browser::new().get(without).await;
    answer.expect_problem(422, json!({"state": ["can't be blank"]}));
}

#[tokio::test]
async fn a_cookie_that_was_touched_is_no_login() {
    let browser = Browser::new();
    let back = VENDORS.wechat.scan(&browser.begin("wechat").await, somebody());
    let cookie = browser.cookies()["bloghub_login"].clone();
    let (sealed, tag) = cookie.split_once('.').unwrap();
    for touched in [String::new(), sealed.to_owned(), format!("{sealed}."), format!("{sealed}A.{tag}")] {
        browser.keep([("bloghub_login".to_owned(), touched.clone())].into());
        let request = browser.request(Method::GET, &back);
        expect_code(&browser.send(request).await, 401, "login-state-invalid", &touched);
    }
    browser.keep([("bloghub_login".to_owned(), cookie)].into());
    browser.get(&back).await.expect(200);
}

#[tokio::test]
async fn a_state_is_used_once_whatever_came_of_it() {
    let browser = Browser::new();
    let url = browser.begin("wechat").await;
    let cookies = browser.cookies();
    let person = somebody();
    browser.get(&VENDORS.wechat.scan(&url, person.clone())).await.expect(200);
    browser.keep(cookies.clone());
    let again = browser.get(&VENDORS.wechat.scan(&url, person.clone())).await;
    again.expect_problem(401, json!({"state": ["has been used, begin again"]}));

    let url = browser.begin("wechat").await;
    let cookies = browser.cookies();
    let denied = browser.get(&VENDORS.wechat.scan(&url, Says::Error(40029))).await;
    expect_code(&denied, 401, "login-denied", "a code that WeChat does not know");
    browser.keep(cookies);
    let again = browser.get(&VENDORS.wechat.scan(&url, person)).await;
    expect_code(&again, 401, "login-state-invalid", "after a failure");
}

#[tokio::test]
async fn of_many_that_use_one_state_at_the_same_time_one_is_let_in() {
    let browser = Browser::new();
    let url = browser.begin("wechat").await;
    let person = somebody();
    let backs: Vec<_> = (0..8).map(|_| VENDORS.wechat.scan(&url, person.clone())).collect();
    let requests = backs.iter().map(|back| browser.send(browser.request(Method::GET, back)));
    let answers = join_all(requests).await;
    let let_in = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert_eq!(let_in, 1);
    for answer in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
        expect_code(answer, 401, "login-state-invalid", "a replay");
    }
}

#[tokio::test]
async fn whoever_refuses_is_not_logged_in() {
    let browser = Browser::new();
    let back = VENDORS.wechat.scan(&browser.begin("wechat").await, somebody());
    // WeChat leaves the code out.
    let (path, query) = back.split_once('?').unwrap();
    let state = query.split('&').find(|pair| pair.starts_with("state=")).unwrap();
    let answer = browser.get(&format!("{path}?{state}")).await;
    expect_code(&answer, 401, "login-denied", "no code");
}

#[tokio::test]
async fn what_is_wrong_with_wechat_is_told_apart_from_what_is_wrong_with_the_user() {
    for (says, status, code) in [
        (Says::Error(40163), 401, "login-denied"),
        (Says::Error(-1), 503, "unavailable"),
        (Says::Error(45011), 503, "unavailable"),
        (Says::Error(40013), 502, "provider-failed"),
        (Says::Text("<html>"), 502, "provider-failed"),
        (Says::Text("{\"openid\": 7}"), 502, "provider-failed"),
        (Says::Text("{}"), 502, "provider-failed"),
        (Says::Status(500), 503, "unavailable"),
    ] {
        let answer = Browser::new().wechat(says.clone()).await;
        expect_code(&answer, status, code, &format!("{says:?}"));
        assert_eq!(answer.header("retry-after").is_empty(), status != 503, "{says:?}");
    }
}

#[tokio::test]
async fn wechat_is_waited_for_no_longer_than_a_function_may_run() {
    let begun = tokio::time::Instant::now();
    let answer = Browser::new().wechat(Says::Nothing).await;
    expect_code(&answer, 503, "unavailable", "no answer");
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn first_logins_of_one_person_at_the_same_time_make_one_user() {
    let person = somebody();
    let (people, _alone) = crowd().await;
    let answers = join_all((0..people).map(|_| async { Browser::new().wechat(person.clone()).await })).await;
    let first = username(&answers[0]);
    for answer in &answers {
        assert_eq!(username(answer), first);
        Client::new().with_token(&token(answer)).get("/api/user").await.expect(200);
    }
}

#[tokio::test]
async fn whoever_adds_their_wechat_account_logs_in_with_it_from_then_on() {
    let (user, person) = (User::sign_up().await, somebody());
    let browser = Browser::new();
    let url = browser.begin_link(&user.token, "wechat").await;
    let linked = browser.get(&VENDORS.wechat.scan(&url, person.clone())).await.expect(200)["identity"].take();
    assert_eq!(linked["provider"], "wechat");
    assert_eq!(user.identities().await, [linked]);
    assert_eq!(username(&Browser::new().wechat(person).await), user.username);
}

#[tokio::test]
async fn nobody_adds_an_account_without_being_logged_in_in_that_browser() {
    let stranger = Client::new().post("/api/user/identities/wechat", json!(null)).await;
    stranger.expect_problem(401, json!({"token": ["is missing"]}));
    // Somebody is lured to finish what another browser began.
    let (user, lured) = (User::sign_up().await, Browser::new());
    let url = Browser::new().begin_link(&user.token, "wechat").await;
    let answer = lured.get(&VENDORS.wechat.scan(&url, somebody())).await;
    expect_code(&answer, 401, "login-state-invalid", "another browser's link");
    assert!(user.identities().await.is_empty());
}
