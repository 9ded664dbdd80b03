//! `POST /api/password/reset/code` and `POST /api/password/reset`.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    Answer, Client, PASSWORD, User,
    outbox::{code, messages, unique_phone},
};

const NEW: &str = "another horse battery";

async fn send(phone: &str) -> Answer {
    Client::new().post("/api/password/reset/code", json!({"phone": phone})).await
}

async fn reset(phone: &str, code: &str, password: &str) -> Answer {
    let body = json!({"phone": phone, "code": code, "password": password});
    Client::new().post("/api/password/reset", body).await
}

/// Somebody with a phone that has just got a code to bind it, and one to reset the password.
struct Forgetful {
    user: User,
    phone: String,
    code: String,
}

impl Forgetful {
    /// `None` where nobody can look what a phone got.
    async fn new() -> Option<Self> {
        let user = User::sign_up().await;
        let phone = unique_phone();
        user.client.post("/api/user/phone/code", json!({"phone": phone})).await.expect(202);
        let bound = code(&phone).await?;
        user.client.put("/api/user/phone", json!({"phone": phone, "code": bound})).await.expect(200);
        send(&phone).await.expect(202);
        // The second message.
        let code = loop {
            match messages(&phone)?.get(1) {
                Some(message) => break message["params"]["code"].as_str().unwrap().to_owned(),
                None => tokio::task::yield_now().await,
            }
        };
        Some(Self { user, phone, code })
    }
}

fn refusal() -> Value {
    json!({"code": ["is invalid or has expired"]})
}

#[tokio::test]
async fn a_reset_sets_the_password_ends_all_sessions_and_unlocks_the_account() {
    let Some(Forgetful { user, phone, code }) = Forgetful::new().await else { return };
    for _ in 0..5 {
        Client::new().log_in(&user.email, "wrong").await.expect(401);
    }
    Client::new().log_in(&user.email, PASSWORD).await.expect(401);
    reset(&phone, &code, NEW).await.expect_nothing();
    Client::new().log_in(&user.email, NEW).await.expect(200);
    Client::new().log_in(&user.email, PASSWORD).await.expect(401);
    user.client.get("/api/user").await.expect_problem(401, json!({"token": ["is invalid"]}));
    let refresh = json!({"refreshToken": user.refresh_token});
    Client::new().post("/api/sessions/refresh", refresh).await.expect(401);
}

#[tokio::test]
async fn a_code_resets_once_and_a_refused_password_does_not_use_it_up() {
    let Some(Forgetful { phone, code, .. }) = Forgetful::new().await else { return };
    reset(&phone, &code, "short")
        .await
        .expect_problem(422, json!({"password": ["is too short (minimum is 8 characters)"]}));
    let answers = join_all((0..5).map(|_| reset(&phone, &code, NEW))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1, "{answers:?}");
    reset(&phone, &code, PASSWORD).await.expect_problem(401, refusal());
}

#[tokio::test]
async fn nobody_learns_whether_a_number_is_anybodys() {
    let Some(Forgetful { phone, .. }) = Forgetful::new().await else { return };
    let nobodys = unique_phone();
    let answer = send(&nobodys).await;
    answer.expect(202);
    assert_eq!(answer.text, "");
    let (known, unknown) = (reset(&phone, "000000", NEW).await, reset(&nobodys, "000000", NEW).await);
    for answer in [&known, &unknown] {
        answer.expect_problem(401, refusal());
    }
    // And its holder, who has the code, gets no account by it.
    let Some(code) = code(&nobodys).await else { return };
    reset(&nobodys, &code, NEW).await.expect_problem(401, refusal());
}

#[tokio::test]
async fn blank_fields_are_named_at_once() {
    let blank = json!(["can't be blank"]);
    let nothing = Client::new().post("/api/password/reset", json!({})).await;
    nothing.expect_problem(422, json!({"phone": blank, "code": blank, "password": blank}));
    send("").await.expect_problem(422, json!({"phone": blank}));
}
