//! Requests that carry secrets, in their places and in others.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Answer, Api};

pub(super) const PASSWORD: &str = "xyzzy plugh 4711";
const NEW_PASSWORD: &str = "frobozz grue 0815";
const WRONG_PASSWORD: &str = "nobody ever chose 99";
pub(super) const EMAIL: &str = "ada.hush@mail.example";
const NEW_EMAIL: &str = "countess.hush@mail.example";
const PHONE: &str = "13912345678";
/// Something like a token that no one has issued.
const FORGED: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJodXNoIn0.c2lnbmVk";

/// A client that notes what was answered.
pub(super) struct Witness {
    pub(super) api: Api,
    pub(super) answered: Vec<Answered>,
    pub(super) secrets: Vec<String>,
}

pub(super) struct Answered {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) answer: Answer,
}

impl Witness {
    pub(super) fn of(api: Api) -> Self {
        let known = [PASSWORD, NEW_PASSWORD, WRONG_PASSWORD, EMAIL, NEW_EMAIL, PHONE, FORGED, "hush"];
        Self { api, answered: Vec::new(), secrets: known.map(str::to_owned).to_vec() }
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        build: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> &Answer {
        let answer = Api::try_send(build(self.api.request(method.clone(), path))).await.unwrap();
        self.answered.push(Answered { method, path: path.to_owned(), answer });
        &self.answered.last().unwrap().answer
    }

    async fn json(&mut self, method: Method, path: &str, body: Value) -> &Answer {
        self.send(method, path, |request| request.json(&body)).await
    }

    pub(super) async fn text(&mut self, method: Method, path: &str, body: impl Into<String>) -> &Answer {
        let body = body.into();
        self.send(method, path, |request| request.header("content-type", "application/json").body(body)).await
    }

    async fn get(&mut self, path: &str) -> &Answer {
        self.send(Method::GET, path, |request| request).await
    }

    /// Sends it with this value of a header in place of the client's own.
    async fn with(&mut self, name: &'static str, value: impl AsRef<[u8]>, path: &str) {
        let value = reqwest::header::HeaderValue::from_bytes(value.as_ref()).unwrap();
        self.api.token = None;
        self.send(Method::GET, path, |request| request.header(name, value)).await;
    }

    /// Takes the tokens of an answer that logs in: secrets from now on.
    fn tokens(&mut self, user: &Value) -> (String, String) {
        let token = |name: &str| user["user"][name].as_str().unwrap().to_owned();
        let (access, refresh) = (token("token"), token("refreshToken"));
        self.secrets.extend([access.clone(), refresh.clone()]);
        self.secrets.extend(access.split('.').skip(1).map(str::to_owned));
        (access, refresh)
    }
}

/// Everything that works, with real secrets.
pub(super) async fn live(witness: &mut Witness) {
    let user = json!({"user": {"username": "ada", "email": EMAIL, "password": PASSWORD}});
    let signed_up = body(witness.json(Method::POST, "/api/users", user.clone()).await, 201);
    let (access, refresh) = witness.tokens(&signed_up);
    witness.json(Method::POST, "/api/users", user).await;
    let login = |email: &str, password: &str| json!({"user": {"email": email, "password": password}});
    let logged_in = body(witness.json(Method::POST, "/api/users/login", login(EMAIL, PASSWORD)).await, 200);
    let (second, _) = witness.tokens(&logged_in);
    for (email, password) in [(EMAIL, WRONG_PASSWORD), ("nobody.hush@mail.example", PASSWORD), (PHONE, PASSWORD)] {
        body(witness.json(Method::POST, "/api/users/login", login(email, password)).await, 401);
    }
    let renewal = json!({"refreshToken": refresh});
    let renewed = body(witness.json(Method::POST, "/api/sessions/refresh", renewal).await, 200);
    witness.tokens(&renewed);

    witness.api.token = Some(access);
    body(witness.get("/api/user").await, 200);
    let changes = json!({"user": {"email": NEW_EMAIL, "password": NEW_PASSWORD, "bio": PHONE}});
    body(witness.json(Method::PUT, "/api/user", changes).await, 200);
    let article = json!({"title": "To be called", "description": PHONE, "body": EMAIL, "tagList": ["numbers"]});
    body(witness.json(Method::POST, "/api/articles", json!({"article": article})).await, 201);
    body(witness.get("/api/articles/to-be-called").await, 200);
    witness.api.token = Some(second);
    body(witness.send(Method::POST, "/api/sessions/logout", |request| request).await, 204);
    body(witness.get("/api/user").await, 401);
    witness.api.token = None;
}

/// Bodies that say secrets where something else should be.
pub(super) async fn confused_bodies(witness: &mut Witness) {
    let odd = [
        json!({"user": PASSWORD}),
        json!({"user": [PASSWORD, EMAIL, {"a": PHONE}]}),
        json!({"user": {"username": {"password": PASSWORD}, "email": [EMAIL], "password": 13_912_345_678_u64}}),
        json!({"user": {"username": PHONE.repeat(20), "email": format!("{EMAIL} {PHONE}"), "password": "hush"}}),
        json!({"user": {"username": format!("\n{PASSWORD}"), "email": PASSWORD, "password": PASSWORD.repeat(50)}}),
        json!({PASSWORD: EMAIL, "user": {EMAIL: PHONE, PHONE: {PASSWORD: 1}}}),
        json!([PASSWORD, FORGED]),
        json!({"refreshToken": FORGED}),
        json!({"refreshToken": {"token": FORGED}}),
        json!({"article": {"title": PHONE, "description": {"secret": PASSWORD}, "body": [], "tagList": FORGED}}),
    ];
    let routes = [
        (Method::POST, "/api/users"),
        (Method::POST, "/api/users/login"),
        (Method::POST, "/api/sessions/refresh"),
        (Method::PUT, "/api/user"),
        (Method::POST, "/api/articles"),
        (Method::PUT, "/api/articles/to-be-called"),
    ];
    for (method, path) in routes {
        for body in &odd {
            witness.json(method.clone(), path, body.clone()).await;
        }
        let broken = [
            format!("{{\"user\": {{\"email\": \"{EMAIL}\", \"password\": \"{PASSWORD}"),
            format!("{{\"user\": {{\"password\": \"{PASSWORD}\", \"password\": \"{WRONG_PASSWORD}\"}}}}"),
            format!("user[email]={EMAIL}&user[password]={PASSWORD}"),
            format!("{{\"user\": {PHONE}}} {PASSWORD}"),
        ];
        for text in broken {
            witness.text(method.clone(), path, text).await;
        }
        let typed = |request: RequestBuilder| request.header("content-type", format!("text/{FORGED}")).body(PASSWORD);
        witness.send(method, path, typed).await;
    }
}

/// Secrets in paths, query strings, headers and methods.
pub(super) async fn confused_places(witness: &mut Witness) {
    let paths = [
        format!("/api/articles/{PHONE}"),
        format!("/api/articles/{EMAIL}"),
        format!("/api/articles/%FF{PHONE}"),
        format!("/api/articles/{FORGED}/comments/{PHONE}"),
        format!("/api/profiles/{EMAIL}"),
        format!("/api/profiles/{PHONE}?token={FORGED}"),
        format!("/api/{FORGED}"),
        format!("/{PHONE}?password=hush"),
        format!("/api/user?token={FORGED}"),
        format!("/api/articles?author={EMAIL}&tag={PHONE}"),
        format!("/api/articles?limit={PHONE}&offset={EMAIL}"),
        format!("/api/articles?limit=hush{FORGED}"),
        format!("/api/articles?tag={PHONE}&tag={EMAIL}"),
        format!("/api/articles?{PHONE}={EMAIL}&%FF=hush"),
        format!("/api/tags?phone={PHONE}"),
        format!("/api/openapi.json?email={EMAIL}"),
    ];
    let hush = Method::from_bytes(b"HUSH-hush").unwrap();
    for path in &paths {
        for method in [Method::GET, Method::HEAD, Method::DELETE, Method::PATCH, Method::OPTIONS, hush.clone()] {
            witness.send(method, path, |request| request).await;
        }
    }
    let credentials = [
        format!("Token {FORGED}").into_bytes(),
        format!("Bearer {PASSWORD}").into_bytes(),
        format!("Basic {FORGED}").into_bytes(),
        FORGED.as_bytes().to_vec(),
        [b"Token hush-\xff", FORGED.as_bytes()].concat(),
    ];
    for value in credentials {
        for path in ["/api/user", "/api/articles", "/api/profiles/ada"] {
            witness.with("authorization", &value, path).await;
        }
    }
    for name in ["x-request-id", "user-agent", "referer", "cookie", "origin", "x-forwarded-for", "x-api-key"] {
        witness.with(name, format!("https://{PHONE}.hush.example"), "/api/tags").await;
        witness.with(name, format!("https://{PHONE}.hush.example"), "/api/nothing").await;
    }
    let preflight = |request: RequestBuilder| {
        let request = request.header("origin", "https://hush.example").header("access-control-request-method", "POST");
        request.header("access-control-request-headers", format!("authorization,{PHONE}"))
    };
    witness.send(Method::OPTIONS, "/api/articles", preflight).await;
}

pub(super) fn body(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text);
    serde_json::from_str(&answer.text).unwrap_or_default()
}
