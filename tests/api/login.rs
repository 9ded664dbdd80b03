//! `POST /api/users/login`.

mod lockout;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Answer, Client, PASSWORD, User, shapes, unique_email};

async fn log_in(user: Value) -> Answer {
    Client::new().post("/api/users/login", json!({"user": user})).await
}

#[tokio::test]
async fn a_login_answers_the_account_and_its_tokens() {
    let user = User::sign_up().await;
    user.change(json!({"bio": "A bio", "image": "https://img.example/me.png"})).await.expect(200);
    let answer = Client::new().log_in(&user.email, PASSWORD).await;
    let account = answer.expect(200)["user"].take();
    assert_eq!(answer.header("content-type"), "application/json");
    shapes::expect_login(&account);
    for (field, value) in [
        ("username", &*user.username),
        ("email", &user.email),
        ("bio", "A bio"),
        ("image", "https://img.example/me.png"),
    ] {
        assert_eq!(account[field], value, "{field}");
    }
}

#[tokio::test]
async fn the_token_of_a_login_is_good_at_once() {
    let user = User::sign_up().await;
    let account = Client::new().log_in(&user.email, PASSWORD).await.expect(200);
    let client = Client::new().with_token(account["user"]["token"].as_str().unwrap());
    assert_eq!(client.get("/api/user").await.expect(200)["user"]["email"], user.email);
}

#[tokio::test]
async fn every_login_begins_a_session_of_its_own() {
    let user = User::sign_up().await;
    let account = Client::new().log_in(&user.email, PASSWORD).await.expect(200);
    assert_ne!(account["user"]["refreshToken"], user.refresh_token);
    assert_ne!(account["user"]["token"], user.token);
    user.client.get("/api/user").await.expect(200);
}

#[tokio::test]
async fn the_case_of_the_address_does_not_matter() {
    let user = User::sign_up().await;
    for email in [user.email.to_uppercase(), user.email.replace("mail", "Mail"), format!(" {} ", user.email)] {
        let answer = Client::new().log_in(&email, PASSWORD).await;
        assert_eq!(answer.expect(200)["user"]["email"], user.email, "{email}");
    }
}

#[tokio::test]
async fn a_username_logs_in_like_an_address_regardless_of_case_and_width() {
    let user = User::sign_up().await;
    let wide: String = user.username.chars().map(|c| if c == 'u' { 'ｕ' } else { c }).collect();
    for username in [user.username.clone(), user.username.to_uppercase(), wide] {
        let account = log_in(json!({"username": username, "password": PASSWORD})).await.expect(200)["user"].take();
        shapes::expect_login(&account);
        assert_eq!(account["email"], user.email);
    }
}

#[tokio::test]
async fn a_name_of_one_kind_is_none_of_another() {
    let user = User::sign_up().await;
    for (kind, name) in [("username", &user.email), ("phone", &user.username), ("phone", &user.email)] {
        let answer = log_in(json!({kind: name, "password": PASSWORD})).await;
        answer.expect_problem(401, json!({"credentials": ["invalid"]}));
    }
}

#[tokio::test]
async fn of_several_names_the_first_counts() {
    let user = User::sign_up().await;
    let all = json!({"email": user.email, "username": "nobody-at-all", "phone": null, "password": PASSWORD});
    assert_eq!(log_in(all).await.status, 200);
    let wrong = json!({"email": "nobody@mail.example", "username": user.username, "password": PASSWORD});
    log_in(wrong).await.expect_problem(401, json!({"credentials": ["invalid"]}));
    let null = json!({"username": null, "password": PASSWORD});
    log_in(null).await.expect_problem(422, json!({"username": ["can't be blank"]}));
}

#[tokio::test]
async fn every_character_of_the_password_matters() {
    let user = User::sign_up().await;
    for password in [
        PASSWORD.to_uppercase(),
        format!(" {PASSWORD}"),
        format!("{PASSWORD} "),
        format!("{PASSWORD}\0"),
        PASSWORD[1..].to_owned(),
        " ".to_owned(),
    ] {
        let answer = Client::new().log_in(&user.email, &password).await;
        assert_eq!(answer.status, 401, "{password:?}: {}", answer.text);
    }
}

#[tokio::test]
async fn nobody_learns_whether_an_address_is_known() {
    let user = User::sign_up().await;
    let wrong = "another horse battery";
    let mut answers = BTreeMap::new();
    for (case, email, password) in [
        ("a wrong password", user.email.clone(), wrong.to_owned()),
        ("an unknown address", unique_email(), PASSWORD.to_owned()),
        ("no address at all", "jake".to_owned(), PASSWORD.to_owned()),
        ("somebody's name where an address is asked for", user.username.clone(), PASSWORD.to_owned()),
        ("an address longer than any", format!("{}@mail.example", "x".repeat(1_000)), PASSWORD.to_owned()),
        ("a password longer than any", user.email.clone(), "x".repeat(100_000)),
    ] {
        let answer = Client::new().log_in(&email, &password).await;
        assert_eq!(answer.status, 401, "{case}: {}", answer.text);
        answer.expect_problem(401, json!({"credentials": ["invalid"]}));
        let mut body = answer.json();
        body.as_object_mut().unwrap().remove("requestId");
        let headers: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        answers.insert(case, (body, headers));
    }
    let first = answers.first_key_value().unwrap().1.clone();
    for (case, answer) in answers {
        assert_eq!(answer, first, "{case}");
    }
}

#[tokio::test]
async fn blank_fields_are_named_at_once() {
    let blank = json!(["can't be blank"]);
    for (case, user, errors) in [
        ("nothing", json!({}), json!({"email": blank, "password": blank})),
        ("nulls", json!({"email": null, "password": null}), json!({"email": blank, "password": blank})),
        ("empty", json!({"email": "", "password": ""}), json!({"email": blank, "password": blank})),
        ("no address", json!({"password": PASSWORD}), json!({"email": blank})),
        ("no password", json!({"email": "jake@mail.example"}), json!({"password": blank})),
        ("an empty password", json!({"email": "jake@mail.example", "password": ""}), json!({"password": blank})),
    ] {
        let answer = log_in(user).await;
        assert_eq!(answer.status, 422, "{case}: {}", answer.text);
        answer.expect_problem(422, errors);
    }
}

#[tokio::test]
async fn a_password_of_another_type_is_refused_and_not_repeated() {
    for value in [json!(71_077_345), json!(["71077345"]), json!({"71077345": "71077345"}), json!(true)] {
        let answer = log_in(json!({"email": unique_email(), "password": value})).await;
        assert_eq!(answer.status, 422, "{value}: {}", answer.text);
        answer.expect_problem(422, json!({"password": ["must be a string"]}));
        assert!(!answer.text.contains("71077345"), "{}", answer.text);
    }
}
