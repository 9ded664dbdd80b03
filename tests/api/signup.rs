//! `POST /api/users`.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Client, PASSWORD, unique};

#[tokio::test]
async fn parallel_sign_ups_with_one_address_make_one_user() {
    let email = format!("{}@mail.example", unique("mail"));
    let sign_up = |_| {
        let user = json!({"username": unique("parallel"), "email": email, "password": PASSWORD});
        async move { Client::new().post("/api/users", json!({"user": user})).await }
    };
    let answers = join_all((0..50).map(sign_up)).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert_eq!(made.len(), 1);
    for answer in refused {
        answer.expect_problem(409, json!({"email": ["has already been taken"]}));
    }
}
