//! Logging in by way of a provider.

use bloghub::platform::Options;
use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};
use shared::{
    adapters::{
        dynamodb::{DynamoSettings, FlowTable, TableNames},
        host::Host,
        system::OperatingSystem,
    },
    config::{read_from, settings::COORDINATION_TABLE},
    domain::{
        flow::{CODE_LIFE, LoginGrant, SecretHash},
        session::RefreshToken,
    },
    ports::{
        flows::{SINGLE_USE, SingleUse as _},
        system::System as _,
    },
};
use test_servers::{
    oidc::{CLIENT_ID, CLIENT_SECRET, Provider, Says},
    wechat::{self, APP_ID, APP_SECRET, WeChat},
};

use crate::meter::{Meter, Operation};

const COUNTED: &str =
    "outside of the network there is no cache: calls are counted in a table, where the window before is read first";
const STATE: &str =
    "as above; a state that was used is noted where nothing is lost; the identity leads to an id, and that to the user";

/// Doubles of the providers.
pub(crate) struct Vendors {
    wechat: WeChat,
    oidc: Provider,
}

impl Vendors {
    pub(crate) fn start() -> Self {
        Self { wechat: WeChat::start(0), oidc: Provider::start(0, json!({})) }
    }

    /// A platform that knows them.
    pub(crate) fn known_to(&self, options: Options) -> Options {
        let provider =
            json!([{"name": "acme", "issuer": self.oidc.url, "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET}]);
        options
            .with("WECHAT_APP_ID", APP_ID)
            .with("WECHAT_APP_SECRET", APP_SECRET)
            .with("WECHAT_OPEN_URL", &self.wechat.url)
            .with("WECHAT_API_URL", &self.wechat.url)
            .with("OIDC_PROVIDERS", &provider.to_string())
    }

    /// Somebody new to the platform consents.
    fn consent(&self, function: &str, url: &str, who: &str) -> String {
        match function {
            "wechat-login" => self.wechat.scan(url, wechat::Says::Known(who.to_owned(), None)),
            _ => self.oidc.consent(url, Says::subject(who)),
        }
    }
}

/// How logging in by way of a provider is called in the table.
struct Names {
    begin: &'static str,
    first: &'static str,
    again: &'static str,
    begin_link: &'static str,
    link: &'static str,
}

/// Does them all.
pub(crate) async fn all(m: &mut Meter<'_>, vendors: &Vendors) {
    let names = Names {
        begin: "begin to log in with WeChat",
        first: "log in with WeChat, the first time",
        again: "log in with WeChat",
        begin_link: "begin to add a WeChat account",
        link: "add a WeChat account",
    };
    by(m, vendors, "wechat-login", "wechat", &names).await;
    let names = Names {
        begin: "begin to log in by OpenID Connect",
        first: "log in by OpenID Connect, the first time",
        again: "log in by OpenID Connect",
        begin_link: "begin to add an identity",
        link: "add an identity",
    };
    let login = by(m, vendors, "oidc-login", "oidc/acme", &names).await;
    identity(m, &login).await;
}

/// Comes by way of `through`, twice, and adds a second identity; answers the account.
async fn by(m: &mut Meter<'_>, vendors: &Vendors, function: &'static str, through: &str, names: &Names) -> Value {
    let path = format!("/api/login/{through}");
    let begin: &[_] = &[("GetItem", 1), ("UpdateItem", 1)];
    let first: &[_] =
        &[("GetItem", 1), ("UpdateItem", 1), ("PutItem", 1), ("BatchGetItem", 1), ("TransactWriteItems", 1)];
    let again: &[_] = &[("GetItem", 2), ("UpdateItem", 1), ("PutItem", 2), ("BatchGetItem", 1)];
    for (name, begun, calls) in [(names.first, names.begin, first), (names.again, "", again)] {
        let request = m.request(Method::GET, &path, "");
        let (cookie, back) = begun_at(m.send(Operation(begun, function, begin, COUNTED), request).await);
        let back = vendors.consent(function, &back, "one");
        if begun.is_empty() {
            m.rows.pop();
        }
        let request = m.request(Method::GET, &back, "").header("cookie", cookie);
        m.send(Operation(name, function, calls, STATE), request).await;
    }
    let (cookie, url) = begun_at({
        let request = m.request(Method::GET, &path, "");
        m.send(Operation("", function, &[], ""), request).await
    });
    let request = m.request(Method::GET, &vendors.consent(function, &url, "one"), "").header("cookie", cookie);
    let (_, login) = m.send(Operation("", function, &[], ""), request).await;
    m.rows.truncate(m.rows.len() - 2);

    let token = login["user"]["token"].as_str().unwrap();
    let asks: &[_] = &[("GetItem", 1), ("UpdateItem", 1), ("BatchGetItem", 1)];
    let request = m.request(Method::POST, &format!("/api/user/identities/{through}"), token);
    let why = "as above; the session is read with its user";
    let (cookie, url) = begun_at(m.send(Operation(names.begin_link, function, asks, why), request).await);
    let adds: &[_] =
        &[("GetItem", 1), ("UpdateItem", 1), ("PutItem", 1), ("BatchGetItem", 2), ("TransactWriteItems", 1)];
    let request = m.request(Method::GET, &vendors.consent(function, &url, "two"), "").header("cookie", cookie);
    let why = "as above; that the session still lasts is asked again";
    m.send(Operation(names.link, function, adds, why), request).await;
    login
}

/// The cookie that an answer sets, and where it leads.
fn begun_at((headers, body): (HeaderMap, Value)) -> (String, String) {
    let cookie = headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    (cookie, body["authorizationUrl"].as_str().unwrap().to_owned())
}

async fn identity(m: &mut Meter<'_>, login: &Value) {
    let token = login["user"]["token"].as_str().unwrap();
    let path = "/api/user/identities";
    let calls: &[_] = &[("Redis", 2), ("BatchGetItem", 1), ("Query", 1)];
    let why = "a session that began outside of the network is not cached yet";
    let list = Operation("my identities, session not cached", "identity", calls, why);
    let identities = m.measure(list, Method::GET, path, token, Value::Null).await;
    let first = format!("{path}/{}", identities["identities"][0]["id"].as_str().unwrap());
    let remove = Operation("remove an identity", "identity", &[("Redis", 1), ("TransactWriteItems", 1)], "");
    m.measure(remove, Method::DELETE, &first, token, Value::Null).await;

    grant(m, login).await;
    let calls: &[_] = &[("Redis", 2), ("UpdateItem", 1), ("GetItem", 1), ("PutItem", 1)];
    let why = "the new session is remembered, which saves the next request a read";
    let request = m.request(Method::POST, "/api/login/exchange", "").header("cookie", "bloghub_login_code=binding");
    let exchange = Operation("turn a one-time code into a login", "identity", calls, why);
    m.send(exchange, request.json(&json!({"code": "code"}))).await;
}

/// Keeps a code, as a callback does where a front end's page is configured.
async fn grant(m: &Meter<'_>, login: &Value) {
    let lookup = |name: &str| m.platform.services().environment().get(name).cloned();
    let table = lookup(COORDINATION_TABLE.name).unwrap();
    let host = Host::local(std::sync::Arc::new(OperatingSystem::default()), 1).for_function(SINGLE_USE.to_vec());
    let names = TableNames { coordination: Some(table.clone()), ..TableNames::default() };
    let dynamo = host.dynamo(&read_from::<DynamoSettings>(&lookup).unwrap(), names);
    let user_id = RefreshToken::decode(login["user"]["refreshToken"].as_str().unwrap()).unwrap().user_id;
    let (binding, expires_at) = (SecretHash::of("binding"), m.clock.now().plus(CODE_LIFE));
    let grant = LoginGrant { user_id, binding, expires_at };
    FlowTable::new(dynamo, &table).grant(&SecretHash::of("code"), &grant).await.unwrap();
}
