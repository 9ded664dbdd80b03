//! `POST /api/login/sms/code`.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    Answer, Client, crowd,
    outbox::{message, messages, unique_phone},
};

async fn ask(body: Value) -> Answer {
    Client::new().post("/api/login/sms/code", body).await
}

#[tokio::test]
async fn a_code_of_six_digits_reaches_the_phone() {
    let phone = unique_phone();
    let answer = ask(json!({"phone": phone})).await;
    answer.expect(202);
    assert_eq!(answer.text, "");
    let Some(message) = message(&phone).await else { return };
    let code = message["params"]["code"].as_str().unwrap();
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{message}");
    assert_eq!((&message["template"], &message["provider"]), (&json!("login"), &json!("file")));
    assert!(message["at"].as_str().unwrap().ends_with('Z'), "{message}");
}

#[tokio::test]
async fn the_next_code_is_a_minute_away_however_the_number_is_written() {
    let phone = unique_phone();
    ask(json!({"phone": phone})).await.expect(202);
    let spelled = format!("{} {} {}", &phone[..3], &phone[3..6], &phone[6..]);
    let refused = ask(json!({"phone": spelled})).await;
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    refused.expect_problem(429, json!({"requests": [format!("come too fast, try again in {wait} s")]}));
}

#[tokio::test]
async fn of_many_requests_at_once_one_sends_a_message() {
    let (people, _alone) = crowd().await;
    let (phone, other) = (unique_phone(), unique_phone());
    let answers = join_all((0..people).map(|_| ask(json!({"phone": phone})))).await;
    let with = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((with(202), with(429)), (1, people - 1));
    // What was asked for later has arrived: whatever else was sent would be there too, or nearly.
    ask(json!({"phone": other})).await.expect(202);
    if message(&other).await.is_some() && message(&phone).await.is_some() {
        assert_eq!(messages(&phone).unwrap().len(), 1);
    }
}

#[tokio::test]
async fn what_is_no_international_number_is_refused() {
    for (body, message) in [
        (json!({}), "can't be blank"),
        (json!({"phone": null}), "can't be blank"),
        (json!({"phone": ""}), "can't be blank"),
        (json!({"phone": "13800138000"}), "must be a phone number such as +8613800138000"),
        (json!({"phone": "+8612"}), "must be a phone number such as +8613800138000"),
        (json!({"phone": "+86138001380000000000000000000000000"}), "must be a phone number such as +8613800138000"),
        (json!({"phone": 13_800_138_000_u64}), "must be a string"),
    ] {
        ask(body).await.expect_problem(422, json!({"phone": [message]}));
    }
}
