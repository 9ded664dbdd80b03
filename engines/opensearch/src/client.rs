//! Requests to the domain: signed, bounded in time, behind a breaker.

use std::{error::Error, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{
    HeaderValue, Method, Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use serde::{Deserialize, de::DeserializeOwned};
use shared::{
    adapters::http_client::{CallError, HttpClient, Limits, Trust},
    ports::{StoreError, system::System},
    resilience::{
        breaker::{Breaker, Outcome, Rules, Share},
        retry::{Budget, Retry},
    },
};

use crate::{
    generations::Moment,
    settings::{OpenSearchSettings, Signing},
    sign,
};

/// Bytes of an answer. A page has at most 100 hits of some KB each.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// Three waits of seconds are enough to believe it; then one request in a second tries, later one in 15. Where only some shards are
/// away, from half of the requests on it is better not to wait.
fn rules() -> Rules {
    Rules {
        consecutive: 3,
        share: Some(Share { percent: 50, minimum: 20, window: Duration::from_secs(10) }),
        pause: Duration::from_secs(1),
        longest_pause: Duration::from_secs(15),
        probes: 1,
    }
}

/// One retry, for a tenth of the requests: a function that slept finds the connection that it kept broken.
fn retry() -> Retry {
    Retry {
        times: 1,
        pause: Duration::from_millis(5),
        longest_pause: Duration::from_millis(20),
        budget: Budget::new(10, 10),
    }
}

type Cause = Box<dyn Error + Send + Sync>;

/// The engine does not answer, or not now.
pub(crate) fn away(source: impl Into<Cause>) -> StoreError {
    StoreError::Unavailable { service: "search", source: source.into() }
}

/// The engine answered what a correct program never meets.
pub(crate) fn fault(source: impl Into<Cause>) -> StoreError {
    StoreError::Fault { service: "search", source: source.into() }
}

/// What a request carries.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Body<'a> {
    Nothing,
    Json(&'a serde_json::Value),
    /// A JSON text in each line.
    Lines(&'a str),
}

/// An answer that was not about being overloaded.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    body: Vec<u8>,
}

/// Why something was not done, as the engine says it: all that is read of it.
#[derive(Debug, Deserialize)]
pub(crate) struct Reason {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) reason: String,
}

impl Reply {
    /// What was answered to a request that was done.
    ///
    /// # Errors
    /// A refusal, and what is no `T`.
    pub(crate) fn done<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        if !self.status.is_success() {
            return Err(self.refusal());
        }
        serde_json::from_slice(&self.body).map_err(fault)
    }

    /// Whether it says that there is no such index.
    pub(crate) fn is_missing(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
    }

    /// Whether it was refused for a reason of this type.
    pub(crate) fn is_refused_as(&self, kind: &str) -> bool {
        self.reason().is_some_and(|reason| reason.kind == kind)
    }

    /// What is wrong where the request was not done.
    fn refusal(&self) -> StoreError {
        fault(self.why())
    }

    fn why(&self) -> String {
        let reason = self.reason().map_or_else(String::new, |Reason { kind, reason }| format!(": {kind}: {reason}"));
        format!("status {}{reason}", self.status.as_u16())
    }

    fn reason(&self) -> Option<Reason> {
        #[derive(Deserialize)]
        struct Refusal {
            error: Reason,
        }
        serde_json::from_slice::<Refusal>(&self.body).ok().map(|refusal| refusal.error)
    }
}

pub(crate) struct Client {
    http: HttpClient,
    /// Scheme, host and port, and a path without a slash at its end.
    base: String,
    signing: Option<Signing>,
    user: Option<HeaderValue>,
    connect: Duration,
    system: Arc<dyn System>,
    breaker: Breaker,
    retry: Retry,
}

/// Why a request has no [`Reply`].
enum Failure {
    Call(CallError),
    Overloaded(Reply),
    Unsendable(Cause),
}

impl Client {
    pub(crate) fn new(settings: &OpenSearchSettings, system: Arc<dyn System>) -> Result<Self, StoreError> {
        let url = &settings.url;
        let user = url.user().map(|(name, password)| {
            let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))?;
            value.set_sensitive(true);
            Ok::<_, http::header::InvalidHeaderValue>(value)
        });
        let user = user.transpose().map_err(fault)?;
        let signing = settings.signing.clone().filter(|_| url.is_secure() && user.is_none());
        // Whose requests are signed is a domain of AWS.
        let http = HttpClient::new(if signing.is_some() { Trust::Amazon } else { Trust::Web });
        let (connect, breaker) = (settings.timeouts.connect, Breaker::new(rules()));
        Ok(Self { http, base: url.base(), signing, user, connect, system, breaker, retry: retry() })
    }

    /// The end of what may take as long as `budget`, on the clock that passes evenly.
    pub(crate) fn deadline(&self, budget: Duration) -> Duration {
        self.system.monotonic() + budget
    }

    /// What is left until `deadline`.
    pub(crate) fn left(&self, deadline: Duration) -> Duration {
        deadline.saturating_sub(self.system.monotonic())
    }

    /// Now.
    pub(crate) fn moment(&self) -> Moment {
        Moment { even: self.system.monotonic(), wall: self.system.now() }
    }

    /// Makes a request, which may be made twice if the connection breaks: all that this crate asks for may be done twice. `path` begins
    /// with a slash.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Body<'_>,
        deadline: Duration,
    ) -> Result<Reply, StoreError> {
        let permit = self.breaker.admit(self.system.now()).map_err(away)?;
        let (bytes, kind) = match body {
            Body::Nothing => (Vec::new(), None),
            Body::Json(value) => (value.to_string().into_bytes(), Some("application/json")),
            Body::Lines(lines) => (lines.as_bytes().to_vec(), Some("application/x-ndjson")),
        };
        let lost = |failure: &Failure| matches!(failure, Failure::Call(CallError::Lost(_)));
        let attempt = || self.attempt(&method, path, &bytes, kind, deadline);
        let answer = self.retry.run(&*self.system, deadline, lost, attempt).await;
        let failed =
            matches!(answer, Err(Failure::Call(CallError::Lost(_) | CallError::Late) | Failure::Overloaded(_)));
        let outcome = if failed { Outcome::Failure } else { Outcome::Success };
        match self.breaker.report(permit, outcome, self.system.now()) {
            Some(true) => tracing::info!("search is back"),
            Some(false) => tracing::warn!("search is away: calls fail at once"),
            None => {}
        }
        answer.map_err(|failure| match failure {
            Failure::Call(CallError::Nonsense(source)) => fault(source),
            Failure::Call(error) => away(error),
            Failure::Overloaded(reply) => away(reply.why()),
            Failure::Unsendable(source) => fault(source),
        })
    }

    async fn attempt(
        &self,
        method: &Method,
        path: &str,
        bytes: &[u8],
        kind: Option<&'static str>,
        deadline: Duration,
    ) -> Result<Reply, Failure> {
        let request = self.request(method, path, bytes, kind).map_err(Failure::Unsendable)?;
        let limits = Limits { connect: self.connect, call: self.left(deadline), answer: MAX_ANSWER };
        let answer = self.http.send(request, limits).await.map_err(Failure::Call)?;
        let (status, body) = (answer.status(), answer.into_body());
        let overloaded = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
        let reply = Reply { status, body };
        if overloaded { Err(Failure::Overloaded(reply)) } else { Ok(reply) }
    }

    fn request(
        &self,
        method: &Method,
        path: &str,
        bytes: &[u8],
        kind: Option<&'static str>,
    ) -> Result<Request<Vec<u8>>, Cause> {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        let mut request = request.body(bytes.to_vec())?;
        if let Some(kind) = kind {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        if let Some(user) = &self.user {
            request.headers_mut().insert(AUTHORIZATION, user.clone());
        }
        if let Some(signing) = &self.signing {
            sign::signed(signing, &mut request, self.system.now())?;
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use shared::adapters::{
        aws::{AwsCredentials, AwsRegion},
        system::OperatingSystem,
    };

    use super::*;

    fn client(url: &str) -> Client {
        let credentials = AwsCredentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: None,
        };
        let mut settings = OpenSearchSettings::new(url.parse().unwrap());
        settings.signing = Some(Signing { region: AwsRegion("eu-central-1".to_owned()), credentials });
        Client::new(&settings, Arc::new(OperatingSystem::default())).unwrap()
    }

    fn authorization(url: &str) -> Option<String> {
        let request = client(url).request(&Method::GET, "/_alias", b"", None).unwrap();
        request.headers().get(AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn requests_to_a_domain_are_signed_and_those_in_a_users_name_or_in_the_open_are_not() {
        assert!(
            authorization("https://search.example").unwrap().starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
        );
        assert_eq!(authorization("https://a:b@search.example").as_deref(), Some("Basic YTpi"));
        assert_eq!(authorization("http://127.0.0.1:9200"), None);
    }

    #[test]
    fn a_refusal_says_why() {
        let body = br#"{"error":{"type":"parsing_exception","reason":"no"},"status":400}"#.to_vec();
        let reply = Reply { status: StatusCode::BAD_REQUEST, body };
        assert!(reply.is_refused_as("parsing_exception") && !reply.is_missing());
        let StoreError::Fault { source, .. } = reply.done::<()>().unwrap_err() else { panic!() };
        assert_eq!(source.to_string(), "status 400: parsing_exception: no");
    }
}
