//! Followers and followees, page by page.

use serde_json::{Value, json};

use super::{counted, follow, unfollow};
use crate::support::{Client, User, encode, shapes, unique};

async fn page(client: &Client, username: &str, list: &str, query: &str) -> (Vec<Value>, Option<String>) {
    let mut answer = client.get(&format!("/api/profiles/{}/{list}?{query}", encode(username))).await.expect(200);
    assert_eq!(answer.as_object().unwrap().len(), 2, "{answer}");
    let cursor = answer["cursor"].as_str().map(str::to_owned);
    let profiles: Vec<Value> = serde_json::from_value(answer["profiles"].take()).unwrap();
    profiles.iter().for_each(shapes::expect_counted_profile);
    (profiles, cursor)
}

fn names(profiles: &[Value]) -> Vec<&str> {
    profiles.iter().map(|profile| profile["username"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn lists_show_who_signed_up_last_first_page_by_page() {
    let author = User::sign_up().await;
    let mut fans = Vec::new();
    for _ in 0..5 {
        let fan = User::sign_up().await;
        follow(&fan.client, &author.username).await.expect(200);
        fans.insert(0, fan.username);
    }
    let (all, cursor) = page(&Client::new(), &author.username, "followers", "").await;
    assert_eq!((names(&all), cursor), (fans.iter().map(String::as_str).collect(), None));
    let (mut seen, mut query) = (Vec::new(), "limit=2".to_owned());
    let mut pages = 0;
    loop {
        let (profiles, cursor) = page(&Client::new(), &author.username, "followers", &query).await;
        seen.extend(names(&profiles).into_iter().map(str::to_owned));
        pages += 1;
        let Some(cursor) = cursor else { break };
        query = format!("limit=2&cursor={cursor}");
    }
    assert_eq!((seen, pages), (fans, 3));
}

#[tokio::test]
async fn a_list_shows_whom_its_reader_follows_and_how_many_follow_each() {
    let (ann, bob, reader) = (User::sign_up().await, User::sign_up().await, User::sign_up().await);
    follow(&reader.client, &ann.username).await.expect(200);
    follow(&reader.client, &bob.username).await.expect(200);
    follow(&ann.client, &bob.username).await.expect(200);
    let (followees, _) = page(&ann.client, &reader.username, "following", "").await;
    let shown: Vec<_> = names(&followees).into_iter().zip(followees.iter().map(counted)).collect();
    assert_eq!(shown, [(&*bob.username, (true, 2, 0)), (&*ann.username, (false, 1, 1))]);
    let (followees, _) = page(&Client::new(), &reader.username, "following", "").await;
    assert!(followees.iter().all(|profile| profile["following"] == false));
    unfollow(&reader.client, &bob.username).await.expect(200);
    let (followees, _) = page(&ann.client, &reader.username, "following", "").await;
    assert_eq!(names(&followees), [&ann.username]);
    let (followers, _) = page(&reader.client, &bob.username, "followers", "").await;
    assert_eq!(names(&followers), [&ann.username]);
}

#[tokio::test]
async fn a_cursor_stays_in_its_place_when_people_come_and_go() {
    let author = User::sign_up().await;
    let fans = [User::sign_up().await, User::sign_up().await, User::sign_up().await];
    for fan in &fans {
        follow(&fan.client, &author.username).await.expect(200);
    }
    let (first, cursor) = page(&Client::new(), &author.username, "followers", "limit=1").await;
    assert_eq!(names(&first), [&fans[2].username]);
    unfollow(&fans[2].client, &author.username).await.expect(200);
    let query = format!("limit=1&cursor={}", cursor.unwrap());
    let (second, _) = page(&Client::new(), &author.username, "followers", &query).await;
    assert_eq!(names(&second), [&fans[1].username]);
}

#[tokio::test]
async fn lists_of_nobody_and_pages_that_are_none_are_refused() {
    let user = User::sign_up().await;
    for list in ["followers", "following"] {
        let nobody = Client::new().get(&format!("/api/profiles/{}/{list}", unique("nobody"))).await;
        nobody.expect_problem(404, json!({"profile": ["not found"]}));
        assert_eq!(page(&Client::new(), &user.username, list, "").await, (Vec::new(), None));
        let path = format!("/api/profiles/{}/{list}", user.username);
        for (query, field) in
            [("limit=0", "limit"), ("limit=x", "limit"), ("cursor=", "cursor"), ("cursor=x", "cursor")]
        {
            let refused = Client::new().get(&format!("{path}?{query}")).await.expect(422);
            assert_eq!(refused["errors"].as_object().unwrap().keys().collect::<Vec<_>>(), [field], "{query}");
        }
        Client::new().get(&format!("{path}?limit=1&limit=2")).await.expect(400);
        Client::new().with_token("garbage").get(&path).await.expect(401);
    }
}
