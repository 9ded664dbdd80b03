//! The program that is attacked, and clients of its API.

use std::{
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use program::Program;
use reqwest::{
    Method,
    header::{HeaderMap, LOCATION, SET_COOKIE},
    redirect::Policy,
};
use serde_json::{Value, json};
use shared::adapters::jwt::PrivateKeys;

use crate::{Result, providers::Providers};

/// Longer than the program's own time-outs.
const TIMEOUT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
/// How often a request is repeated that a busy platform answers with 503, and how long after.
const REPEATS: usize = 10;
const BUSY: Duration = Duration::from_secs(1);
/// A password that nobody would guess.
pub(crate) const PASSWORD: &str = "seven knots in a wet rope";

/// The running program. It takes whatever address a client claims, as if all came through a proxy: an attacker has many.
pub struct Target {
    program: Program,
    data: PathBuf,
    http: reqwest::Client,
    providers: Providers,
    next: AtomicU64,
}

impl Target {
    pub(crate) async fn start(program: &Path, folder: &Path) -> Result<Self> {
        let data = folder.join("data");
        let providers = Providers::start();
        let known = providers.settings();
        let known = known.iter().map(|(name, value)| (*name, value.as_str()));
        let settings: Vec<_> =
            [("TRUSTED_PROXIES", "127.0.0.1/32"), ("LOG_LEVEL", "error")].into_iter().chain(known).collect();
        let program = Program::start(program, folder, &data, &settings).await?;
        let http = reqwest::Client::builder().no_proxy().redirect(Policy::none()).timeout(TIMEOUT).build()?;
        Ok(Self { program, data, http, providers, next: AtomicU64::new(0) })
    }

    pub(crate) async fn stop(self) -> Result<()> {
        self.program.stop().await
    }

    /// A number that nobody had before.
    pub fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// A client at an address of its own.
    pub fn client(&self) -> Client<'_> {
        // 10.0.0.0/8 has room for as many as anybody could try.
        let number = u32::try_from(self.number() % (1 << 24)).unwrap_or_default();
        let address = Ipv4Addr::from((10 << 24) | number);
        Client { target: self, address, agent: "attacker/1".to_owned(), cookies: String::new() }
    }

    /// The providers that the program knows.
    pub(crate) fn providers(&self) -> &Providers {
        &self.providers
    }

    /// Somebody new, with the tokens of their first session.
    ///
    /// # Errors
    /// If they cannot sign up.
    pub async fn victim(&self) -> Result<(String, Tokens)> {
        let name = format!("victim-{}", self.number());
        let user = json!({"user": {"username": name, "email": email(&name), "password": PASSWORD}});
        let client = self.client();
        let mut answer = client.ask(Method::POST, "/api/users", None, &user).await?;
        if answer.status == 409 {
            // A busy platform has done what it did not get round to answering.
            answer = client.log_in(&name, PASSWORD).await?;
        }
        let tokens = Tokens::of(&answer).ok_or_else(|| format!("no sign-up: {answer:?}"))?;
        Ok((name, tokens))
    }

    /// Takes everything from the cache.
    ///
    /// # Errors
    /// If it cannot be reached.
    pub async fn empty_cache(&self) -> Result<()> {
        let addresses = tokio::fs::read_to_string(self.data.join("addresses.json")).await?;
        let addresses: Value = serde_json::from_str(&addresses)?;
        let url = addresses["redis"].as_str().ok_or("nobody knows where the cache is")?;
        let mut redis = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
        Ok(redis::cmd("FLUSHALL").query_async::<()>(&mut redis).await?)
    }

    /// The messages that `phone` has got so far.
    ///
    /// # Errors
    /// If they cannot be read.
    async fn messages(&self, phone: &str) -> Result<Vec<Value>> {
        let text = match tokio::fs::read_to_string(self.data.join("outbox/sms.jsonl")).await {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        // The last line may not be whole yet.
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let messages = whole.lines().map(serde_json::from_str::<Value>).collect::<std::result::Result<Vec<_>, _>>()?;
        Ok(messages.into_iter().filter(|message| message["phone"] == phone).collect())
    }

    /// The messages that `phone` has got, as soon as there is one.
    ///
    /// # Errors
    /// If none comes in time.
    pub async fn sent(&self, phone: &str) -> Result<Vec<Value>> {
        let arrived = async {
            let mut ticks = tokio::time::interval(POLL);
            loop {
                let messages = self.messages(phone).await?;
                if !messages.is_empty() {
                    return Ok(messages);
                }
                ticks.tick().await;
            }
        };
        tokio::time::timeout(TIMEOUT, arrived).await.map_err(|_| "a message does not arrive")?
    }

    /// A phone that nobody had before.
    pub fn phone(&self) -> String {
        format!("+86138{:08}", self.number())
    }

    /// The public half of the key that signs, which is no secret, and its name.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn public_key(&self) -> Result<(String, Vec<u8>)> {
        use base64::{Engine as _, prelude::BASE64_STANDARD};
        let keys = tokio::fs::read_to_string(self.data.join("jwt-keys.json")).await?;
        let public: Value = serde_json::from_str(&PrivateKeys::parse(&keys)?.public().to_json())?;
        let text = |name: &str| public[0][name].as_str().unwrap_or_default().to_owned();
        Ok((text("kid"), BASE64_STANDARD.decode(text("key"))?))
    }
}

/// The address of the user `name`.
pub(crate) fn email(name: &str) -> String {
    format!("{name}@mail.example")
}

/// The tokens of a login.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
}

impl Tokens {
    /// Those of an answer, if it has some.
    pub fn of(answer: &Answer) -> Option<Self> {
        let text = |name: &str| answer.body["user"][name].as_str().map(str::to_owned);
        Some(Self { access: text("token")?, refresh: text("refreshToken")? })
    }
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body; `null` if it is no JSON.
    pub body: Value,
    /// Where a browser is sent; "" if nowhere.
    pub location: String,
    /// The cookies that a browser keeps, as it sends them.
    pub cookies: Vec<String>,
}

impl Answer {
    /// The cookie `name` as a browser sends it, if there is one to keep.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let value = |cookie: &str| cookie.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')).map(str::len);
        self.cookies.iter().map(String::as_str).find(|cookie| value(cookie).is_some_and(|length| length > 0))
    }
}

/// The cookies that an answer sets, without what it says about them.
fn cookies(headers: &HeaderMap) -> Vec<String> {
    let all = headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.filter_map(|cookie| cookie.split(';').next()).map(str::to_owned).collect()
}

/// Somebody who speaks to the program from one address.
#[derive(Clone)]
pub struct Client<'a> {
    target: &'a Target,
    address: Ipv4Addr,
    agent: String,
    cookies: String,
}

impl Client<'_> {
    /// The same that calls itself so.
    #[must_use]
    pub fn called(&self, agent: &str) -> Self {
        Self { agent: agent.to_owned(), ..self.clone() }
    }

    /// The same with these cookies and no others.
    #[must_use]
    pub fn bringing(&self, cookies: &str) -> Self {
        Self { cookies: cookies.to_owned(), ..self.clone() }
    }

    /// Sends a request, and again while the platform is too busy, as it asks for: who attacks is no less patient than others. A
    /// `null` body is none.
    ///
    /// # Errors
    /// If no answer comes.
    pub async fn ask(&self, method: Method, path: &str, token: Option<&str>, body: &Value) -> Result<Answer> {
        let mut ticks = tokio::time::interval(BUSY);
        for _ in 0..REPEATS {
            ticks.tick().await;
            let answer = self.ask_once(method.clone(), path, token, body).await?;
            if answer.status != 503 {
                return Ok(answer);
            }
        }
        self.ask_once(method, path, token, body).await
    }

    async fn ask_once(&self, method: Method, path: &str, token: Option<&str>, body: &Value) -> Result<Answer> {
        let mut request = self.target.http.request(method, format!("{}{path}", self.target.program.url()));
        request = request.header("x-forwarded-for", self.address.to_string()).header("user-agent", &self.agent);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if !self.cookies.is_empty() {
            request = request.header("cookie", &self.cookies);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let (location, cookies) = (location.unwrap_or_default().to_owned(), cookies(response.headers()));
        let body = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
        Ok(Answer { status, body, location, cookies })
    }

    /// Logs in by address and password.
    ///
    /// # Errors
    /// If no answer comes.
    pub async fn log_in(&self, name: &str, password: &str) -> Result<Answer> {
        let user = json!({"user": {"email": email(name), "password": password}});
        self.ask(Method::POST, "/api/users/login", None, &user).await
    }

    /// Refreshes.
    ///
    /// # Errors
    /// If no answer comes.
    pub async fn refresh(&self, token: &str) -> Result<Answer> {
        self.ask(Method::POST, "/api/sessions/refresh", None, &json!({ "refreshToken": token })).await
    }

    /// Whether the token opens its account.
    ///
    /// # Errors
    /// If no answer comes.
    pub async fn gets_in(&self, token: &str) -> Result<bool> {
        Ok(self.ask(Method::GET, "/api/user", Some(token), &Value::Null).await?.status != 401)
    }
}
