//! A client of the API.

use std::time::Duration;

use serde_json::Value;

use crate::Result;

/// How long an answer may take: longer than the platform's own time-outs.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A platform's API.
#[derive(Debug, Clone)]
pub struct Api {
    http: reqwest::Client,
    url: String,
}

impl Api {
    /// The API at `url`, such as `http://127.0.0.1:3000`.
    ///
    /// # Errors
    /// If no client can be made.
    pub fn at(url: &str) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build()?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned() })
    }

    /// Posts `body`, or nothing if it is null, and answers what it was answered.
    ///
    /// # Errors
    /// If there is no answer, or one that says no.
    pub async fn post(&self, path: &str, token: &str, body: &Value) -> Result<Value> {
        let mut request = self.http.post(format!("{}{path}", self.url));
        if !token.is_empty() {
            request = request.header("authorization", format!("Token {token}"));
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| format!("POST {path}: {error}"))?;
        let status = response.status();
        let text = response.text().await?;
        match status.as_u16() {
            200..300 => Ok(serde_json::from_str(&text)?),
            401 => Err("a token has expired: start the platform with a longer ACCESS_TOKEN_TTL, such as 86400".into()),
            429 => Err("the platform limits how much one address may do: start it with RATE_LIMITS=off".into()),
            _ => Err(format!("POST {path} was answered with {status}: {text}").into()),
        }
    }
}
