//! What the functions are asked while they are measured: one representative request each, as API Gateway would send it.

use bytes::Bytes;
use serde_json::{Value, json};

/// A password that anyone may choose.
const PASSWORD: &str = "correct horse battery";

/// A request to the API.
#[derive(Debug)]
pub(crate) struct Request {
    /// Its method.
    pub(crate) method: &'static str,
    /// Its path.
    pub(crate) path: String,
    /// The status that it must be answered with.
    pub(crate) status: u16,
    token: Option<String>,
    body: Option<Value>,
}

impl Request {
    fn new(method: &'static str, path: impl Into<String>, status: u16) -> Self {
        Self { method, path: path.into(), status, token: None, body: None }
    }

    fn by(self, visitor: &Visitor) -> Self {
        Self { token: Some(visitor.token.clone()), ..self }
    }

    fn with(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// The event of an HTTP API, payload format 2.0.
    pub(crate) fn event(&self) -> Bytes {
        let mut headers = json!({
            "accept": "application/json",
            "accept-encoding": "gzip, br",
            "content-type": "application/json",
            "host": "api.example.com",
            "user-agent": "bench",
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        });
        if let Some(token) = &self.token {
            headers["authorization"] = format!("Token {token}").into();
        }
        let event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": self.path,
            "rawQueryString": "",
            "headers": headers,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "bench",
                "domainName": "api.example.com",
                "domainPrefix": "api",
                "http": {
                    "method": self.method,
                    "path": self.path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "203.0.113.7",
                    "userAgent": "bench",
                },
                "requestId": "JKJaXmPLvHcESHA=",
                "routeKey": "$default",
                "stage": "$default",
                "time": "01/Jan/2026:00:00:00 +0000",
                "timeEpoch": 1_767_225_600_000_u64,
            },
            "body": self.body.as_ref().map(Value::to_string),
            "isBase64Encoded": false,
        });
        event.to_string().into()
    }
}

/// Who asks: a user with an account, a session and an article, once the first requests have made them.
#[derive(Debug, Default)]
pub(crate) struct Visitor {
    accounts: u32,
    email: String,
    token: String,
    refresh_token: String,
    slug: String,
}

impl Visitor {
    /// What the function is asked next; nothing for a function that no sample is known for.
    pub(crate) fn request(&mut self, function: &str) -> Option<Request> {
        Some(match function {
            "hello" => Request::new("GET", "/", 200),
            "signup" => {
                self.accounts += 1;
                let name = format!("visitor-{}", self.accounts);
                let email = format!("{name}@example.com");
                let user = json!({"username": name, "email": email, "password": PASSWORD});
                self.email = email;
                Request::new("POST", "/api/users", 201).with(json!({ "user": user }))
            }
            "login" => Request::new("POST", "/api/users/login", 200)
                .with(json!({"user": {"email": self.email, "password": PASSWORD}})),
            "session" => {
                Request::new("POST", "/api/sessions/refresh", 200).with(json!({"refreshToken": self.refresh_token}))
            }
            "profile" => Request::new("GET", "/api/user", 200).by(self),
            "publish" => {
                let article = json!({
                    "title": "How to measure a cold start",
                    "description": "Start it cold, and measure",
                    "body": "Start the process. Look at the clock.\n".repeat(50),
                    "tagList": ["rust", "lambda"],
                });
                Request::new("POST", "/api/articles", 201).by(self).with(json!({ "article": article }))
            }
            "article" => Request::new("GET", format!("/api/articles/{}", self.slug), 200).by(self),
            "comment" => Request::new("GET", format!("/api/articles/{}/comments", self.slug), 200).by(self),
            "fallback" => Request::new("GET", "/api/nowhere", 404),
            _ => return None,
        })
    }

    /// Remembers what an answer's body brings: tokens, a slug.
    pub(crate) fn learn(&mut self, body: &Value) {
        for (field, value) in [
            (&mut self.token, &body["user"]["token"]),
            (&mut self.refresh_token, &body["user"]["refreshToken"]),
            (&mut self.slug, &body["article"]["slug"]),
        ] {
            if let Some(text) = value.as_str() {
                text.clone_into(field);
            }
        }
    }
}
