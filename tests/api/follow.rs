//! `POST` and `DELETE /api/profiles/{username}/follow`, `GET /api/profiles/{username}/followers` and `…/following`.

mod lists;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, Client, User, crowd, encode, shapes, unique};

fn path(username: &str) -> String {
    format!("/api/profiles/{}/follow", encode(username))
}

async fn follow(client: &Client, username: &str) -> Answer {
    client.post(&path(username), Value::Null).await
}

async fn unfollow(client: &Client, username: &str) -> Answer {
    client.delete(&path(username)).await
}

/// A user as somebody sees them: whether they follow, and how many follow and are followed.
async fn seen(client: &Client, username: &str) -> (bool, u64, u64) {
    let profile = client.get(&format!("/api/profiles/{}", encode(username))).await.expect(200)["profile"].take();
    shapes::expect_counted_profile(&profile);
    counted(&profile)
}

fn counted(profile: &Value) -> (bool, u64, u64) {
    let number = |name: &str| profile[name].as_u64().unwrap();
    (profile["following"].as_bool().unwrap(), number("followersCount"), number("followingCount"))
}

#[tokio::test]
async fn whoever_follows_sees_it_and_so_does_everyone_the_count() {
    let (reader, author) = (User::sign_up().await, User::sign_up().await);
    assert_eq!(seen(&reader.client, &author.username).await, (false, 0, 0));
    let followed = follow(&reader.client, &author.username).await.expect(200)["profile"].take();
    shapes::expect_counted_profile(&followed);
    assert_eq!((&followed["username"], counted(&followed)), (&json!(author.username), (true, 1, 0)));
    assert_eq!(seen(&reader.client, &author.username).await, (true, 1, 0));
    assert_eq!(seen(&Client::new(), &author.username).await, (false, 1, 0));
    assert_eq!(seen(&author.client, &reader.username).await, (false, 0, 1));

    let unfollowed = unfollow(&reader.client, &author.username).await.expect(200)["profile"].take();
    shapes::expect_counted_profile(&unfollowed);
    assert_eq!(counted(&unfollowed), (false, 0, 0));
    assert_eq!(seen(&reader.client, &author.username).await, (false, 0, 0));
    assert_eq!(seen(&Client::new(), &reader.username).await, (false, 0, 0));
}

#[tokio::test]
async fn following_and_unfollowing_again_changes_nothing() {
    let (reader, author) = (User::sign_up().await, User::sign_up().await);
    for _ in 0..3 {
        let answer = follow(&reader.client, &author.username.to_uppercase()).await.expect(200);
        assert_eq!(counted(&answer["profile"]), (true, 1, 0));
    }
    for _ in 0..3 {
        let answer = unfollow(&reader.client, &author.username).await.expect(200);
        assert_eq!(counted(&answer["profile"]), (false, 0, 0));
    }
    assert_eq!(seen(&reader.client, &reader.username).await, (false, 0, 0));
}

#[tokio::test]
async fn a_follow_is_one_direction_and_one_persons() {
    let (ann, bob) = (User::sign_up().await, User::sign_up().await);
    follow(&ann.client, &bob.username).await.expect(200);
    assert_eq!(seen(&bob.client, &ann.username).await, (false, 0, 1));
    follow(&bob.client, &ann.username).await.expect(200);
    assert_eq!(seen(&bob.client, &ann.username).await, (true, 1, 1));
    unfollow(&ann.client, &bob.username).await.expect(200);
    assert_eq!(seen(&bob.client, &ann.username).await, (true, 1, 0));
}

#[tokio::test]
async fn many_who_follow_at_the_same_time_are_counted_each_once() {
    let (people, _alone) = crowd().await;
    let author = User::sign_up().await;
    let fans = join_all((0..people).map(|_| User::sign_up())).await;
    // Each twice at the same time: a repeat that overtakes is none.
    let follows = fans.iter().flat_map(|fan| [fan, fan]).map(|fan| patiently(&fan.client, &author.username));
    join_all(follows).await;
    assert_eq!(seen(&fans[0].client, &author.username).await, (true, people as u64, 0));
    join_all(fans.iter().skip(1).map(|fan| unfollow(&fan.client, &author.username))).await;
    let left = fans.iter().skip(1).map(|fan| unfollow(&fan.client, &author.username));
    join_all(left).await.iter().for_each(|answer| assert_eq!(answer.status, 200, "{}", answer.text));
    assert_eq!(seen(&Client::new(), &author.username).await, (false, 1, 0));
}

/// Follows until it is done: where a crowd moves one counter, some are asked to come again.
async fn patiently(client: &Client, username: &str) {
    for _ in 0..20 {
        let answer = follow(client, username).await;
        if answer.status == 200 {
            return;
        }
        answer.expect(409);
    }
    panic!("nobody lets {username} be followed");
}

#[tokio::test]
async fn a_storm_of_changes_of_mind_ends_exact() {
    let (reader, author) = (User::sign_up().await, User::sign_up().await);
    for _ in 0..3 {
        let storm = (0..12).map(|n| {
            let (reader, author) = (&reader, &author);
            async move {
                if n % 2 == 0 {
                    follow(&reader.client, &author.username).await
                } else {
                    unfollow(&reader.client, &author.username).await
                }
            }
        });
        for answer in join_all(storm).await {
            assert!([200, 409].contains(&answer.status.as_u16()), "{}", answer.text);
        }
        let (following, followers, _) = seen(&reader.client, &author.username).await;
        assert_eq!(followers, u64::from(following));
        assert_eq!(seen(&Client::new(), &reader.username).await, (false, 0, u64::from(following)));
        let listed = Client::new().get(&format!("/api/profiles/{}/followers", author.username)).await.expect(200);
        assert_eq!(listed["profiles"].as_array().unwrap().len(), usize::from(following));
    }
}

#[tokio::test]
async fn nobody_follows_themselves() {
    let user = User::sign_up().await;
    let refused = json!({"username": ["must be somebody else's"]});
    follow(&user.client, &user.username).await.expect_problem(422, refused);
    let unfollowed = unfollow(&user.client, &user.username).await.expect(200);
    assert_eq!(counted(&unfollowed["profile"]), (false, 0, 0));
}

#[tokio::test]
async fn strangers_are_refused_before_anything_is_looked_at() {
    let nobody = unique("nobody");
    for client in [Client::new(), Client::new().with_token("garbage")] {
        for answer in [follow(&client, &nobody).await, unfollow(&client, &nobody).await] {
            answer.expect(401);
        }
    }
}

#[tokio::test]
async fn nobody_can_be_followed_who_is_not_there() {
    let user = User::sign_up().await;
    let not_found = json!({"profile": ["not found"]});
    let long = "x".repeat(65);
    for name in [&unique("nobody"), "%", "\0", "a b", "FOLLOWS#1", &long] {
        follow(&user.client, name).await.expect_problem(404, not_found.clone());
        unfollow(&user.client, name).await.expect_problem(404, not_found.clone());
    }
    assert_eq!(seen(&user.client, &user.username).await, (false, 0, 0));
}

#[tokio::test]
async fn what_is_sent_along_does_not_matter() {
    let (reader, author) = (User::sign_up().await, User::sign_up().await);
    for (n, body) in [json!([]), json!({"following": false}), json!("x")].into_iter().enumerate() {
        let request = reader.client.request(reqwest::Method::POST, &path(&author.username)).json(&body);
        let answer = Client::send(request.header("idempotency-key", format!("key-{n}"))).await.expect(200);
        assert_eq!(counted(&answer["profile"]), (true, 1, 0));
    }
}

#[tokio::test]
async fn a_renamed_user_keeps_their_followers() {
    let (reader, author) = (User::sign_up().await, User::sign_up().await);
    follow(&reader.client, &author.username).await.expect(200);
    let name = unique("renamed");
    author.change(json!({"username": name})).await.expect(200);
    assert_eq!(seen(&reader.client, &name).await, (true, 1, 0));
}
