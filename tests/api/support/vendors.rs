//! Doubles of WeChat and of OpenID Connect providers, which the platform under test knows, and browsers that go there and come back.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, TcpListener},
    sync::{LazyLock, Mutex},
    thread,
    time::Duration,
};

use reqwest::{Method, redirect::Policy};
use serde_json::{Value, json};
use test_servers::{
    oidc::{CLIENT_ID, CLIENT_SECRET, Provider, Says},
    wechat::{self, WeChat},
};
use tokio::net::TcpSocket;

use super::{Answer, BASE, Client, User, unique};

/// The providers' names, in the order of their ports, from the second on.
const NAMES: [&str; 8] = ["acme", "plain", "faulty", "liar", "insecure", "garbled", "away", "stuck"];

/// The doubles. A deployment was told of their ports beforehand; the first is `BLOGHUB_DOUBLES`.
pub(crate) static VENDORS: LazyLock<Vendors> = LazyLock::new(Vendors::start);

/// Everyone by whom one can try to log in.
pub(crate) struct Vendors {
    pub(crate) wechat: WeChat,
    /// Does everything as it should, and says where browsers come from (RFC 9207).
    pub(crate) acme: Provider,
    /// Does everything as it should, in other ways: its clients prove themselves in the body, and browsers do not say whence they come.
    pub(crate) plain: Provider,
    /// Is asked for answers that count as failures.
    pub(crate) faulty: Provider,
    issuers: BTreeMap<&'static str, String>,
    /// Where nobody listens.
    _away: Option<TcpSocket>,
}

impl Vendors {
    fn start() -> Self {
        let first = shared::config::variable("BLOGHUB_DOUBLES").map(|port| port.parse::<u16>().unwrap());
        let port = |n: u16| first.map_or(0, |first| first + n);
        let in_body = json!({
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "authorization_response_iss_parameter_supported": null,
        });
        let wechat = WeChat::start(port(0));
        let acme = Provider::start(port(1), json!({}));
        let plain = Provider::start(port(2), in_body);
        let faulty = Provider::start(port(3), json!({}));
        let liar = Provider::start(port(4), json!({"issuer": "https://id.example"}));
        let insecure = Provider::start(port(5), json!({"token_endpoint": "http://id.example/token"}));
        let garbled = Provider::start(port(6), json!({"jwks_uri": null}));
        let urls = [&acme, &plain, &faulty, &liar, &insecure, &garbled].map(|provider| provider.url.clone());
        // A deployment has taken the port itself, before anything else could.
        let away = first.is_none().then(taken);
        let nobody = away.as_ref().map_or(port(7), |away| away.local_addr().unwrap().port());
        let nobody = format!("http://127.0.0.1:{nobody}");
        let urls = urls.into_iter().chain([nobody, stuck(port(8))]);
        Self { wechat, acme, plain, faulty, issuers: NAMES.into_iter().zip(urls).collect(), _away: away }
    }

    /// The settings of a platform that knows them.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        let provider = |(name, issuer): (&&str, &String)| json!({"name": name, "issuer": issuer, "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET});
        let providers: Value = self.issuers.iter().map(provider).collect();
        vec![
            ("OIDC_PROVIDERS", providers.to_string()),
            ("WECHAT_APP_ID", wechat::APP_ID.to_owned()),
            ("WECHAT_APP_SECRET", wechat::APP_SECRET.to_owned()),
            ("WECHAT_OPEN_URL", self.wechat.url.clone()),
            ("WECHAT_API_URL", self.wechat.url.clone()),
        ]
    }
}

/// A port that is taken and not listened on: whoever connects is refused, and no server that starts later is given it.
fn taken() -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    socket
}

/// An address that accepts connections and never answers.
fn stuck(port: u16) -> String {
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let accepted: Vec<_> = listener.incoming().collect();
        drop(accepted);
    });
    url
}

/// Somebody's browser: it keeps cookies, and shows where it is sent instead of going there.
pub(crate) struct Browser {
    http: reqwest::Client,
    base: String,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Browser {
    /// A new one, without cookies.
    pub(crate) fn new() -> Self {
        Self::at(&BASE)
    }

    /// A new one, on the platform at `base`.
    pub(crate) fn at(base: &str) -> Self {
        let builder = reqwest::Client::builder().no_proxy().redirect(Policy::none()).timeout(Duration::from_secs(60));
        Self { http: builder.build().unwrap(), base: base.to_owned(), cookies: Mutex::default() }
    }

    /// The cookies it keeps.
    pub(crate) fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.lock().unwrap().clone()
    }

    /// Keeps these cookies instead.
    pub(crate) fn keep(&self, cookies: BTreeMap<String, String>) {
        *self.cookies.lock().unwrap() = cookies;
    }

    /// A request to be completed by hand.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        let pairs: Vec<_> = self.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if pairs.is_empty() { request } else { request.header("cookie", pairs.join("; ")) }
    }

    /// Sends it and keeps the answer's cookies.
    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = Client::send(request).await;
        let mut cookies = self.cookies.lock().unwrap();
        for set in answer.headers.get_all("set-cookie") {
            let mut parts = set.to_str().unwrap().split("; ");
            let (name, value) = parts.next().unwrap().split_once('=').unwrap();
            if parts.any(|part| part == "Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        drop(cookies);
        answer
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Begins to log in by way of `through`, such as `wechat` or `oidc/acme`; answers where to go.
    pub(crate) async fn begin(&self, through: &str) -> String {
        authorization_url(&self.get(&format!("/api/login/{through}")).await)
    }

    /// Begins to add an identity to the account that `token` is of; answers where to go.
    pub(crate) async fn begin_link(&self, token: &str, through: &str) -> String {
        let request = self.request(Method::POST, &format!("/api/user/identities/{through}"));
        authorization_url(&self.send(request.header("authorization", format!("Token {token}"))).await)
    }

    /// Scans WeChat's code as `says` and comes back.
    pub(crate) async fn wechat(&self, says: wechat::Says) -> Answer {
        let url = self.begin("wechat").await;
        self.get(&VENDORS.wechat.scan(&url, says)).await
    }

    /// Logs in at `provider`, which says this, and comes back.
    pub(crate) async fn oidc(&self, name: &str, provider: &Provider, says: Says) -> Answer {
        let url = self.begin(&format!("oidc/{name}")).await;
        self.get(&provider.consent(&url, says)).await
    }

    /// Logs in at the provider that does everything as it should.
    pub(crate) async fn acme(&self, says: Says) -> Answer {
        self.oidc("acme", &VENDORS.acme, says).await
    }
}

/// Where an answer sends whoever asked.
fn authorization_url(answer: &Answer) -> String {
    answer.expect(200)["authorizationUrl"].as_str().unwrap().to_owned()
}

/// A subject that nobody else is.
pub(crate) fn subject() -> String {
    unique("subject")
}

/// The name in the answer to a login.
#[track_caller]
pub(crate) fn username(answer: &Answer) -> String {
    answer.expect(200)["user"]["username"].as_str().unwrap().to_owned()
}

/// The access token in the answer to a login.
#[track_caller]
pub(crate) fn token(answer: &Answer) -> String {
    answer.expect(200)["user"]["token"].as_str().unwrap().to_owned()
}

/// Expects a refusal by its status and code.
#[track_caller]
pub(crate) fn expect_code(answer: &Answer, status: u16, code: &str, case: &str) {
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (status, &json!(code)), "{case}: {}", answer.text);
    assert_eq!(answer.header("content-type"), "application/problem+json", "{case}");
}

impl User {
    /// Links the identity that `acme` knows as `subject`.
    pub(crate) async fn link_acme(&self, subject: &str) -> Answer {
        let browser = Browser::new();
        let url = browser.begin_link(&self.token, "oidc/acme").await;
        browser.get(&VENDORS.acme.consent(&url, Says::subject(subject))).await
    }

    /// The user's identities.
    pub(crate) async fn identities(&self) -> Vec<Value> {
        self.client.get("/api/user/identities").await.expect(200)["identities"].as_array().unwrap().clone()
    }
}
