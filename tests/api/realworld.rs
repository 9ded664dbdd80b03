//! What the clients of RealWorld ("Conduit") rely on: fields with their types, statuses, the words of refusals, and what comes
//! before what. None of them knows what this platform has beyond it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, PASSWORD, User, encode, new_article, shapes, unique, unique_email};

type Fields = &'static [(&'static str, &'static str)];

const USER: Fields = &[
    ("bio", "string or null"),
    ("email", "string"),
    ("image", "string or null"),
    ("token", "string"),
    ("username", "string"),
];
const PROFILE: Fields =
    &[("bio", "string or null"), ("following", "boolean"), ("image", "string or null"), ("username", "string")];
const SUMMARY: Fields = &[
    ("author", "profile"),
    ("createdAt", "time"),
    ("description", "string"),
    ("favorited", "boolean"),
    ("favoritesCount", "integer"),
    ("slug", "string"),
    ("tagList", "strings"),
    ("title", "string"),
    ("updatedAt", "time"),
];
const COMMENT: Fields =
    &[("author", "profile"), ("body", "string"), ("createdAt", "time"), ("id", "integer"), ("updatedAt", "time")];

#[track_caller]
fn expect_user(answer: &Value) -> &Value {
    shapes::expect_fields(&answer["user"], USER);
    assert_ne!(answer["user"]["token"], "");
    &answer["user"]
}

#[track_caller]
fn expect_article(answer: &Value) -> &Value {
    shapes::expect_fields(&answer["article"], SUMMARY);
    assert!(answer["article"]["body"].is_string(), "{answer}");
    &answer["article"]
}

/// A page: its titles, and how many the whole list has.
#[track_caller]
fn expect_page(answer: &Value) -> (Vec<&str>, u64) {
    let articles = answer["articles"].as_array().expect("a list");
    for article in articles {
        shapes::expect_fields(article, SUMMARY);
        assert_eq!(article.get("body"), None);
    }
    let titles = articles.iter().map(|article| article["title"].as_str().unwrap());
    (titles.collect(), answer["articlesCount"].as_u64().expect("a count"))
}

/// A client that writes its token's scheme as many of them do.
async fn get_as_bearer(token: &str, path: &str) -> Value {
    let request = Client::new().request(Method::GET, path).header("authorization", format!("Bearer {token}"));
    Client::send(request).await.expect(200)
}

#[tokio::test]
async fn an_account_is_made_entered_read_and_changed() {
    let (name, email) = (unique("user"), unique_email());
    let body = json!({"user": {"username": name, "email": email, "password": PASSWORD}});
    let made = Client::new().post("/api/users", body).await.expect(201);
    let user = expect_user(&made);
    assert_eq!((&user["username"], &user["email"]), (&json!(name), &json!(email)));
    assert_eq!((&user["bio"], &user["image"]), (&Value::Null, &Value::Null));

    let entered = Client::new().log_in(&email, PASSWORD).await.expect(200);
    let token = expect_user(&entered)["token"].as_str().unwrap().to_owned();
    let client = Client::new().with_token(&token);
    for (sent, kept) in [
        (json!({"bio": "I sail"}), json!(["I sail", null])),
        (json!({"bio": ""}), json!([null, null])),
        (
            json!({"bio": "I sail again", "image": "https://mail.example/me.png"}),
            json!(["I sail again", "https://mail.example/me.png"]),
        ),
        (json!({"image": ""}), json!(["I sail again", null])),
        (json!({"image": "https://mail.example/2.png"}), json!(["I sail again", "https://mail.example/2.png"])),
        (json!({"image": null}), json!(["I sail again", null])),
        (json!({"bio": null}), json!([null, null])),
    ] {
        let changed = client.put("/api/user", json!({"user": sent})).await.expect(200);
        for answer in [changed, client.get("/api/user").await.expect(200), get_as_bearer(&token, "/api/user").await] {
            let user = expect_user(&answer);
            assert_eq!(json!([user["bio"], user["image"]]), kept, "after {sent}");
            assert_eq!((&user["username"], &user["email"]), (&json!(name), &json!(email)));
        }
    }

    let (name, email) = (unique("user"), unique_email());
    let changed = client.put("/api/user", json!({"user": {"username": name, "email": email}})).await.expect(200);
    let token = expect_user(&changed)["token"].as_str().unwrap();
    let read = get_as_bearer(token, "/api/user").await;
    assert_eq!((&expect_user(&read)["username"], &read["user"]["email"]), (&json!(name), &json!(email)));
}

#[tokio::test]
async fn an_article_is_published_listed_edited_and_deleted() {
    let (author, tags) = (User::sign_up().await, [unique("zebra"), unique("ant")]);
    let (first, second) = (unique("First"), unique("Second"));
    let sent = |title: &str| new_article(json!({"title": title, "tagList": tags}));
    let made = author.try_publish(sent(&first)).await.expect(201);
    let made = expect_article(&made).clone();
    assert_eq!((&made["title"], &made["tagList"]), (&json!(first), &json!(tags)), "tags keep their order");
    assert_eq!((&made["favorited"], &made["favoritesCount"]), (&json!(false), &json!(0)));
    assert_eq!(made["author"]["username"], author.username);
    author.try_publish(sent(&second)).await.expect(201);

    let path = format!("/api/articles/{}", made["slug"].as_str().unwrap());
    let (by_author, by_tag) = (format!("author={}", author.username), format!("tag={}", tags[1]));
    for client in [&Client::new(), &author.client] {
        for filter in [&by_author, &by_tag] {
            for (page, titles) in
                [("", vec![&second, &first]), ("&limit=1", vec![&second]), ("&limit=1&offset=1", vec![&first])]
            {
                let list = client.get(&format!("/api/articles?{filter}{page}")).await.expect(200);
                assert_eq!(
                    expect_page(&list),
                    (titles.iter().map(|title| title.as_str()).collect(), 2),
                    "{filter}{page}"
                );
            }
        }
        let (latest, count) = (client.get("/api/articles").await.expect(200), 2);
        assert!(expect_page(&latest).1 >= count);
        assert_eq!(*expect_article(&client.get(&path).await.expect(200)), made);
    }
    let listed = Client::new().get("/api/tags").await.expect(200);
    let listed = listed["tags"].as_array().unwrap();
    assert!(tags.iter().all(|tag| listed.contains(&json!(tag))), "{listed:?}");

    let mut before = made;
    for (change, tag_list) in [
        (json!({"body": "Another text"}), json!(tags)),
        (json!({"title": unique("Third")}), json!(tags)),
        (json!({"tagList": []}), json!([])),
    ] {
        let answer = author.edit(before["slug"].as_str().unwrap(), change.clone()).await.expect(200);
        let after = expect_article(&answer).clone();
        let mut expected = before.clone();
        expected.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        (expected["tagList"], expected["updatedAt"]) = (tag_list, after["updatedAt"].clone());
        assert_eq!(after, expected, "after {change}");
        assert_ne!(after["updatedAt"], before["updatedAt"], "after {change}");
        assert_eq!(*expect_article(&Client::new().get(&path).await.expect(200)), after);
        before = after;
    }
    let refused = author.client.put(&path, json!({"article": {"tagList": null}})).await;
    refused.expect(422);
    author.client.delete(&path).await.expect_nothing();
    Client::new().get(&path).await.expect_problem(404, json!({"article": ["not found"]}));
}

#[tokio::test]
async fn people_follow_and_like_and_find_both_again() {
    let (reader, author) = (User::sign_up().await, User::sign_up().await);
    let feed = async |query: &str| reader.client.get(&format!("/api/articles/feed{query}")).await.expect(200);
    assert_eq!(expect_page(&feed("").await), (vec![], 0));
    let profile = format!("/api/profiles/{}", encode(&author.username));
    let follow = format!("{profile}/follow");
    let expect_profile = |answer: &Value, following: bool| {
        shapes::expect_fields(&answer["profile"], PROFILE);
        assert_eq!(
            (&answer["profile"]["username"], &answer["profile"]["following"]),
            (&json!(author.username), &json!(following))
        );
    };
    expect_profile(&Client::new().get(&profile).await.expect(200), false);
    expect_profile(&reader.client.get(&profile).await.expect(200), false);
    expect_profile(&Client::send(reader.client.request(Method::POST, &follow)).await.expect(200), true);

    let (first, second) = (author.publish(&[]).await, author.publish(&[]).await);
    let titles: Vec<_> = [&second, &first].iter().map(|article| article["title"].as_str().unwrap()).collect();
    let whole = feed("").await;
    assert_eq!(expect_page(&whole), (titles.clone(), 2));
    assert_eq!(whole["articles"][0]["author"]["following"], true);
    assert_eq!(expect_page(&feed("?limit=1").await), (titles[..1].to_vec(), 2));
    assert_eq!(expect_page(&feed("?limit=1&offset=1").await), (titles[1..].to_vec(), 2));

    let path = format!("/api/articles/{}", first["slug"].as_str().unwrap());
    for (method, liked) in [(Method::POST, true), (Method::DELETE, false)] {
        let answer = Client::send(reader.client.request(method, &format!("{path}/favorite"))).await.expect(200);
        for answer in [answer, reader.client.get(&path).await.expect(200)] {
            let article = expect_article(&answer);
            assert_eq!((&article["favorited"], &article["favoritesCount"]), (&json!(liked), &json!(u64::from(liked))));
        }
        for client in [&Client::new(), &reader.client] {
            let favourites = client.get(&format!("/api/articles?favorited={}", reader.username)).await.expect(200);
            assert_eq!(
                expect_page(&favourites),
                (titles[1..].iter().copied().filter(|_| liked).collect(), u64::from(liked))
            );
        }
    }
    expect_profile(&reader.client.delete(&follow).await.expect(200), false);
    expect_profile(&reader.client.get(&profile).await.expect(200), false);
    assert_eq!(expect_page(&feed("").await), (vec![], 0));
}

#[tokio::test]
async fn comments_are_said_listed_and_taken_back_one_by_one() {
    let user = User::sign_up().await;
    let path = format!("/api/articles/{}/comments", user.publish(&[]).await["slug"].as_str().unwrap());
    let list = async |client: &Client| client.get(&path).await.expect(200)["comments"].as_array().unwrap().clone();
    assert_eq!(list(&Client::new()).await, Vec::<Value>::new());
    let mut made = Vec::new();
    for body in ["The first", "The second"] {
        let comment = user.client.post(&path, json!({"comment": {"body": body}})).await.expect(201)["comment"].take();
        shapes::expect_fields(&comment, COMMENT);
        assert_eq!((&comment["body"], &comment["author"]["username"]), (&json!(body), &json!(user.username)));
        made.insert(0, comment);
    }
    for client in [&Client::new(), &user.client] {
        assert_eq!(list(client).await, made);
    }
    user.client.delete(&format!("{path}/{}", made[1]["id"])).await.expect_nothing();
    assert_eq!(list(&Client::new()).await, made[..1]);
}

/// What is there for a table of refusals: an article of the author's with a comment of theirs, and somebody else.
struct Scene {
    author: User,
    other: User,
    article: String,
    comment: String,
}

impl Scene {
    async fn set() -> Self {
        let (author, other) = (User::sign_up().await, User::sign_up().await);
        let article = format!("/api/articles/{}", author.publish(&[]).await["slug"].as_str().unwrap());
        let comments = format!("{article}/comments");
        let said = author.client.post(&comments, json!({"comment": {"body": "Mine"}})).await.expect(201);
        Self { author, other, comment: format!("{comments}/{}", said["comment"]["id"]), article }
    }
}

/// Asks with a body, if it is not `null`, and expects a refusal in these words and no others.
async fn expect_refusal(client: &Client, method: &str, path: &str, body: Value, status: u16, errors: Value) {
    let request = client.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
    let request = if body.is_null() { request } else { request.json(&body) };
    let answer = Client::send(request).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["errors"]), (status, &errors), "{method} {path} {body}");
    answer.expect_problem(status, errors);
}

#[tokio::test]
async fn strangers_are_told_so_before_they_learn_whether_anything_is_there() {
    let Scene { author, article, comment, .. } = Scene::set().await;
    let there = [article, comment, format!("/api/profiles/{}", author.username)];
    let missing = ["/api/articles/nothing", "/api/articles/nothing/comments/1", "/api/profiles/nobody-at-all"];
    for [article, comment, profile] in [there.each_ref().map(String::as_str), missing] {
        let comments = comment.rsplit_once('/').unwrap().0;
        for (method, path, body) in [
            ("GET", "/api/user", Value::Null),
            ("PUT", "/api/user", json!({"user": {"bio": "x"}})),
            ("GET", "/api/articles/feed", Value::Null),
            ("POST", "/api/articles", json!({"article": new_article(json!({}))})),
            ("PUT", article, json!({"article": {"body": "x"}})),
            ("DELETE", article, Value::Null),
            ("POST", &format!("{article}/favorite"), Value::Null),
            ("DELETE", &format!("{article}/favorite"), Value::Null),
            ("POST", comments, json!({"comment": {"body": "x"}})),
            ("DELETE", comment, Value::Null),
            ("POST", &format!("{profile}/follow"), Value::Null),
            ("DELETE", &format!("{profile}/follow"), Value::Null),
        ] {
            expect_refusal(&Client::new(), method, path, body, 401, json!({"token": ["is missing"]})).await;
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_named_the_article_before_the_comment() {
    let Scene { author, article, .. } = Scene::set().await;
    let unknown = format!("/api/articles/{}", unique("unknown"));
    let nobody = format!("/api/profiles/{}", unique("nobody"));
    for (method, path, body, what) in [
        ("GET", unknown.clone(), Value::Null, "article"),
        ("PUT", unknown.clone(), json!({"article": {"body": "x"}}), "article"),
        ("DELETE", unknown.clone(), Value::Null, "article"),
        ("POST", format!("{unknown}/favorite"), Value::Null, "article"),
        ("DELETE", format!("{unknown}/favorite"), Value::Null, "article"),
        ("GET", format!("{unknown}/comments"), Value::Null, "article"),
        ("POST", format!("{unknown}/comments"), json!({"comment": {"body": "x"}}), "article"),
        ("DELETE", format!("{unknown}/comments/99999"), Value::Null, "article"),
        ("DELETE", format!("{article}/comments/99999"), Value::Null, "comment"),
        ("GET", nobody.clone(), Value::Null, "profile"),
        ("POST", format!("{nobody}/follow"), Value::Null, "profile"),
        ("DELETE", format!("{nobody}/follow"), Value::Null, "profile"),
    ] {
        expect_refusal(&author.client, method, &path, body, 404, json!({ what: ["not found"] })).await;
    }
}

#[tokio::test]
async fn what_is_somebody_elses_stays_as_it_is() {
    let Scene { author, other, article, comment } = Scene::set().await;
    let before = author.client.get(&article).await.expect(200);
    let (articles, comments) = (json!({"article": ["forbidden"]}), json!({"comment": ["forbidden"]}));
    let hijack = json!({"article": {"body": "Not yours"}});
    expect_refusal(&other.client, "PUT", &article, hijack, 403, articles.clone()).await;
    expect_refusal(&other.client, "DELETE", &article, Value::Null, 403, articles).await;
    expect_refusal(&other.client, "DELETE", &comment, Value::Null, 403, comments).await;
    assert_eq!(author.client.get(&article).await.expect(200), before);
    let list = Client::new().get(&format!("{article}/comments")).await.expect(200);
    assert_eq!(list["comments"][0]["body"], "Mine");
}

#[tokio::test]
async fn each_field_that_is_blank_null_or_taken_is_told_so() {
    let Scene { author, other, article, .. } = Scene::set().await;
    let stranger = Client::new();
    let (name, email) = (unique("user"), unique_email());
    let sign_up = |username: &str, email: &str, password: &str| json!({"user": {"username": username, "email": email, "password": password}});
    let log_in = |email: &str, password: &str| json!({"user": {"email": email, "password": password}});
    let with = |field: &str| json!({"article": new_article(json!({ field: "" }))});
    let blank = |field: &str| json!({ field: ["can't be blank"] });
    let taken = |field: &str| json!({ field: ["has already been taken"] });
    for (client, method, path, body, status, errors) in [
        (&stranger, "POST", "/api/users", sign_up("", &email, PASSWORD), 422, blank("username")),
        (&stranger, "POST", "/api/users", sign_up(&name, "", PASSWORD), 422, blank("email")),
        (&stranger, "POST", "/api/users", sign_up(&name, &email, ""), 422, blank("password")),
        (&stranger, "POST", "/api/users", sign_up(&author.username, &email, PASSWORD), 409, taken("username")),
        (&stranger, "POST", "/api/users", sign_up(&name, &author.email, PASSWORD), 409, taken("email")),
        (&stranger, "POST", "/api/users/login", log_in("", PASSWORD), 422, blank("email")),
        (&stranger, "POST", "/api/users/login", log_in(&email, ""), 422, blank("password")),
        (
            &stranger,
            "POST",
            "/api/users/login",
            log_in(&author.email, "another"),
            401,
            json!({"credentials": ["invalid"]}),
        ),
        (&author.client, "PUT", "/api/user", json!({"user": {"username": other.username}}), 409, taken("username")),
        (&author.client, "PUT", "/api/user", json!({"user": {"email": other.email}}), 409, taken("email")),
        (&author.client, "POST", "/api/articles", with("title"), 422, blank("title")),
        (&author.client, "POST", "/api/articles", with("description"), 422, blank("description")),
        (&author.client, "POST", "/api/articles", with("body"), 422, blank("body")),
        (&author.client, "POST", &format!("{article}/comments"), json!({"comment": {"body": ""}}), 422, blank("body")),
    ] {
        expect_refusal(client, method, path, body, status, errors).await;
    }
    for field in ["username", "email", "password"] {
        for nothing in [json!(""), Value::Null] {
            let body = json!({"user": { field: nothing }});
            expect_refusal(&author.client, "PUT", "/api/user", body, 422, blank(field)).await;
        }
    }
    // Nothing of it has changed anything.
    Client::new().log_in(&author.email, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn one_title_makes_two_articles_of_different_addresses() {
    let (author, title) = (User::sign_up().await, unique("Twice"));
    let mut slugs = Vec::new();
    for _ in 0..2 {
        let made = author.try_publish(new_article(json!({"title": title}))).await.expect(201);
        slugs.push(expect_article(&made)["slug"].as_str().unwrap().to_owned());
    }
    assert_ne!(slugs[0], slugs[1]);
    for slug in slugs {
        author.delete(&slug).await.expect_nothing();
    }
}
