//! A client of the API.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

/// A password that anyone may choose.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Someone who speaks to a program, logged in or not.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) url: String,
    http: Client,
    pub(crate) token: Option<String>,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) request_id: String,
    pub(crate) text: String,
}

impl Answer {
    /// The body of an answer with this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { serde_json::from_str(&self.text).unwrap() }
    }
}

impl Api {
    /// A stranger to the program at `url`.
    pub(crate) fn at(url: String) -> Self {
        // A proxy of the machine's would not find this machine.
        Self { url, http: Client::builder().no_proxy().build().unwrap(), token: None }
    }

    /// The same with this access token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// A request to be completed by hand.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.header("authorization", format!("Token {token}")),
            None => request,
        }
    }

    /// Sends a request; an error is one of the connection.
    pub(crate) async fn try_send(request: RequestBuilder) -> reqwest::Result<Answer> {
        let response = request.send().await?;
        let status = response.status().as_u16();
        let id = response.headers().get("x-request-id").map(|id| id.to_str().unwrap().to_owned());
        Ok(Answer { status, request_id: id.unwrap_or_default(), text: response.text().await? })
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Self::try_send(self.request(Method::GET, path)).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        Self::try_send(self.request(Method::POST, path).json(&body)).await.unwrap()
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        Self::try_send(self.request(Method::PUT, path).json(&body)).await.unwrap()
    }

    /// The same, logged in as a new user `name`.
    pub(crate) async fn sign_up(&self, name: &str) -> Self {
        let user = json!({"username": name, "email": format!("{name}@mail.example"), "password": PASSWORD});
        let answer = self.post("/api/users", json!({"user": user})).await.expect(201);
        self.with_token(answer["user"]["token"].as_str().unwrap())
    }

    /// Logs `name` in.
    pub(crate) async fn log_in(&self, name: &str) -> Answer {
        let user = json!({"email": format!("{name}@mail.example"), "password": PASSWORD});
        self.post("/api/users/login", json!({"user": user})).await
    }

    /// A request that publishes an article.
    pub(crate) fn publication(&self, title: &str, tags: &[&str]) -> RequestBuilder {
        let article = json!({"title": title, "description": "About it", "body": "Its text", "tagList": tags});
        self.request(Method::POST, "/api/articles").json(&json!({"article": article}))
    }

    /// Publishes an article; answers its slug.
    pub(crate) async fn publish(&self, title: &str, tags: &[&str]) -> String {
        let answer = Self::try_send(self.publication(title, tags)).await.unwrap().expect(201);
        answer["article"]["slug"].as_str().unwrap().to_owned()
    }
}
