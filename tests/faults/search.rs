//! Search while its engine is away, stuck or not configured: the rest does not notice.

use lambda_http::http::Method;
use serde_json::{Value, json};

use crate::{World, nobody, stuck};

const ROUTES: [&str; 4] = ["search", "search/suggest", "search/tags", "search/users"];

#[tokio::test(flavor = "multi_thread")]
async fn without_an_engine_search_is_a_503_and_everything_else_works() {
    let mut world = World::start().await;
    let token = world.sign_up("seeker").await["token"].as_str().unwrap().to_owned();
    for (number, engine) in [None, Some(nobody()), Some(stuck())].into_iter().enumerate() {
        if let Some(address) = engine {
            world.environment.insert("SEARCH_URL".to_owned(), format!("http://{address}"));
        }
        for route in ROUTES {
            let path = format!("/api/{route}?q=dragons");
            let (status, body, retry_after) = world.search(&path).await;
            assert_eq!((status, &body["code"], &*retry_after), (503, &json!("unavailable"), "2"), "{number} {path}");
        }
        // What was typed is looked at first.
        let (status, ..) = world.search("/api/search?sort=best").await;
        assert_eq!(status, 422);
        let article = json!({"article": {"title": "Dragons", "description": "How?", "body": "With love."}});
        let (status, ..) = world.ask("publish", Method::POST, "/api/articles", &token, article).await;
        assert_eq!(status, 201);
        let (status, ..) = world.ask("article", Method::GET, "/api/articles", "", Value::Null).await;
        assert_eq!(status, 200);
    }
    world.platform.stop().await.unwrap();
}

impl World {
    /// Asks `search`, wired to the engine that the environment names, as on Lambda.
    async fn search(&self, path: &str) -> (u16, Value, String) {
        let (status, body, retry_after) = self.ask("search", Method::GET, path, "", Value::Null).await;
        (status.as_u16(), body, retry_after)
    }
}
