//! What a name, an address and a password may be.

use serde_json::{Value, json};

use super::{sign_up, sign_up_with};
use crate::support::{Client, PASSWORD, User, encode, unique, unique_email};

const FIELDS: [&str; 3] = ["username", "email", "password"];

/// A sign-up that would be accepted but for `field`, which is `value` or absent.
fn with(field: &str, value: Option<Value>) -> Value {
    let mut user = json!({"username": unique("user"), "email": unique_email(), "password": PASSWORD});
    let fields = user.as_object_mut().unwrap();
    match value {
        Some(value) => fields.insert(field.to_owned(), value),
        None => fields.remove(field),
    };
    user
}

#[tokio::test]
async fn every_field_must_be_there_and_hold_something() {
    for field in FIELDS {
        for value in [None, Some(json!(null)), Some(json!("")), Some(json!("  \t ")), Some(json!("\u{3000}"))] {
            let answer = sign_up(with(field, value.clone())).await;
            assert_eq!(answer.status, 422, "{field}: {value:?}: {}", answer.text);
            answer.expect_problem(422, json!({field: ["can't be blank"]}));
        }
    }
}

#[tokio::test]
async fn a_value_of_another_type_names_its_field_and_not_the_value() {
    for field in FIELDS {
        for value in [json!(71_077_345), json!(true), json!(["71077345"]), json!({"a": "71077345"}), json!(1e300)] {
            let answer = sign_up(with(field, Some(value.clone()))).await;
            assert_eq!(answer.status, 422, "{field}: {value}: {}", answer.text);
            answer.expect_problem(422, json!({field: ["must be a string"]}));
            assert!(!answer.text.contains("71077345"), "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn a_body_without_a_user_object_says_so() {
    for (case, body, errors) in [
        ("no user", json!({}), json!({"user": ["is missing"]})),
        ("user is null", json!({"user": null}), json!({"user": ["must be an object"]})),
        ("user is a text", json!({"user": "jake"}), json!({"user": ["must be an object"]})),
        ("a list", json!([{"user": {}}]), json!({"body": ["must be an object"]})),
        ("a number", json!(1), json!({"body": ["must be an object"]})),
        ("user is a list", json!({"user": ["a", "b", "c"]}), json!({"user": ["must be an object"]})),
    ] {
        let answer = Client::new().post("/api/users", body).await;
        assert_eq!(answer.status, 422, "{case}: {}", answer.text);
        answer.expect_problem(422, errors);
    }
}

#[tokio::test]
async fn what_is_too_long_or_too_short_says_what_the_bound_is() {
    let long_email = format!("{}@mail.example", "x".repeat(242));
    for (field, value, message) in [
        ("username", "x".repeat(65), "is too long (maximum is 64 characters)"),
        ("username", "张".repeat(65), "is too long (maximum is 64 characters)"),
        ("email", long_email, "is too long (maximum is 254 characters)"),
        ("password", "x".repeat(129), "is too long (maximum is 128 characters)"),
        ("password", "密".repeat(129), "is too long (maximum is 128 characters)"),
        ("password", "密码密码密码密".to_owned(), "is too short (minimum is 8 characters)"),
    ] {
        let answer = sign_up(with(field, Some(json!(value)))).await;
        assert_eq!(answer.status, 422, "{field}: {value}: {}", answer.text);
        answer.expect_problem(422, json!({field: [message]}));
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_named_at_once() {
    let blank = json!(["can't be blank"]);
    sign_up(json!({})).await.expect_problem(422, json!({"username": blank, "email": blank, "password": blank}));
    let user = json!({"username": "a/b", "email": "jake", "password": "short"});
    sign_up(user).await.expect_problem(
        422,
        json!({
            "username": ["must be a name without \"/\""],
            "email": ["must be an e-mail address"],
            "password": ["is too short (minimum is 8 characters)"],
        }),
    );
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    for address in
        ["jake", "@mail.example", "jake@", "a@b@c.example", "a b@c.example", "jake@.example", "jake@example."]
    {
        let answer = sign_up(with("email", Some(json!(address)))).await;
        assert_eq!(answer.status, 422, "{address}: {}", answer.text);
        answer.expect_problem(422, json!({"email": ["must be an e-mail address"]}));
    }
}

#[tokio::test]
async fn control_characters_are_in_no_name_and_no_address() {
    for (case, text) in [("NUL", "a\0b"), ("a line break", "a\r\nb"), ("escape", "a\u{1b}[31mb")] {
        for (field, value) in [("username", text.to_owned()), ("email", format!("{text}@mail.example"))] {
            let answer = sign_up(with(field, Some(json!(value)))).await;
            assert_eq!(answer.status, 422, "{case} in {field}: {}", answer.text);
            answer.expect_problem(422, json!({field: ["must be one line without control characters"]}));
        }
    }
}

#[tokio::test]
async fn names_of_any_script_are_kept_and_lead_to_their_profile() {
    for part in ["张伟", "🦀 crab", "O'Neil-Ñ", "Johnny Bravo", "50% <b>&", "?#+;=", "\"quoted\\"] {
        let name = format!("{part} {}", unique(""));
        let user = User::sign_up_as(&name, PASSWORD).await;
        assert_eq!(user.username, name);
        let answer = Client::new().get(&format!("/api/profiles/{}", encode(&name))).await;
        assert_eq!(answer.status, 200, "{part}: {}", answer.text);
        assert_eq!(answer.json()["profile"]["username"], name, "{part}");
    }
}

#[tokio::test]
async fn an_address_that_grows_when_it_is_folded_gets_a_clear_answer() {
    // NFKC makes 18 characters, 33 bytes, of this one.
    let address = format!("{}{}", "\u{fdfa}".repeat(200), unique_email());
    let answer = sign_up(with("email", Some(json!(address)))).await;
    if answer.status != 201 {
        answer.expect(422);
        answer.expect_whole_problem("200 ligatures");
    }
    assert!(Client::new().log_in(&address, PASSWORD).await.status.as_u16() < 500);
}

#[tokio::test]
async fn a_field_that_is_there_twice_is_refused() {
    let (name, email) = (unique("user"), unique_email());
    let body = format!(
        r#"{{"user": {{"username": "{name}", "email": "{email}", "password": "{PASSWORD}", "password": "another one"}}}}"#
    );
    sign_up_with(body, "application/json").await.expect_problem(422, json!({"password": ["is there twice"]}));
}

#[tokio::test]
async fn a_password_counts_to_its_last_character() {
    let password = |last: &str| "密码安全".repeat(16).chars().take(63).collect::<String>() + last;
    let user = User::sign_up_as(&unique("user"), &password("一")).await;
    Client::new().log_in(&user.email, &password("二")).await.expect_problem(401, json!({"credentials": ["invalid"]}));
    Client::new().log_in(&user.email, &password("一")).await.expect(200);
}

#[tokio::test]
async fn a_password_of_8_to_128_characters_of_any_script_is_taken_whole() {
    for password in ["密码密码密码密码".to_owned(), "密".repeat(128), "🦀".repeat(8), " spaces  count ".to_owned()]
    {
        let user = User::sign_up_as(&unique("user"), &password).await;
        let shorter: String = password.chars().skip(1).collect();
        assert_eq!(Client::new().log_in(&user.email, &shorter).await.status, 401, "{password}");
        assert_eq!(Client::new().log_in(&user.email, &password).await.status, 200, "{password}");
    }
}

#[tokio::test]
async fn a_common_password_is_refused_and_the_message_says_why() {
    let allowed = shared::config::variable("COMMON_PASSWORDS").as_deref() == Some("allow");
    for password in ["password", "PassWord", "12345678"] {
        let answer = sign_up(with("password", Some(json!(password)))).await;
        if allowed {
            assert_eq!(answer.status, 201, "{password}: {}", answer.text);
        } else {
            let reason = "is one of the 3,000 most common passwords, which are guessed first";
            answer.expect_problem(422, json!({"password": [reason]}));
        }
    }
}
