//! A double of an OpenID Connect provider: discovery, keys, tokens. It checks what a provider has to check, and gives proofs that are
//! good, or bad in the way that a test asks for. It shares no code with what it tests.

mod keys;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use crate::serve::{listener, serve};
use keys::Keys;
pub use keys::Signing;

/// What the platform is called at each double.
pub const CLIENT_ID: &str = "bloghub";
/// How it proves that it is the platform.
pub const CLIENT_SECRET: &str = "secret of a double / + %";

/// What the provider says to a code.
#[derive(Debug, Clone)]
pub enum Says {
    /// A proof with these claims in place of the usual ones; `null` leaves one out. `sub` is among them, or there is none.
    Claims(Value, Signing),
    /// An answer without a proof.
    NoProof,
    /// An error of OAuth.
    Error(&'static str),
    /// This, with 200 and as JSON, whatever it is.
    Text(&'static str),
    /// More than anybody wants to read.
    TooMuch,
    /// This status.
    Status(u16),
    /// Nothing, ever.
    Nothing,
}

impl Says {
    /// A good proof of who `subject` is.
    pub fn subject(subject: &str) -> Self {
        Self::Claims(json!({"sub": subject}), Signing::Es256)
    }
}

/// What was agreed on when somebody consented.
struct Consent {
    redirect_uri: String,
    challenge: String,
    nonce: String,
    says: Says,
}

#[derive(Default)]
struct Codes {
    given: u64,
    known: HashMap<String, Consent>,
}

/// The double.
#[derive(Clone)]
pub struct Provider {
    /// Its issuer, which is also where it is.
    pub url: String,
    inner: Arc<Inner>,
}

struct Inner {
    url: String,
    description: Value,
    keys: Mutex<Keys>,
    codes: Mutex<Codes>,
}

impl Provider {
    /// Starts one on `port`, 0 being any, whose description has these `changes`; `null` leaves a field out.
    pub fn start(port: u16, changes: Value) -> Self {
        let listener = listener(port);
        let url = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
        let mut description = json!({
            "issuer": url,
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
            "jwks_uri": format!("{url}/keys"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256", "RS256"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        });
        change(&mut description, &changes);
        let (keys, codes) = (Mutex::new(Keys::generate()), Mutex::default());
        let inner = Arc::new(Inner { url: url.clone(), description, keys, codes });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/keys", get(show_keys))
            .route("/token", post(token))
            .with_state(inner.clone());
        serve(listener, router);
        Self { url, inner }
    }

    /// The provider has new keys from now on, and forgets the old ones.
    pub fn rotate(&self) {
        *self.inner.keys.lock().expect("no test panics in here") = Keys::generate();
    }

    /// Somebody logs in at `authorization_url` and consents. Answers path and query that the browser is sent back to.
    pub fn consent(&self, authorization_url: &str, says: Says) -> String {
        let url = Url::parse(authorization_url).expect("a URL");
        assert!(authorization_url.starts_with(&format!("{}/authorize?", self.url)), "{url}");
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let given = |name: &str| query.get(name).cloned().unwrap_or_else(|| panic!("{url} lacks {name}"));
        assert_eq!((given("response_type").as_str(), given("client_id").as_str()), ("code", CLIENT_ID));
        assert_eq!(given("code_challenge_method"), "S256");
        assert!(given("scope").split(' ').any(|scope| scope == "openid"), "{url}");
        assert!(given("state").len() >= 32 && given("nonce").len() >= 32, "{url}");
        let redirect_uri = given("redirect_uri");
        let consent = Consent {
            redirect_uri: redirect_uri.clone(),
            challenge: given("code_challenge"),
            nonce: given("nonce"),
            says,
        };
        let mut codes = self.inner.codes.lock().expect("no test panics in here");
        codes.given += 1;
        let code = format!("code-{}", codes.given);
        codes.known.insert(code.clone(), consent);
        let mut back = Url::parse(&redirect_uri).expect("a redirect URI");
        back.query_pairs_mut().append_pair("code", &code).append_pair("state", &given("state"));
        if self.inner.description["authorization_response_iss_parameter_supported"] == true {
            back.query_pairs_mut().append_pair("iss", &self.url);
        }
        format!("{}?{}", back.path(), back.query().unwrap_or_default())
    }
}

fn change(object: &mut Value, changes: &Value) {
    for (name, value) in changes.as_object().into_iter().flatten() {
        match value {
            Value::Null => drop(object.as_object_mut().expect("an object").remove(name)),
            value => object[name] = value.clone(),
        }
    }
}

async fn describe(State(provider): State<Arc<Inner>>) -> Json<Value> {
    Json(provider.description.clone())
}

async fn show_keys(State(provider): State<Arc<Inner>>) -> Json<Value> {
    Json(provider.keys.lock().expect("no test panics in here").public())
}

/// `POST /token` (OpenID Connect Core, 3.1.3).
async fn token(State(provider): State<Arc<Inner>>, headers: HeaderMap, form: String) -> Response {
    let form: HashMap<String, String> = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let given = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if !is_client(&provider.description, &headers, &form) {
        return refuse(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let consent = provider.codes.lock().expect("no test panics in here").known.remove(given("code"));
    let Some(consent) = consent.filter(|_| given("grant_type") == "authorization_code") else {
        return refuse(StatusCode::BAD_REQUEST, "invalid_grant");
    };
    let digest = digest::digest(&digest::SHA256, given("code_verifier").as_bytes());
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest);
    if consent.redirect_uri != given("redirect_uri") || consent.challenge != challenge {
        return refuse(StatusCode::BAD_REQUEST, "invalid_grant");
    }
    let mut answer = json!({"access_token": "a", "token_type": "Bearer", "expires_in": 300});
    match consent.says {
        Says::Claims(changes, signing) => {
            let now = now();
            let mut claims = json!({
                "iss": provider.url, "aud": CLIENT_ID, "nonce": consent.nonce, "iat": now, "exp": now + 300,
            });
            change(&mut claims, &changes);
            answer["id_token"] = provider.keys.lock().expect("no test panics in here").sign(&claims, signing).into();
            Json(answer).into_response()
        }
        Says::NoProof => Json(answer).into_response(),
        Says::Error(error) => refuse(StatusCode::BAD_REQUEST, error),
        Says::Text(text) => ([("content-type", "application/json")], text).into_response(),
        Says::TooMuch => ([("content-type", "application/json")], " ".repeat(1 << 20)).into_response(),
        Says::Status(status) => StatusCode::from_u16(status).expect("a status").into_response(),
        Says::Nothing => std::future::pending().await,
    }
}

/// By header, unless the description says by body (RFC 6749, 2.3.1).
fn is_client(description: &Value, headers: &HeaderMap, form: &HashMap<String, String>) -> bool {
    if description["token_endpoint_auth_methods_supported"] == json!(["client_secret_post"]) {
        let given = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        return !headers.contains_key(AUTHORIZATION)
            && (given("client_id"), given("client_secret")) == (CLIENT_ID, CLIENT_SECRET);
    }
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let decoded = header.strip_prefix("Basic ").and_then(|value| BASE64_STANDARD.decode(value).ok());
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let plain = |part: &str| {
        let pair = format!("x={part}");
        form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    text.split_once(':').is_some_and(|(id, secret)| plain(id) == CLIENT_ID && plain(secret) == CLIENT_SECRET)
}

fn refuse(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({"error": error, "error_description": "the double says no"}))).into_response()
}

/// Seconds since 1970.
#[allow(clippy::disallowed_methods, reason = "a provider has a clock of its own")]
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs()
}
