//! Proofs that prove nothing, and answers that are none.

use serde_json::{Value, json};
use test_servers::oidc::{CLIENT_ID, Says, Signing, now};

use crate::support::vendors::{Browser, VENDORS, expect_code, subject};

/// A proof with these claims in place of good ones.
fn claims(changes: Value) -> Says {
    let mut all = json!({"sub": subject()});
    all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    Says::Claims(all, Signing::Es256)
}

#[tokio::test]
async fn a_proof_that_the_provider_did_not_sign_logs_nobody_in() {
    for signing in [
        Signing::AnotherKey,
        Signing::UnknownKey,
        Signing::Tampered,
        Signing::ClientSecret,
        Signing::PublicKeyAsSecret,
        Signing::None,
    ] {
        let answer = Browser::new().acme(Says::Claims(json!({"sub": subject()}), signing)).await;
        expect_code(&answer, 401, "identity-unproven", &format!("{signing:?}"));
        assert!(!answer.text.contains("token"), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_proof_for_others_or_of_another_login_logs_nobody_in() {
    for changes in [
        json!({"iss": "https://id.example"}),
        json!({"iss": format!("{}/", VENDORS.acme.url)}),
        json!({"aud": "another-client"}),
        json!({"aud": []}),
        json!({"aud": [CLIENT_ID, "another-client"]}),
        json!({"azp": "another-client"}),
        json!({"nonce": "of another login"}),
        json!({"nonce": null}),
        json!({"nonce": ""}),
    ] {
        let answer = Browser::new().acme(claims(changes.clone())).await;
        expect_code(&answer, 401, "identity-unproven", &changes.to_string());
    }
    Browser::new().acme(claims(json!({"aud": [CLIENT_ID], "azp": CLIENT_ID}))).await.expect(200);
}

#[tokio::test]
async fn a_proof_of_another_time_logs_nobody_in() {
    let now = now();
    for changes in [
        json!({"exp": now - 120}),
        json!({"exp": 0}),
        json!({"iat": now + 300, "exp": now + 600}),
        json!({"iat": now - 3_600}),
    ] {
        let answer = Browser::new().acme(claims(changes.clone())).await;
        expect_code(&answer, 401, "identity-unproven", &changes.to_string());
    }
    // Clocks may differ a little.
    for changes in [json!({"exp": now - 5}), json!({"iat": now + 20, "exp": now + 300})] {
        Browser::new().acme(claims(changes)).await.expect(200);
    }
}

#[tokio::test]
async fn a_proof_that_names_nobody_is_the_providers_fault() {
    for changes in [json!({"sub": null}), json!({"sub": 7}), json!({"sub": ""}), json!({"sub": "x".repeat(256)})] {
        let answer = Browser::new().acme(Says::Claims(changes.clone(), Signing::Es256)).await;
        expect_code(&answer, 502, "provider-failed", &changes.to_string());
    }
    for missing in ["iss", "aud", "exp", "iat"] {
        let answer = Browser::new().acme(claims(json!({missing: null}))).await;
        assert!([401, 502].contains(&answer.status.as_u16()), "{missing}: {}", answer.text);
        answer.json()["code"].as_str().unwrap();
    }
}

#[tokio::test]
async fn an_answer_that_is_no_proof_is_the_providers_fault() {
    for says in [
        Says::NoProof,
        Says::Text(""),
        Says::Text("<html>"),
        Says::Text("[]"),
        Says::Text("{}"),
        Says::Text(r#"{"access_token": "a", "token_type": "Bearer", "id_token": "x.y.z"}"#),
        Says::Text(r#"{"access_token": "a", "token_type": "Bearer", "id_token": 7}"#),
        Says::TooMuch,
        Says::Error("invalid_client"),
        Says::Status(404),
    ] {
        let answer = Browser::new().acme(says.clone()).await;
        expect_code(&answer, 502, "provider-failed", &format!("{says:?}"));
    }
    let answer = Browser::new().acme(Says::Error("invalid_grant")).await;
    expect_code(&answer, 401, "login-denied", "a code that the provider does not know");
}

#[tokio::test]
async fn a_provider_that_fails_or_does_not_answer_is_worth_another_try() {
    for says in [Says::Status(500), Says::Status(429), Says::Nothing] {
        let begun = tokio::time::Instant::now();
        let answer = Browser::new().oidc("faulty", &VENDORS.faulty, says.clone()).await;
        expect_code(&answer, 503, "unavailable", &format!("{says:?}"));
        assert_eq!(answer.header("retry-after"), "2", "{says:?}");
        assert!(begun.elapsed().as_secs() < 10, "{says:?}: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_token_endpoint_in_the_clear_is_told_no_code() {
    let browser = Browser::new();
    // The description has an endpoint on another host, which is never spoken to.
    let url = browser.begin("oidc/insecure").await;
    let state = url.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let issuer = url.split("/authorize").next().unwrap();
    let iss = crate::support::encode(issuer);
    let answer = browser.get(&format!("/api/login/oidc/insecure/callback?code=c&state={state}&iss={iss}")).await;
    expect_code(&answer, 502, "provider-failed", "http://");
}
