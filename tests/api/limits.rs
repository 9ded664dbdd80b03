//! Rate limits: what a caller is told, and what becomes of one who calls too often.

use futures_util::future::join_all;
use reqwest::Method;

use crate::{
    fallback,
    support::{Answer, Client, User, crowd},
};

/// A request that counts as a write and changes nothing.
async fn knock(user: &User) -> Answer {
    Client::send(user.client.request(Method::PUT, "/api/user").json(&serde_json::json!({}))).await
}

/// The numbers of the item of the dimension `name` in a header such as `"user";q=200;w=60, "address";q=600;w=60`.
fn numbers(header: &str, name: &str) -> Option<(u64, u64)> {
    let item = header.split(", ").find(|item| item.starts_with(&format!("\"{name}\";")))?;
    let number = |part: &str| part.split_once('=').and_then(|(_, number)| number.parse().ok());
    let mut parts = item.split(';').skip(1);
    Some((number(parts.next()?)?, number(parts.next()?)?))
}

#[tokio::test]
async fn every_answer_tells_a_user_what_is_left_of_their_quota() {
    let user = User::sign_up().await;
    let first = knock(&user).await;
    let (quota, window) = numbers(first.header("ratelimit-policy"), "user").expect("a policy for users");
    assert!(quota > 1 && window > 0);
    let (left, reset) = numbers(first.header("ratelimit"), "user").expect("what is left for the user");
    assert_eq!(left, quota - 1);
    assert!(reset <= window);
    let second = knock(&user).await;
    let (left, _) = numbers(second.header("ratelimit"), "user").expect("what is left for the user");
    // A token comes back every window / quota seconds.
    assert!((quota - 2..quota).contains(&left), "{left} of {quota}");
}

#[tokio::test]
async fn a_user_who_calls_too_often_is_told_to_wait_and_nobody_else_is() {
    let (hasty, other) = (User::sign_up().await, User::sign_up().await);
    let (quota, window) = numbers(knock(&hasty).await.header("ratelimit-policy"), "user").expect("a policy for users");
    let begun = tokio::time::Instant::now();
    let mut answers = Vec::new();
    let (people, _alone) = crowd().await;
    while answers.len() < usize::try_from(quota).unwrap() + 60 {
        answers.extend(join_all((0..people).map(|_| knock(&hasty))).await);
    }
    // One was used up by the first knock; what came back meanwhile may be used again.
    let back = begun.elapsed().as_secs_f64() * quota as f64 / window as f64;
    let (refused, allowed): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 429);
    assert!(allowed.len() as f64 <= (quota - 1) as f64 + back + 1.0, "{} of {quota}, {back} back", allowed.len());
    assert!(allowed.len() as u64 >= quota - 1, "{} of {quota}", allowed.len());
    let refusal = refused.first().expect("a quota that is used up");
    refusal.expect_whole_problem("a refusal");
    assert_eq!(refusal.json()["code"], "rate-limited");
    let wait: u64 = refusal.header("retry-after").parse().expect("seconds to wait");
    assert!((1..=window).contains(&wait), "{wait}");
    assert_eq!(numbers(refusal.header("ratelimit"), "user").map(|(left, _)| left), Some(0));
    assert_ne!(knock(&other).await.status, 429);
}

#[tokio::test]
async fn reading_has_a_quota_of_its_own() {
    let user = User::sign_up().await;
    let written = knock(&user).await;
    let read = user.client.get("/api/user").await;
    assert_eq!(read.status, 200);
    let policy = |answer: &Answer| numbers(answer.header("ratelimit-policy"), "user");
    assert_ne!(policy(&read), policy(&written));
}

#[tokio::test]
async fn every_route_counts_against_the_quota_of_its_class() {
    let user = User::sign_up().await;
    let policy = |answer: &Answer| numbers(answer.header("ratelimit-policy"), "user");
    let (read, write) = (policy(&user.client.get("/api/user").await), policy(&knock(&user).await));
    assert!(read.is_some() && write.is_some() && read != write);
    for (method, path) in fallback::routes() {
        // Whose session is ended by a logout is nobody's any more.
        let client = if path.contains("/logout") { User::sign_up().await.client } else { user.client.clone() };
        let named = path.replace("{slug}", "no-article").replace("{id}", "7").replace("{username}", "nobody-at-all");
        let named = named.replace("{provider}", "acme");
        let answer = Client::send(client.request(method.clone(), &named)).await;
        let expected = match path.as_str() {
            // It is part of the function that answers it.
            "/api/openapi.json" => None,
            // It is answered from memory: to count it would cost more than to answer it.
            "/api/articles/hot" => None,
            // Whoever wants to come in is counted by their address, which all tests share.
            "/api/users" | "/api/users/login" => None,
            path if path.starts_with("/api/login/") => None,
            "/api/password/reset" | "/api/password/reset/code" => None,
            "/api/user/identities/wechat" | "/api/user/identities/oidc/{provider}" => None,
            _ if method.is_safe() => read,
            _ => write,
        };
        assert_eq!(policy(&answer), expected, "{method} {path}: {}", answer.text);
    }
}
