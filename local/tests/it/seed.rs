//! A small community of `make seed`, on the real program.

use ::seed::{Api, Plan};

use crate::support::{Running, Sandbox};

#[tokio::test]
async fn a_small_community_is_made_and_an_address_that_is_limited_is_told_how_not_to_be() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.bloghub(&["--port", "0", "--data", "data"]);
    command.env("RATE_LIMITS", "off");
    let (running, api) = Running::serving(&sandbox, command).await;
    let plan = Plan { users: 4, articles: 12, follows: 6, likes: 20, comments: 10, ..Plan::SMALL };
    let made = ::seed::seed(&plan, &Api::at(&api.url).unwrap(), &|_, _, _| {}).await.unwrap();
    assert_eq!((made.members.len(), made.slugs.len()), (4, 12));
    let list = api.get("/api/articles").await.expect(200);
    assert_eq!(list["articlesCount"], 12);
    let sum = |count: &str| {
        list["articles"].as_array().unwrap().iter().filter_map(|article| article[count].as_u64()).sum::<u64>()
    };
    // Somebody may like an article twice; every second comment has an answer.
    assert!((1..=20).contains(&sum("favoritesCount")), "{list}");
    assert_eq!(sum("commentsCount"), 15);
    assert_eq!(running.interrupt().await.code, Some(0));

    let mut command = sandbox.bloghub(&["--port", "0", "--data", "limited"]);
    command.env("RATE_LIMIT_QUOTAS", "signup address 1/3600");
    let (_running, api) = Running::serving(&sandbox, command).await;
    let refused = ::seed::seed(&plan, &Api::at(&api.url).unwrap(), &|_, _, _| {}).await.unwrap_err();
    assert!(refused.to_string().contains("RATE_LIMITS=off"), "{refused}");
}
