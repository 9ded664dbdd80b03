//! `Idempotency-Key`: a POST that is sent again under the same key is done once, and answered each time as the first time.
//!
//! A route joins in three steps, and costs nothing more for requests without the header and no further call for those with it:
//!
//! 1. its function puts [`Repeats::around`] its routes (`Function::around`);
//! 2. its handler takes an [`Idempotency`] after the `Viewer`, renders its [`Answer`] before it writes, and hands
//!    [`Idempotency::record`] to the port, which stores it in the transaction of the effect;
//! 3. where the port says that the key is in use, the handler answers [`ApiError::IdempotencyKeyInUse`].
//!
//! Whatever a handler then refuses, the layer asks whether the request was done before: only then is a record looked for.

use std::sync::{Arc, OnceLock};

use axum::{
    Router,
    body::{self, Bytes},
    extract::{FromRequestParts, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, header::CONTENT_TYPE, request::Parts};
use serde::Serialize;

use super::ApiError;
use crate::{
    domain::{
        Timestamp, Violation,
        idempotency::{Fingerprint, HmacKey, IdempotencyKey, KeptAnswer, KeyedRequest},
        session::Identity,
    },
    ports::{
        idempotency::{IdempotencyRecords, Record},
        system::System,
    },
};

/// The header that names the key.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header that says that an answer was given before.
pub const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Bytes that one event of Lambda may have; the handlers' own limit is lower, and theirs to tell.
const MAX_EVENT_BYTES: usize = 6 * 1024 * 1024;

/// Answers requests that come again.
#[derive(Clone)]
pub struct Repeats {
    /// Finds what was answered.
    pub records: Arc<dyn IdempotencyRecords>,
    /// Tells bodies from one another.
    pub key: HmacKey,
    /// Knows the time.
    pub system: Arc<dyn System>,
}

/// What the layer leaves in a request that has a key, for [`Idempotency`] to take once it is known who asks.
#[derive(Clone)]
struct Keyed {
    body: Bytes,
    hmac: HmacKey,
    accepted: Arc<OnceLock<KeyedRequest>>,
}

impl Repeats {
    /// `routes` whose handlers may take an [`Idempotency`].
    pub fn around(&self, routes: Router) -> Router {
        routes.layer(middleware::from_fn_with_state(self.clone(), answer))
    }

    /// What was answered to `request` before, or else what it is `refused` with now.
    async fn before(&self, request: &KeyedRequest, refused: Response) -> Response {
        match self.records.find(request, self.system.now()).await {
            Ok(None) => refused,
            Ok(Some(kept)) if kept.fingerprint == request.fingerprint => {
                let mut response = Answer(kept.answer).into_response();
                response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
                response
            }
            Ok(Some(_)) => ApiError::IdempotencyKeyReused.into_response(),
            // To refuse what may have been done would be a lie.
            Err(error) => ApiError::from(error).into_response(),
        }
    }
}

async fn answer(State(repeats): State<Repeats>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !request.headers().contains_key(IDEMPOTENCY_KEY) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(body) = body::to_bytes(body, MAX_EVENT_BYTES).await else { return ApiError::BodyTooLarge.into_response() };
    let accepted = Arc::<OnceLock<KeyedRequest>>::default();
    parts.extensions.insert(Keyed { body: body.clone(), hmac: repeats.key.clone(), accepted: accepted.clone() });
    let response = next.run(Request::from_parts(parts, body.into())).await;
    match accepted.get() {
        Some(request) if response.status().is_client_error() => repeats.before(request, response).await,
        _ => response,
    }
}

/// The idempotency key of a request that has one. It stands after the `Viewer` in a handler's parameters: keys are users' own,
/// and 401 comes first.
///
/// # Errors
/// 400 if the header is there twice, empty, longer than 255 characters or not visible ASCII.
#[derive(Debug, Clone)]
pub struct Idempotency(Option<KeyedRequest>);

impl Idempotency {
    /// What joins the transaction of the effect that will be answered with `answer`; nothing if the request has no key.
    pub fn record<'a>(&'a self, answer: &'a Answer, now: Timestamp) -> Option<Record<'a>> {
        self.0.as_ref().map(|request| Record { request, answer: &answer.0, now })
    }
}

impl<S: Sync> FromRequestParts<S> for Idempotency {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let mut headers = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(header) = headers.next() else { return Ok(Self(None)) };
        let malformed =
            |Violation(message)| ApiError::Malformed { field: "idempotency-key".into(), message: message.into_owned() };
        if headers.next().is_some() {
            return Err(malformed(Violation("is there twice".into())));
        }
        let key = IdempotencyKey::parse(header.as_bytes()).map_err(malformed)?;
        let missing = |what: &str| ApiError::Internal(format!("an idempotency key without {what}").into());
        let keyed: &Keyed = parts.extensions.get().ok_or_else(|| missing("the layer around the routes"))?;
        let caller: &Identity = parts.extensions.get().ok_or_else(|| missing("a viewer before it"))?;
        let request = KeyedRequest {
            user: caller.user_id,
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            key,
            fingerprint: Fingerprint::of(&keyed.hmac, &keyed.body),
        };
        Ok(Self(Some(keyed.accepted.get_or_init(|| request).clone())))
    }
}

/// An answer that is known before the effect is done, so that it can be kept with it.
#[derive(Debug, Clone)]
pub struct Answer(KeptAnswer);

impl Answer {
    /// `body` as JSON.
    ///
    /// # Errors
    /// 500 if it has no JSON form.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Self, ApiError> {
        let body = serde_json::to_vec(body).map_err(|error| ApiError::Internal(error.into()))?;
        Ok(Self(KeptAnswer { status: status.as_u16(), body }))
    }

    /// 204 without a body.
    pub fn nothing() -> Self {
        Self(KeptAnswer { status: StatusCode::NO_CONTENT.as_u16(), body: Vec::new() })
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let Self(KeptAnswer { status, body }) = self;
        match StatusCode::from_u16(status) {
            Ok(status) if body.is_empty() => status.into_response(),
            Ok(status) => (status, [(CONTENT_TYPE, "application/json")], body).into_response(),
            Err(error) => ApiError::Internal(error.into()).into_response(),
        }
    }
}
