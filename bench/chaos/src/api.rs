//! A client of the API.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::Result;

/// Longer than the program's own time-outs.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Articles of a page at the most.
const PAGE: usize = 100;

/// What became of a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was answered with a status and a body.
    Answered(u16, Value),
    /// Nobody knows: no whole answer came, or a 503.
    Unknown,
}

/// Someone who speaks to the program, logged in or not.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    http: reqwest::Client,
    url: String,
}

impl Api {
    pub(crate) fn at(url: String) -> Result<Self> {
        Ok(Self { http: reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build()?, url })
    }

    /// Sends a request; a `null` body is none.
    pub(crate) async fn ask(&self, method: Method, path: &str, token: Option<&str>, body: &Value) -> Outcome {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(token) = token {
            request = request.header("authorization", format!("Token {token}"));
        }
        if !body.is_null() {
            request = request.json(body);
        }
        // An error is one of the connection: the request may have been done, or not.
        let Ok(response) = request.send().await else { return Outcome::Unknown };
        let status = response.status().as_u16();
        match response.bytes().await {
            Ok(_) if status == 503 => Outcome::Unknown,
            Ok(bytes) => Outcome::Answered(status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)),
            Err(_) => Outcome::Unknown,
        }
    }

    /// Reads something that must be answered, while nobody kills the program.
    pub(crate) async fn read(&self, path: &str, token: Option<&str>) -> Result<(u16, Value)> {
        self.surely(Method::GET, path, token, &Value::Null).await
    }

    /// Does something that must be answered, while nobody kills the program.
    pub(crate) async fn surely(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> Result<(u16, Value)> {
        match self.ask(method.clone(), path, token, body).await {
            Outcome::Answered(status, body) => Ok((status, body)),
            Outcome::Unknown => {
                Err(format!("{method} {path} was not answered though nobody killed the program").into())
            }
        }
    }

    /// All drafts of whoever has `token`, page after page, without their texts.
    pub(crate) async fn drafts(&self, token: Option<&str>) -> Result<Vec<Value>> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/drafts?limit={PAGE}{cursor}");
            let (status, mut page) = self.read(&path, token).await?;
            let Value::Array(drafts) = page["drafts"].take() else {
                return Err(format!("GET {path}: {status} {page}").into());
            };
            all.extend(drafts);
            match page["cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(all),
            }
        }
    }

    /// A whole list, page after page, and how long the list says that it is.
    pub(crate) async fn list(&self, filter: &str) -> Result<(Vec<Value>, usize)> {
        let mut all = Vec::new();
        loop {
            let path = format!("/api/articles?limit={PAGE}&offset={}{filter}", all.len());
            let (status, mut page) = self.read(&path, None).await?;
            let total = page["articlesCount"].as_u64().and_then(|total| usize::try_from(total).ok());
            let (Some(total), Value::Array(articles)) = (total, page["articles"].take()) else {
                return Err(format!("GET {path}: {status} {page}").into());
            };
            let last = articles.len() < PAGE;
            all.extend(articles);
            if last {
                return Ok((all, total));
            }
        }
    }
}

/// The body of a login.
pub(crate) fn credentials(email: &str, password: &str) -> Value {
    json!({"user": {"email": email, "password": password}})
}
