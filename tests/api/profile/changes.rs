//! `PUT /api/user`.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::profile;
use crate::support::{Client, PASSWORD, User, shapes, unique, unique_email};

#[tokio::test]
async fn a_change_answers_the_account_as_it_is_afterwards() {
    let user = User::sign_up().await;
    let (username, email) = (unique("new"), unique_email());
    let image = "https://img.example/a.png";
    let new = json!({"username": username, "email": email, "bio": "A bio", "image": image, "password": "a new one"});
    let account = user.change(new).await.expect(200)["user"].take();
    shapes::expect_user(&account);
    let token = &account["token"];
    let expected = json!({
        "username": username, "email": email, "phone": null, "bio": "A bio", "image": image, "token": token,
        "role": "author",
    });
    assert_eq!(account, expected);
    let client = Client::new().with_token(account["token"].as_str().unwrap());
    assert_eq!(client.get("/api/user").await.expect(200)["user"], expected);
}

#[tokio::test]
async fn what_is_absent_stays() {
    let user = User::sign_up().await;
    let before = user.change(json!({"bio": "A bio", "image": "http://img.example"})).await.expect(200);
    assert_eq!(user.change(json!({})).await.expect(200), before);
    assert_eq!(user.change(json!({"unknown": 1})).await.expect(200), before);
    assert_eq!(user.client.get("/api/user").await.expect(200), before);
    Client::new().log_in(&user.email, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn null_and_nothing_clear_bio_and_image() {
    let user = User::sign_up().await;
    for field in ["bio", "image"] {
        for nothing in [json!(null), json!("")] {
            user.change(json!({"bio": "A bio", "image": "http://img.example"})).await.expect(200);
            let account = user.change(json!({field: nothing})).await.expect(200)["user"].take();
            assert_eq!(account[field], Value::Null, "{field}: {nothing}");
            assert_eq!(user.client.get("/api/user").await.expect(200)["user"], account);
            let other = if field == "bio" { "image" } else { "bio" };
            assert!(account[other].is_string(), "{field}: {nothing}");
        }
    }
}

#[tokio::test]
async fn what_breaks_the_rules_is_named_and_changes_nothing() {
    let user = User::sign_up().await;
    let before = user.client.get("/api/user").await.expect(200);
    let blank = "can't be blank";
    for (field, value, message) in [
        ("username", json!(null), blank),
        ("username", json!(""), blank),
        ("username", json!("  "), blank),
        ("username", json!("a/b"), "must be a name without \"/\""),
        ("username", json!("x".repeat(65)), "is too long (maximum is 64 characters)"),
        ("username", json!(5), "must be a string"),
        ("email", json!(null), blank),
        ("email", json!(""), blank),
        ("email", json!("jake"), "must be an e-mail address"),
        ("email", json!({}), "must be a string"),
        ("password", json!(null), blank),
        ("password", json!(""), blank),
        ("password", json!("short"), "is too short (minimum is 8 characters)"),
        ("password", json!("密".repeat(129)), "is too long (maximum is 128 characters)"),
        ("password", json!([]), "must be a string"),
        ("bio", json!("x".repeat(4_001)), "is too long (maximum is 4000 characters)"),
        ("bio", json!(5), "must be a string"),
        ("image", json!("javascript:alert(1)"), "must be an http:// or https:// address"),
        ("image", json!("//img.example"), "must be an http:// or https:// address"),
        ("image", json!(format!("http://{}", "x".repeat(2_048))), "is too long (maximum is 2048 characters)"),
        ("image", json!(true), "must be a string"),
    ] {
        let mut change = json!({"bio": "must not be stored"});
        change[field] = value.clone();
        let answer = user.change(change).await;
        assert_eq!(answer.status, 422, "{field}: {value}: {}", answer.text);
        answer.expect_problem(422, json!({field: [message]}));
    }
    assert_eq!(user.client.get("/api/user").await.expect(200), before);
    Client::new().log_in(&user.email, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_change_is_named_at_once() {
    let user = User::sign_up().await;
    let change = json!({"username": null, "email": "", "password": "short", "bio": "x".repeat(4_001), "image": "x"});
    user.change(change).await.expect_problem(
        422,
        json!({
            "username": ["can't be blank"],
            "email": ["can't be blank"],
            "password": ["is too short (minimum is 8 characters)"],
            "bio": ["is too long (maximum is 4000 characters)"],
            "image": ["must be an http:// or https:// address"],
        }),
    );
}

#[tokio::test]
async fn a_changed_address_logs_in_and_the_old_one_is_free() {
    let user = User::sign_up().await;
    let email = unique_email();
    user.change(json!({"email": email})).await.expect(200);
    assert_eq!(Client::new().log_in(&email, PASSWORD).await.expect(200)["user"]["username"], user.username);
    Client::new().log_in(&user.email, PASSWORD).await.expect_problem(401, json!({"credentials": ["invalid"]}));
    User::sign_up().await.change(json!({"email": user.email})).await.expect(200);
}

#[tokio::test]
async fn a_changed_name_has_the_profile_and_the_old_one_is_free() {
    let user = User::sign_up().await;
    let name = unique("renamed");
    user.change(json!({"username": name})).await.expect(200);
    assert_eq!(profile(&name).await.expect(200)["profile"]["username"], name);
    profile(&user.username).await.expect_problem(404, json!({"profile": ["not found"]}));
    let account = Client::new().log_in(&user.email, PASSWORD).await.expect(200);
    assert_eq!(account["user"]["username"], name);
    User::sign_up().await.change(json!({"username": user.username})).await.expect(200);
}

#[tokio::test]
async fn a_name_can_be_taken_back() {
    let user = User::sign_up().await;
    user.change(json!({"username": unique("renamed")})).await.expect(200);
    let account = user.change(json!({"username": user.username})).await.expect(200);
    assert_eq!(account["user"]["username"], user.username);
    profile(&user.username).await.expect(200);
}

#[tokio::test]
async fn what_others_have_is_taken_and_nothing_else_of_the_change_is_stored() {
    let (user, other) = (User::sign_up().await, User::sign_up().await);
    let before = user.client.get("/api/user").await.expect(200);
    let taken = json!(["has already been taken"]);
    for (case, change, errors) in [
        ("the name", json!({"username": other.username}), json!({"username": taken})),
        ("the name in another case", json!({"username": other.username.to_uppercase()}), json!({"username": taken})),
        ("the address", json!({"email": other.email}), json!({"email": taken})),
        ("the address in another case", json!({"email": other.email.to_uppercase()}), json!({"email": taken})),
        ("both", json!({"email": other.email, "username": other.username}), json!({"email": taken, "username": taken})),
        (
            "only the address of both",
            json!({"email": other.email, "username": unique("free")}),
            json!({"email": taken}),
        ),
    ] {
        let mut change = change;
        change["bio"] = json!("must not be stored");
        let answer = user.change(change).await;
        assert_eq!(answer.status, 409, "{case}: {}", answer.text);
        answer.expect_problem(409, errors);
    }
    assert_eq!(user.client.get("/api/user").await.expect(200), before);
}

#[tokio::test]
async fn the_case_of_ones_own_name_and_address_may_change() {
    let user = User::sign_up().await;
    let (username, email) = (user.username.to_uppercase(), user.email.to_uppercase());
    let account = user.change(json!({"username": username, "email": email})).await.expect(200)["user"].take();
    assert_eq!((&account["username"], &account["email"]), (&json!(username), &json!(email)));
    assert_eq!(profile(&user.username).await.expect(200)["profile"]["username"], username);
    user.change(json!({"username": username, "email": email})).await.expect(200);
    Client::new().log_in(&user.email, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_changed_password_logs_in_and_the_old_one_does_not() {
    let user = User::sign_up().await;
    let password = "密码 battery staple";
    let answer = user.change(json!({"password": password})).await;
    answer.expect(200);
    assert!(!answer.text.contains("battery"), "{}", answer.text);
    Client::new().log_in(&user.email, password).await.expect(200);
    Client::new().log_in(&user.email, PASSWORD).await.expect_problem(401, json!({"credentials": ["invalid"]}));
}

#[tokio::test]
async fn parallel_changes_of_different_fields_all_take_effect() {
    let user = User::sign_up().await;
    let (username, email, image) = (unique("new"), unique_email(), "https://img.example/a.png");
    let password = "another password of mine";
    let changes = [
        json!({"username": username}),
        json!({"email": email}),
        json!({"bio": "A bio"}),
        json!({"image": image}),
        json!({"password": password}),
    ];
    for answer in join_all(changes.map(|change| user.change(change))).await {
        answer.expect(200);
    }
    let account = Client::new().log_in(&email, password).await.expect(200)["user"].take();
    for (field, value) in [("username", &*username), ("email", &email), ("bio", "A bio"), ("image", image)] {
        assert_eq!(account[field], value, "{field}");
    }
}

#[tokio::test]
async fn of_several_who_want_one_name_exactly_one_gets_it() {
    let users = join_all((0..4).map(|_| User::sign_up())).await;
    let name = unique("wanted");
    let answers = join_all(users.iter().map(|user| user.change(json!({"username": name})))).await;
    let (winners, losers): (Vec<_>, Vec<_>) = users.iter().zip(&answers).partition(|(_, answer)| answer.status == 200);
    assert_eq!((winners.len(), losers.len()), (1, 3));
    for (user, answer) in losers {
        answer.expect_problem(409, json!({"username": ["has already been taken"]}));
        profile(&user.username).await.expect(200);
    }
    profile(&winners[0].0.username).await.expect(404);
    profile(&name).await.expect(200);
}

#[tokio::test]
async fn a_rename_shows_in_articles_that_were_there_before() {
    let user = User::sign_up().await;
    let slug = user.publish(&[]).await["slug"].as_str().unwrap().to_owned();
    let name = unique("renamed");
    user.change(json!({"username": name, "bio": "A bio"})).await.expect(200);
    let article = Client::new().get(&format!("/api/articles/{slug}")).await.expect(200);
    let author = json!({"username": name, "bio": "A bio", "image": null, "following": false});
    assert_eq!(article["article"]["author"], author);
    let list = Client::new().get(&format!("/api/articles?author={name}")).await.expect(200);
    assert_eq!((&list["articles"][0]["author"], &list["articlesCount"]), (&author, &json!(1)));
    assert_eq!(Client::new().list(&format!("author={}", user.username)).await, (Vec::new(), 0));
}
