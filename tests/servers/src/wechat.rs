//! A double of WeChat's Open Platform: it knows one application, gives out codes as if somebody had scanned, and answers them as
//! WeChat does, or as it should not.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use crate::serve::{listener, serve};

/// The application's id.
pub const APP_ID: &str = "wx0123456789abcdef";
/// The application's secret.
pub const APP_SECRET: &str = "secret of a double";

/// What WeChat answers to a code.
#[derive(Debug, Clone)]
pub enum Says {
    /// Who has scanned: openid, and unionid if the application is bound to a developer.
    Known(String, Option<String>),
    /// This, with 200, whatever it is.
    Text(&'static str),
    /// An error of its code.
    Error(i64),
    /// This status.
    Status(u16),
    /// Nothing, ever.
    Nothing,
}

/// The double.
#[derive(Clone)]
pub struct WeChat {
    /// Where it is: both of WeChat's addresses.
    pub url: String,
    codes: Arc<Mutex<Codes>>,
}

#[derive(Default)]
struct Codes {
    given: u64,
    known: HashMap<String, Says>,
}

impl WeChat {
    /// Starts one on `port`; 0 is any.
    pub fn start(port: u16) -> Self {
        let codes: Arc<Mutex<Codes>> = Arc::default();
        let router = Router::new().route("/sns/oauth2/access_token", get(access_token)).with_state(codes.clone());
        Self { url: serve(listener(port), router), codes }
    }

    /// Somebody scans the code at `authorization_url`, whom WeChat will know as `says`. Answers path and query that the browser is
    /// sent back to. WeChat asks for an order of parameters and for a fragment; a page that lacks them shows an error instead.
    pub fn scan(&self, authorization_url: &str, says: Says) -> String {
        let url = Url::parse(authorization_url).expect("a URL");
        assert!(authorization_url.starts_with(&format!("{}/connect/qrconnect?", self.url)), "{url}");
        assert_eq!(url.fragment(), Some("wechat_redirect"));
        let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let names: Vec<_> = query.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["appid", "redirect_uri", "response_type", "scope", "state"]);
        let value = |n: usize| query[n].1.as_str();
        assert_eq!((value(0), value(2), value(3)), (APP_ID, "code", "snsapi_login"));
        self.back(value(1), value(4), says)
    }

    /// The way back to `redirect_uri` with a new code.
    fn back(&self, redirect_uri: &str, state: &str, says: Says) -> String {
        let mut codes = self.codes.lock().expect("no test panics in here");
        codes.given += 1;
        let code = format!("code-{}", codes.given);
        codes.known.insert(code.clone(), says);
        let mut back = Url::parse(redirect_uri).expect("a redirect URI");
        back.query_pairs_mut().append_pair("code", &code).append_pair("state", state);
        format!("{}?{}", back.path(), back.query().unwrap_or_default())
    }
}

/// `GET /sns/oauth2/access_token`: always with 200 and as `text/plain`, as WeChat does.
async fn access_token(State(codes): State<Arc<Mutex<Codes>>>, uri: Uri) -> Response {
    let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned();
    let query: HashMap<String, String> = query.collect();
    let given = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    if given("grant_type") != "authorization_code" || given("appid") != APP_ID || given("secret") != APP_SECRET {
        return plain(&json!({"errcode": 40125, "errmsg": "invalid appsecret"}));
    }
    let known = codes.lock().expect("no test panics in here").known.remove(given("code"));
    match known {
        None => plain(&json!({"errcode": 40029, "errmsg": "invalid code"})),
        Some(Says::Known(openid, unionid)) => {
            let mut answer = json!({
                "access_token": "a", "expires_in": 7200, "refresh_token": "r", "openid": openid, "scope": "snsapi_login",
            });
            if let Some(unionid) = unionid {
                answer["unionid"] = unionid.into();
            }
            plain(&answer)
        }
        Some(Says::Error(errcode)) => plain(&json!({"errcode": errcode, "errmsg": "an error"})),
        Some(Says::Text(text)) => text.into_response(),
        Some(Says::Status(status)) => {
            (StatusCode::from_u16(status).expect("a status"), Json(json!({"oh": "no"}))).into_response()
        }
        Some(Says::Nothing) => std::future::pending().await,
    }
}

fn plain(answer: &Value) -> Response {
    answer.to_string().into_response()
}
