//! `POST /api/password/reset/code` and `POST /api/password/reset`. A phone gets one message a minute: what takes a second stands in
//! `tests/coordination`, where time can be moved.

use serde_json::{Value, json};

use crate::support::{
    Answer, Client, User,
    outbox::{code, unique_phone},
};

const NEW: &str = "another horse battery";

async fn send(phone: &str) -> Answer {
    Client::new().post("/api/password/reset/code", json!({"phone": phone})).await
}

async fn reset(phone: &str, code: &str, password: &str) -> Answer {
    let body = json!({"phone": phone, "code": code, "password": password});
    Client::new().post("/api/password/reset", body).await
}

fn refusal() -> Value {
    json!({"code": ["is invalid or has expired"]})
}

#[tokio::test]
async fn nobody_learns_whether_a_number_is_anybodys() {
    let user = User::sign_up().await;
    let (bound, nobodys) = (unique_phone(), unique_phone());
    user.client.post("/api/user/phone/code", json!({"phone": bound})).await.expect(202);
    let Some(right) = code(&bound).await else { return };
    user.client.put("/api/user/phone", json!({"phone": bound, "code": right})).await.expect(200);
    for phone in [&bound, &nobodys] {
        reset(phone, "000000", NEW).await.expect_problem(401, refusal());
    }
    let answer = send(&nobodys).await;
    answer.expect(202);
    assert_eq!(answer.text, "");
    // And its holder, who has the code, gets no account by it.
    let Some(code) = code(&nobodys).await else { return };
    reset(&nobodys, &code, NEW).await.expect_problem(401, refusal());
}

#[tokio::test]
async fn a_code_to_log_in_resets_no_password() {
    let phone = unique_phone();
    Client::new().post("/api/login/sms/code", json!({"phone": phone})).await.expect(202);
    let Some(code) = code(&phone).await else { return };
    reset(&phone, &code, NEW).await.expect_problem(401, refusal());
    Client::new().post("/api/login/sms", json!({"phone": phone, "code": code})).await.expect(201);
}

#[tokio::test]
async fn blank_fields_are_named_at_once() {
    let blank = json!(["can't be blank"]);
    let nothing = Client::new().post("/api/password/reset", json!({})).await;
    nothing.expect_problem(422, json!({"phone": blank, "code": blank, "password": blank}));
    send("").await.expect_problem(422, json!({"phone": blank}));
}
