//! Who may do what, over every route of the API's description.

use std::{collections::BTreeSet, time::Duration};

use lambda_http::http::Method;
use serde_json::{Value, json};
use shared::domain::user::Role;

use crate::{
    time,
    world::{self, Answer, Instance, PASSWORD, Tokens, World},
};

/// Who asks, in the order of the columns: nobody, a reader, an author of something else, whoever made the thing, a moderator, an admin.
const ACTORS: [&str; 6] = ["", "reader", "author", "owner", "moderator", "admin"];

/// For each route and column: `y` is allowed, `-` is refused with 401 or 403, `n` is told that there is no such thing, `c` may try a
/// code or a state, which is wrong.
const ROWS: &[(&str, &str)] = &[
    ("GET /api/articles", "yyyyyy"),
    ("POST /api/articles", "--yyyy"),
    ("GET /api/articles/feed", "-yyyyy"),
    ("GET /api/articles/hot", "yyyyyy"),
    ("GET /api/articles/{slug}", "yyyyyy"),
    ("PUT /api/articles/{slug}", "---y--"),
    ("DELETE /api/articles/{slug}", "---yyy"),
    ("POST /api/articles/{slug}/withdraw", "---yyy"),
    ("POST /api/articles/{slug}/collect", "-yyyyy"),
    ("DELETE /api/articles/{slug}/collect", "-yyyyy"),
    ("POST /api/articles/{slug}/favorite", "-yyyyy"),
    ("DELETE /api/articles/{slug}/favorite", "-yyyyy"),
    ("GET /api/articles/{slug}/comments", "yyyyyy"),
    ("POST /api/articles/{slug}/comments", "-yyyyy"),
    ("DELETE /api/articles/{slug}/comments/{id}", "---yyy"),
    ("GET /api/articles/{slug}/comments/{id}/replies", "yyyyyy"),
    ("GET /api/drafts", "-yyyyy"),
    ("POST /api/drafts", "--yyyy"),
    ("GET /api/drafts/{id}", "-nnynn"),
    ("PUT /api/drafts/{id}", "--nynn"),
    ("DELETE /api/drafts/{id}", "-nnynn"),
    ("POST /api/drafts/{id}/publish", "--nynn"),
    ("POST /api/login/exchange", "cccccc"),
    ("GET /api/login/oidc/{provider}", "yyyyyy"),
    ("GET /api/login/oidc/{provider}/callback", "cccccc"),
    ("POST /api/login/sms", "cccccc"),
    ("POST /api/login/sms/code", "yyyyyy"),
    ("GET /api/login/wechat", "yyyyyy"),
    ("GET /api/login/wechat/callback", "cccccc"),
    ("GET /api/openapi.json", "yyyyyy"),
    ("POST /api/password/reset", "cccccc"),
    ("POST /api/password/reset/code", "yyyyyy"),
    ("GET /api/profiles/{username}", "yyyyyy"),
    ("POST /api/profiles/{username}/follow", "-yyyyy"),
    ("DELETE /api/profiles/{username}/follow", "-yyyyy"),
    ("GET /api/profiles/{username}/followers", "yyyyyy"),
    ("GET /api/profiles/{username}/following", "yyyyyy"),
    ("GET /api/search", "yyyyyy"),
    ("GET /api/search/suggest", "yyyyyy"),
    ("GET /api/search/tags", "yyyyyy"),
    ("GET /api/search/users", "yyyyyy"),
    ("GET /api/sessions", "-yyyyy"),
    ("DELETE /api/sessions/{id}", "-nnynn"),
    ("POST /api/sessions/logout", "-yyyyy"),
    ("POST /api/sessions/logout-all", "-yyyyy"),
    ("POST /api/sessions/logout-others", "-yyyyy"),
    ("POST /api/sessions/refresh", "yyyyyy"),
    ("GET /api/tags", "yyyyyy"),
    ("GET /api/user", "-yyyyy"),
    ("PUT /api/user", "-yyyyy"),
    ("GET /api/user/collections", "-yyyyy"),
    ("GET /api/user/identities", "-yyyyy"),
    ("DELETE /api/user/identities/{id}", "-nnnnn"),
    ("POST /api/user/identities/oidc/{provider}", "-yyyyy"),
    ("POST /api/user/identities/wechat", "-yyyyy"),
    ("GET /api/user/likes", "-yyyyy"),
    ("PUT /api/user/phone", "-ccccc"),
    ("POST /api/user/phone/code", "-yyyyy"),
    ("POST /api/users", "yyyyyy"),
    ("POST /api/users/login", "yyyyyy"),
    ("PUT /api/users/{username}/role", "-----y"),
    // Afterwards nobody is there.
    ("DELETE /api/user", "-yyyyy"),
];

/// Everybody, on one instance.
struct Cast {
    world: World,
    instance: Instance,
}

impl Cast {
    async fn assemble() -> Self {
        let world = World::start().await;
        let instance = world.instance();
        for name in ACTORS.into_iter().filter(|name| !name.is_empty()).chain(["target"]) {
            instance.sign_up(name).await;
        }
        for (name, role) in [("reader", Role::Reader), ("moderator", Role::Moderator), ("admin", Role::Admin)] {
            world.grant(name, role).await;
        }
        world.flush().await;
        Self { world, instance }
    }

    /// A new session of somebody; of nobody, empty tokens.
    async fn tokens(&self, name: &str) -> Tokens {
        if name.is_empty() {
            let none = String::new();
            return Tokens { access: none.clone(), refresh: time::session(&self.world, "target").await.refresh };
        }
        time::session(&self.world, name).await
    }

    async fn ask(&self, method: Method, path: &str, token: &str, body: Value) -> Answer {
        self.instance.ask(method, path, token, body).await
    }

    /// A new article of the owner's; its slug.
    async fn article(&self, owner: &str) -> String {
        let article = json!({"article": {"title": "Knots", "description": "Three", "body": "Bowline"}});
        let made = self.ask(Method::POST, "/api/articles", owner, article).await.expect(201);
        made["article"]["slug"].as_str().unwrap().to_owned()
    }

    /// The path of a new thing of the owner's, and the body, that a request for `route` has.
    async fn request(&self, method: &Method, route: &str, number: usize, tokens: &Tokens) -> (String, Value) {
        if (method, route) == (&Method::DELETE, "/api/user") {
            return (route.to_owned(), Value::Null);
        }
        let owner = self.tokens("owner").await.access;
        let mut path = route.replace("{username}", "target").replace("{provider}", world::PROVIDER);
        if route.ends_with("/callback") {
            path.push_str("?code=x&state=x");
        }
        if route.contains("{slug}") {
            let slug = self.article(&owner).await;
            if route.contains("{id}") {
                let (comments, comment) =
                    (format!("/api/articles/{slug}/comments"), json!({"comment": {"body": "Well"}}));
                let made = self.ask(Method::POST, &comments, &owner, comment).await.expect(201);
                path = path.replace("{id}", &made["comment"]["id"].to_string());
            }
            path = path.replace("{slug}", &slug);
        }
        if route.starts_with("/api/drafts/{id}") {
            let draft = json!({"draft": {"title": "Knots", "description": "Three", "body": "Bowline"}});
            let made = self.ask(Method::POST, "/api/drafts", &owner, draft).await.expect(201);
            path = path.replace("{id}", made["draft"]["id"].as_str().unwrap());
        }
        if route.starts_with("/api/user/identities/{id}") {
            path = path.replace("{id}", &"A".repeat(43));
        }
        if route.starts_with("/api/sessions/{id}") {
            let newest = self.instance.sessions(&owner).await.remove(0);
            path = path.replace("{id}", newest["id"].as_str().unwrap());
        }
        let body = match (method.as_str(), route) {
            ("POST", "/api/articles") => {
                json!({"article": {"title": "Knots", "description": "Three", "body": "Bowline"}})
            }
            ("PUT", "/api/articles/{slug}") => json!({"article": {"description": "Four"}}),
            ("POST", "/api/articles/{slug}/comments") => json!({"comment": {"body": "Well"}}),
            ("POST", "/api/drafts") | ("PUT", "/api/drafts/{id}") => json!({"draft": {"title": "Knots"}}),
            ("POST", "/api/sessions/refresh") => json!({"refreshToken": tokens.refresh}),
            ("PUT", "/api/user") => json!({"user": {"bio": "Ties knots"}}),
            ("POST", "/api/users") => {
                let (name, email) = (format!("new{number}"), format!("new{number}@mail.example"));
                json!({"user": {"username": name, "email": email, "password": PASSWORD}})
            }
            ("POST", "/api/login/exchange") => json!({"code": "x"}),
            ("POST", "/api/users/login") => json!({"user": {"email": "target@mail.example", "password": PASSWORD}}),
            // A phone gets one message a minute.
            (_, "/api/login/sms/code" | "/api/password/reset/code" | "/api/user/phone/code") => {
                json!({"phone": format!("+861380013{:04}", 8_000 + number)})
            }
            ("POST", "/api/login/sms") | ("PUT", "/api/user/phone") => {
                json!({"phone": "+8613800137000", "code": "000000"})
            }
            ("POST", "/api/password/reset") => {
                json!({"phone": "+8613800137000", "code": "000000", "password": PASSWORD})
            }
            ("PUT", "/api/users/{username}/role") => json!({"role": "author"}),
            _ => Value::Null,
        };
        assert!(!path.contains('{'), "{route}: nothing is made for it here");
        (path, body)
    }
}

/// The API's description.
fn description() -> Value {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_route_has_a_row() {
    let description = description();
    let mut routes = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        let methods =
            item.as_object().unwrap().keys().filter(|key| ["get", "post", "put", "delete"].contains(&key.as_str()));
        routes.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let rows: BTreeSet<_> = ROWS.iter().map(|(route, _)| (*route).to_owned()).collect();
    assert_eq!(rows, routes, "a new route needs a row that says who may use it");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_may_do_what_the_table_says_and_no_more() {
    let cast = Cast::assemble().await;
    let mut wrong = Vec::new();
    for (row, (route, may)) in ROWS.iter().enumerate() {
        let (method, path) = route.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        for (column, (actor, expected)) in ACTORS.into_iter().zip(may.chars()).enumerate() {
            let tokens = cast.tokens(actor).await;
            let (path, body) = cast.request(&method, path, row * ACTORS.len() + column, &tokens).await;
            let answer = cast.ask(method.clone(), &path, &tokens.access, body).await;
            let status = answer.status;
            let as_expected = match expected {
                'c' => ["code-invalid", "login-code-invalid", "login-state-invalid"]
                    .map(Value::from)
                    .contains(&answer.body["code"]),
                'y' => status < 300,
                'n' => status == 404,
                _ if actor.is_empty() => status == 401,
                _ => status == 403,
            };
            if !as_expected {
                wrong.push(format!("{route} by {actor:?}: {status} where the table says {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    cast.world.stop().await;
}

/// Whether the description says that an answer of this status may have the next token.
fn describes_the_next_token(description: &Value, method: &Method, path: &str, status: u16) -> bool {
    let operation = &description["paths"][path][method.as_str().to_lowercase()];
    let response = &operation["responses"][status.to_string()];
    assert!(response.is_object(), "{method} {path}: {status} is not described");
    let common = response["$ref"].as_str().map(|to| description.pointer(to.trim_start_matches('#')).unwrap());
    common.unwrap_or(response)["headers"]["X-Access-Token"].is_object()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ageing_token_brings_the_next_one_along_wherever_the_description_says_so_and_no_other_does() {
    /// What the token is, how old it is in seconds, and whether its session has ended.
    const TOKENS: [(&str, u64, bool); 3] =
        [("ageing", 600, false), ("of an ended session", 600, true), ("young", 599, false)];
    let cast = Cast::assemble().await;
    let description = description();
    let (mut wrong, mut renewed) = (Vec::new(), 0);
    for (row, (route, _)) in ROWS.iter().enumerate() {
        let (method, path) = route.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        for (number, (what, age, ended)) in TOKENS.into_iter().enumerate() {
            let tokens = cast.tokens("author").await;
            let (asked, body) = cast.request(&method, path, row * TOKENS.len() + number, &tokens).await;
            if ended {
                assert_eq!(cast.instance.post("/api/sessions/logout", &tokens.access).await, 204);
            }
            cast.world.clock.pass(Duration::from_secs(age));
            let answer = cast.ask(method.clone(), &asked, &tokens.access, body).await;
            let described = describes_the_next_token(&description, &method, path, answer.status);
            let takes_tokens = description["paths"][path][method.as_str().to_lowercase()]["security"].is_array();
            let expected = what == "ageing" && takes_tokens && described;
            let next = answer.header("x-access-token");
            if next.is_some() != expected {
                wrong.push(format!(
                    "{route}, {what}: {} {:?}, and described: {described}",
                    answer.status, answer.headers
                ));
            }
            if let Some(next) = next {
                renewed += 1;
                assert_eq!(
                    answer.header("cache-control"),
                    Some("private, no-store"),
                    "{route}: a token is in no cache"
                );
                assert_eq!(cast.instance.own(next).await, 200, "{route}: the next token is as good");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // All routes that take a token but the three that end its session. Of these, one is refused to a login as old as that.
    let takers = description["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    assert_eq!(renewed, takers.filter(|operation| operation["security"].is_array()).count() - 2);
    cast.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moderator_withdraws_an_article_and_is_not_shown_its_draft() {
    let cast = Cast::assemble().await;
    let (owner, moderator) = (cast.tokens("owner").await.access, cast.tokens("moderator").await.access);
    let slug = cast.article(&owner).await;
    let path = format!("/api/articles/{slug}/withdraw");
    let answer = cast.ask(Method::POST, &path, &moderator, Value::Null).await;
    assert_eq!((answer.status, &answer.body), (204, &Value::Null));
    let read = cast.ask(Method::GET, &format!("/api/articles/{slug}"), "", Value::Null).await;
    assert_eq!(read.status, 410);
    let drafts = cast.ask(Method::GET, "/api/drafts", &owner, Value::Null).await.expect(200);
    assert_eq!(drafts["drafts"].as_array().unwrap().len(), 1, "its author still has it");
    cast.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_an_author_no_longer_takes_back_what_they_wrote_and_changes_none_of_it() {
    let cast = Cast::assemble().await;
    let owner = cast.tokens("owner").await.access;
    let slugs = [cast.article(&owner).await, cast.article(&owner).await];
    cast.world.grant("owner", Role::Reader).await;
    cast.world.flush().await;
    let edit = json!({"article": {"description": "Four"}});
    let answer = cast.ask(Method::PUT, &format!("/api/articles/{}", slugs[0]), &owner, edit).await;
    assert_eq!((answer.status, &answer.body["code"]), (403, &json!("role-required")));
    assert_eq!(answer.body["errors"], json!({"role": ["must be at least author"]}));
    let withdraw = format!("/api/articles/{}/withdraw", slugs[0]);
    assert_eq!(cast.ask(Method::POST, &withdraw, &owner, Value::Null).await.status, 200);
    let delete = format!("/api/articles/{}", slugs[1]);
    assert_eq!(cast.ask(Method::DELETE, &delete, &owner, Value::Null).await.status, 204);
    cast.world.stop().await;
}
