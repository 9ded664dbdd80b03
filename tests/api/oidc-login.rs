//! `functions/oidc-login`: logging in by way of OpenID Connect, against providers that the tests start.

#[path = "oidc-login/proofs.rs"]
mod proofs;

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use test_servers::oidc::{Says, Signing};

use crate::support::{
    Answer, Client, User, crowd, unique, unique_email,
    vendors::{Browser, VENDORS, expect_code, subject, token, username},
};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";

/// A good proof of somebody new, with these claims beside.
fn proof(claims: Value) -> Says {
    let mut all = json!({"sub": subject()});
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    Says::Claims(all, Signing::Es256)
}

/// The account that an answer logs in to.
async fn account(answer: &Answer) -> Value {
    Client::new().with_token(&token(answer)).get("/api/user").await.expect(200)["user"].take()
}

#[tokio::test]
async fn a_login_is_of_the_browser_that_came_back() {
    let me = Says::subject(&subject());
    // The second time somebody who is known comes back.
    for _ in 0..2 {
        let browser = Browser::new();
        let url = browser.begin("oidc/acme").await;
        let back = browser.request(Method::GET, &VENDORS.acme.consent(&url, me.clone()));
        let client = Client::new().with_token(&token(&browser.send(back.header("user-agent", FIREFOX)).await));
        let own = client.request(Method::GET, "/api/user").header("user-agent", FIREFOX);
        Client::send(own).await.expect(200);
        client.get("/api/user").await.expect_problem(401, json!({"token": ["is invalid"]}));
    }
}

#[tokio::test]
async fn whoever_the_provider_knows_is_signed_up_and_known_again() {
    let me = Says::subject(&subject());
    let first = Browser::new().acme(me.clone()).await;
    let user = account(&first).await;
    assert_eq!((&user["email"], &user["image"], &user["bio"]), (&json!(""), &Value::Null, &Value::Null));
    assert!(user["username"].as_str().unwrap().starts_with("user-"), "{user}");
    assert_eq!(username(&Browser::new().acme(me).await), user["username"]);
}

#[tokio::test]
async fn an_rsa_key_proves_as_well_as_an_ec_key() {
    let claims = json!({"sub": subject()});
    let first = Browser::new().acme(Says::Claims(claims.clone(), Signing::Rs256)).await;
    let second = Browser::new().acme(Says::Claims(claims, Signing::Es256)).await;
    assert_eq!(username(&first), username(&second));
}

#[tokio::test]
async fn an_identity_is_its_issuers_and_its_subjects() {
    let me = Says::subject(&subject());
    let at_one = Browser::new().acme(me.clone()).await;
    let at_another = Browser::new().oidc("plain", &VENDORS.plain, me).await;
    assert_ne!(username(&at_one), username(&at_another));
}

#[tokio::test]
async fn a_verified_address_and_a_picture_are_taken_over_by_a_new_user() {
    let email = unique_email();
    let claims = json!({"email": email, "email_verified": true, "picture": "https://img.example/me.png"});
    let user = account(&Browser::new().acme(proof(claims)).await).await;
    assert_eq!((&user["email"], &user["image"]), (&json!(email), &json!("https://img.example/me.png")));
}

#[tokio::test]
async fn what_the_provider_has_not_verified_or_makes_no_sense_is_left_out() {
    for claims in [
        json!({"email": unique_email()}),
        json!({"email": unique_email(), "email_verified": false}),
        json!({"email": unique_email(), "email_verified": "false"}),
        json!({"email": "nobody", "email_verified": true}),
        json!({"picture": "javascript:alert(1)"}),
    ] {
        let user = account(&Browser::new().acme(proof(claims.clone())).await).await;
        assert_eq!((&user["email"], &user["image"]), (&json!(""), &Value::Null), "{claims}");
    }
}

#[tokio::test]
async fn an_address_that_somebody_has_neither_leads_to_their_account_nor_is_taken_from_them() {
    let user = User::sign_up().await;
    let claims = json!({"email": user.email.to_uppercase(), "email_verified": true});
    let newcomer = account(&Browser::new().acme(proof(claims)).await).await;
    assert_ne!(newcomer["username"], json!(user.username));
    assert_eq!(newcomer["email"], "");
    assert_eq!(user.client.get("/api/user").await.expect(200)["user"]["email"], json!(user.email));
}

#[tokio::test]
async fn first_logins_of_one_identity_at_the_same_time_make_one_user() {
    let me = proof(json!({"email": unique_email(), "email_verified": true}));
    let (people, _alone) = crowd().await;
    let answers = join_all((0..people).map(|_| async { Browser::new().acme(me.clone()).await })).await;
    let first = username(&answers[0]);
    for answer in &answers {
        assert_eq!(username(answer), first);
    }
}

#[tokio::test]
async fn a_browser_is_sent_to_the_provider_and_a_program_is_told_where_that_is() {
    let browser = Browser::new();
    let request = browser.request(Method::GET, "/api/login/oidc/acme").header("accept", "text/html,*/*;q=0.8");
    let sent = browser.send(request).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    browser.get(&VENDORS.acme.consent(sent.header("location"), proof(json!({})))).await.expect(200);
}

#[tokio::test]
async fn a_provider_may_want_the_secret_in_the_body_and_not_say_whence_browsers_come() {
    let browser = Browser::new();
    browser.oidc("plain", &VENDORS.plain, proof(json!({}))).await.expect(200);
    // It does not promise to say so, and does.
    let url = browser.begin("oidc/plain").await;
    let back = VENDORS.plain.consent(&url, proof(json!({})));
    browser.get(&format!("{back}&iss={}", crate::support::encode(&VENDORS.plain.url))).await.expect(200);
}

#[tokio::test]
async fn a_browser_that_comes_from_another_provider_than_it_went_to_is_refused() {
    let browser = Browser::new();
    for provider in [&VENDORS.acme, &VENDORS.plain] {
        let name = if provider.url == VENDORS.acme.url { "acme" } else { "plain" };
        let back = provider.consent(&browser.begin(&format!("oidc/{name}")).await, proof(json!({})));
        let own = format!("&iss={}", crate::support::encode(&provider.url).replace('.', "%2E"));
        let back = back.split("&iss=").next().unwrap().to_owned();
        let answer = browser.get(&format!("{back}&iss=https%3A%2F%2Fid.example")).await;
        expect_code(&answer, 401, "identity-unproven", &own);
    }
    let back = VENDORS.acme.consent(&browser.begin("oidc/acme").await, proof(json!({})));
    let answer = browser.get(back.split("&iss=").next().unwrap()).await;
    expect_code(&answer, 401, "identity-unproven", "a provider that says so did not");
    // The way to one provider does not end at another.
    let back = VENDORS.acme.consent(&browser.begin("oidc/acme").await, proof(json!({})));
    let answer = browser.get(&back.replace("/oidc/acme/", "/oidc/plain/")).await;
    expect_code(&answer, 401, "login-state-invalid", "another provider's callback");
}

#[tokio::test]
async fn a_state_is_of_one_browser_and_is_used_once() {
    let browser = Browser::new();
    let url = browser.begin("oidc/acme").await;
    let back = VENDORS.acme.consent(&url, proof(json!({})));
    expect_code(&Browser::new().get(&back).await, 401, "login-state-invalid", "a browser without a login");
    let cookies = browser.cookies();
    browser.get(&back).await.expect(200);
    browser.keep(cookies);
    let again = browser.get(&VENDORS.acme.consent(&url, proof(json!({})))).await;
    expect_code(&again, 401, "login-state-invalid", "a second time");
}

#[tokio::test]
async fn a_code_is_of_no_use_in_another_login() {
    let (victim, thief) = (Browser::new(), Browser::new());
    let stolen = VENDORS.acme.consent(&victim.begin("oidc/acme").await, proof(json!({})));
    let own = VENDORS.acme.consent(&thief.begin("oidc/acme").await, proof(json!({})));
    let code = |back: &str| back.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let swapped = own.replace(&format!("code={}&", code(&own)), &format!("code={}&", code(&stolen)));
    assert_ne!(swapped, own);
    // The provider knows by PKCE that it is not the browser's.
    expect_code(&thief.get(&swapped).await, 401, "login-denied", "a stolen code");
}

#[tokio::test]
async fn whoever_refuses_is_not_logged_in() {
    for error in ["access_denied", "login_required", "<script>"] {
        let browser = Browser::new();
        let back = VENDORS.acme.consent(&browser.begin("oidc/acme").await, proof(json!({})));
        let state = back.split("state=").nth(1).unwrap().split('&').next().unwrap();
        let path = format!("/api/login/oidc/acme/callback?error={}&state={state}", crate::support::encode(error));
        let answer = browser.get(&path).await;
        expect_code(&answer, 401, "login-denied", error);
        assert!(!answer.text.contains(error), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_provider_that_nobody_knows_is_not_found() {
    let user = User::sign_up().await;
    for name in ["nobody", "Acme", "%61cmee"] {
        for path in [format!("/api/login/oidc/{name}"), format!("/api/login/oidc/{name}/callback?code=a&state=b")] {
            Client::new().get(&path).await.expect_problem(404, json!({"provider": ["not found"]}));
        }
        let path = format!("/api/user/identities/oidc/{name}");
        user.client.post(&path, Value::Null).await.expect_problem(404, json!({"provider": ["not found"]}));
    }
    let path = "/api/user/identities/oidc/acme";
    Client::new().post(path, Value::Null).await.expect_problem(401, json!({"token": ["is missing"]}));
}

#[tokio::test]
async fn a_provider_whose_description_cannot_be_trusted_sends_nobody_anywhere() {
    for name in ["liar", "garbled"] {
        let answer = Browser::new().get(&format!("/api/login/oidc/{name}")).await;
        expect_code(&answer, 502, "provider-failed", name);
    }
    for name in ["away", "stuck"] {
        let begun = tokio::time::Instant::now();
        let answer = Browser::new().get(&format!("/api/login/oidc/{name}")).await;
        expect_code(&answer, 503, "unavailable", name);
        assert_eq!(answer.header("retry-after"), "2", "{name}");
        assert!(begun.elapsed().as_secs() < 10, "{name}: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn whoever_adds_an_identity_logs_in_by_it_from_then_on() {
    let (user, me) = (User::sign_up().await, subject());
    let linked = user.link_acme(&me).await.expect(200)["identity"].take();
    assert_eq!(linked["provider"], "oidc/acme");
    assert_eq!(username(&Browser::new().acme(Says::subject(&me)).await), user.username);
    // To add it again changes nothing.
    user.link_acme(&me).await.expect(200);
    assert_eq!(user.identities().await.len(), 1);
}

#[tokio::test]
async fn an_identity_of_another_account_stays_there() {
    let (owner, other, me) = (User::sign_up().await, User::sign_up().await, subject());
    owner.link_acme(&me).await.expect(200);
    let answer = other.link_acme(&me).await;
    answer.expect_problem(409, json!({"identity": ["has already been taken"]}));
    assert_eq!((owner.identities().await.len(), other.identities().await.len()), (1, 0));
    assert_eq!(username(&Browser::new().acme(Says::subject(&me)).await), owner.username);
}

#[tokio::test]
async fn of_several_accounts_that_add_one_identity_at_the_same_time_one_gets_it() {
    let me = subject();
    let users = join_all((0..4).map(|_| User::sign_up())).await;
    let answers = join_all(users.iter().map(|user| user.link_acme(&me))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
        expect_code(answer, 409, "taken", "the others");
    }
    let counts = join_all(users.iter().map(User::identities)).await;
    assert_eq!(counts.iter().map(Vec::len).sum::<usize>(), 1);
}

#[tokio::test]
async fn a_session_that_has_ended_in_between_adds_nothing() {
    let (user, browser) = (User::sign_up().await, Browser::new());
    let url = browser.begin_link(&user.token, "oidc/acme").await;
    user.client.post("/api/sessions/logout", Value::Null).await.expect_nothing();
    let me = subject();
    let answer = browser.get(&VENDORS.acme.consent(&url, Says::subject(&me))).await;
    answer.expect_problem(401, json!({"token": ["is invalid"]}));
    assert_ne!(username(&Browser::new().acme(Says::subject(&me)).await), user.username);
}

#[tokio::test]
async fn an_account_has_at_most_20_identities() {
    let user = User::sign_up().await;
    for _ in 0..20 {
        user.link_acme(&unique("many")).await.expect(200);
    }
    let answer = user.link_acme(&unique("many")).await;
    answer.expect_problem(422, json!({"identity": ["must not be added to an account that has 20"]}));
    assert_eq!(user.identities().await.len(), 20);
}
