//! Queries and addresses that lead to nothing, or that are none.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Client, User, encode, unique};

#[tokio::test]
async fn who_and_what_nobody_knows_has_an_empty_list() {
    let user = User::sign_up().await;
    user.publish(&["known"]).await;
    let (nobody, nothing) = (unique("nobody"), unique("nothing"));
    for query in [
        format!("author={nobody}"),
        format!("tag={nothing}"),
        format!("author={nobody}&tag=known"),
        format!("author={}&tag={nothing}", user.username),
        "author=".to_owned(),
        "author=a%2Fb".to_owned(),
        format!("author={}", "x".repeat(65)),
        "tag=".to_owned(),
        format!("author={}&tag=", user.username),
    ] {
        assert_eq!(Client::new().list(&query).await, (vec![], 0), "{query}");
    }
}

#[tokio::test]
async fn a_page_that_is_none_is_refused_by_name() {
    let limit = "must be a whole number of at least 1";
    let offset = "must be a whole number from 0 to 10000";
    let cursor = "must be the cursor of a page of this list";
    for (query, errors) in [
        ("limit=0", json!({"limit": [limit]})),
        ("limit=-1", json!({"limit": [limit]})),
        ("limit=", json!({"limit": [limit]})),
        ("limit=ten", json!({"limit": [limit]})),
        ("limit=1.5", json!({"limit": [limit]})),
        ("limit=%201", json!({"limit": [limit]})),
        ("limit=99999999999999999999", json!({"limit": [limit]})),
        ("offset=10001", json!({"offset": [offset]})),
        ("offset=-1", json!({"offset": [offset]})),
        ("offset=x", json!({"offset": [offset]})),
        ("offset=", json!({"offset": [offset]})),
        ("cursor=", json!({"cursor": [cursor]})),
        ("cursor=page-2", json!({"cursor": [cursor]})),
        ("cursor=MQ", json!({"cursor": [cursor]})),
        ("cursor=%F0%9F%A6%80", json!({"cursor": [cursor]})),
        ("offset=1&cursor=MDFBUlozTkRFS1RTVjRSUkZGUTY5RzVGQVY", json!({"offset": ["cannot be used with a cursor"]})),
        ("limit=0&offset=10001", json!({"limit": [limit], "offset": [offset]})),
        ("limit=0&author=nobody&tag=none", json!({"limit": [limit]})),
    ] {
        let answer = Client::new().get(&format!("/api/articles?{query}")).await;
        assert_eq!(answer.status, 422, "{query}: {}", answer.text);
        answer.expect_problem(422, errors);
    }
}

#[tokio::test]
async fn the_deepest_offset_and_the_largest_limit_are_served() {
    let user = User::sign_up().await;
    for _ in 0..3 {
        user.publish(&[]).await;
    }
    let author = &user.username;
    for (query, shown) in [("limit=101", 3), ("limit=18446744073709551615", 3), ("offset=10000", 0), ("offset=2", 1)] {
        let (slugs, total) = Client::new().list(&format!("author={author}&{query}")).await;
        assert_eq!((slugs.len(), total), (shown, 3), "{query}");
    }
}

/// Slugs and cursor of a page.
async fn page(query: &str) -> (Vec<String>, Option<String>) {
    let list = Client::new().get(&format!("/api/articles?{query}")).await.expect(200);
    let slugs = list["articles"].as_array().unwrap().iter().map(|article| article["slug"].as_str().unwrap().to_owned());
    (slugs.collect(), list["cursor"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn cursors_lead_through_a_list_to_its_end_and_keep_their_place_while_it_changes() {
    let (user, tag) = (User::sign_up().await, unique("tag"));
    let mut slugs = Vec::new();
    for _ in 0..5 {
        slugs.insert(0, user.publish(&[&tag]).await["slug"].as_str().unwrap().to_owned());
    }
    let author = &user.username;
    for list in [format!("tag={tag}"), format!("author={author}"), format!("author={author}&tag={tag}")] {
        let (first, cursor) = page(&format!("{list}&limit=2")).await;
        let (second, end) = page(&format!("{list}&limit=2&cursor={}", cursor.unwrap())).await;
        let (third, none) = page(&format!("{list}&limit=2&cursor={}", end.unwrap())).await;
        assert_eq!(([first, second, third].concat(), none), (slugs.clone(), None), "{list}");
        assert_eq!(page(&format!("{list}&limit=5")).await, (slugs.clone(), None), "{list}");
    }
    let (_, cursor) = page(&format!("tag={tag}&limit=2")).await;
    // Something new before the place, and the very entry of the place gone.
    user.publish(&[&tag]).await;
    user.delete(&slugs[1]).await.expect_nothing();
    let rest = page(&format!("tag={tag}&cursor={}", cursor.unwrap())).await;
    assert_eq!(rest, (slugs[2..].to_vec(), None));
}

#[tokio::test]
async fn no_page_has_more_than_a_hundred_articles() {
    let (user, tag) = (User::sign_up().await, unique("tag"));
    // Four at a time: a deployment has a process for each.
    let tags = [&*tag];
    for _ in 0..26 {
        join_all((0..4).map(|_| user.publish(&tags))).await;
    }
    let author = &user.username;
    for list in [format!("tag={tag}"), format!("author={author}"), format!("author={author}&tag={tag}"), String::new()]
    {
        let (slugs, total) = Client::new().list(&format!("{list}&limit=1000")).await;
        assert_eq!(slugs.len(), 100, "{list}");
        assert!(total >= 104, "{list}: {total}");
        if !list.is_empty() {
            let (rest, total) = Client::new().list(&format!("{list}&limit=1000&offset=100")).await;
            assert_eq!((rest.len(), total), (4, 104), "{list}");
        }
    }
}

#[tokio::test]
async fn a_parameter_that_is_there_twice_is_refused() {
    for (name, query) in [
        ("limit", "limit=1&limit=2"),
        ("offset", "offset=1&offset=1"),
        ("tag", "tag=a&tag=b"),
        ("author", "author=a&limit=1&author=b"),
    ] {
        let answer = Client::new().get(&format!("/api/articles?{query}")).await;
        answer.expect_whole_problem(query);
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.text.contains(name), "{query}: {}", answer.text);
    }
}

#[tokio::test]
async fn an_odd_query_is_answered_all_the_same() {
    let long = "x".repeat(4_000);
    let many = "a=1&".repeat(500);
    let known = "limit=1";
    for query in [
        "tag=%F0%9F%A6%80",
        "tag=%00",
        "tag=%FF%FE",
        "author=%00",
        "author=%FF",
        "author=%F0%9F%A6%80",
        "tag=%",
        "tag=%zz",
        "&&&",
        "=",
        "?",
        "tag",
        "unknown=1",
        "filter[tag]=x",
        &format!("tag={long}"),
        &format!("author={long}"),
        &format!("{long}={long}"),
        &many,
    ] {
        let query = format!("{query}&{known}");
        let answer = Client::new().get(&format!("/api/articles?{query}")).await;
        let start: String = query.chars().take(40).collect();
        assert_eq!(answer.status, 200, "{start}: {}", answer.text);
        assert!(answer.json()["articles"].is_array(), "{start}: {}", answer.text);
    }
}

#[tokio::test]
async fn an_address_that_no_article_has_is_not_found() {
    let unknown = unique("unknown");
    let words =
        ["latest", "search", "UPPER", "a--b", "-a", "a-", "a_b", "张伟", "🦀", "a b", "a/b", "..%", "\0", "%2e"];
    let slugs = words.map(encode).into_iter().chain([unknown, "x".repeat(97), "x".repeat(4_000)]);
    for slug in slugs {
        let answer = Client::new().get(&format!("/api/articles/{slug}")).await;
        assert_eq!(answer.status, 404, "{slug}: {}", answer.text);
        answer.expect_whole_problem(&slug);
    }
    let answer = Client::new().get(&format!("/api/articles/{}", unique("unknown"))).await;
    answer.expect_problem(404, json!({"article": ["not found"]}));
}

#[tokio::test]
async fn a_bad_token_is_refused_on_lists_too() {
    let client = Client::new().with_token("garbage");
    for path in ["/api/articles", "/api/articles/unknown"] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, 401, "{path}: {}", answer.text);
        answer.expect_problem(401, json!({"token": ["is invalid"]}));
    }
}
