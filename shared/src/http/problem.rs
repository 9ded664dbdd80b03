//! Errors as clients see them: RFC 9457 problem details that also carry RealWorld's `errors` object.

use std::{borrow::Cow, collections::BTreeMap, error::Error, time::Duration};

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::{MAX_BODY_BYTES, if_match::version_tag, limits::seconds};
use crate::{
    domain::{Violation, Violations, flow::FlowError, user::Role},
    ports::{StoreError, codes::SendCodeError, providers::ProviderError, users::Unique},
    telemetry::chain,
};

/// Seconds after which a client may try again when a backing service is away.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");

/// Everything that a handler may answer instead of what was asked for. `docs/errors.md` says when to use which.
#[derive(Debug)]
pub enum ApiError {
    /// 400: the body is no JSON, or the query string cannot be read.
    Malformed {
        /// `body` or the parameter's name.
        field: Cow<'static, str>,
        /// What is wrong with it.
        message: String,
    },
    /// 401: no token came along.
    TokenMissing,
    /// 401: the token is forged, expired, of an ended session, or none at all.
    TokenInvalid,
    /// 401: no such user, or not their password; nobody learns which.
    CredentialsInvalid,
    /// 401: the refresh token is unknown, expired, or of an ended session.
    RefreshTokenInvalid,
    /// 401: the code is wrong, used, expired, or there never was one.
    CodeInvalid,
    /// 401: a login by way of a provider did not begin in this browser, took too long, or was finished before.
    LoginStateInvalid(&'static str),
    /// 401: the provider does not confirm who it is: the user said no, or brought a code that it does not know.
    LoginDenied,
    /// 401: the provider's proof of who it is is not good, or not of this login.
    IdentityUnproven(Box<dyn Error + Send + Sync>),
    /// 401: the one-time code is unknown, expired, used, or of another browser.
    LoginCodeInvalid,
    /// 403: the thing belongs to somebody else.
    Forbidden(&'static str),
    /// 403: it takes at least this role.
    RoleRequired(Role),
    /// 403: it takes a login that is younger than ten minutes.
    LoginTooOld,
    /// 404: there is no such thing.
    NotFound(&'static str),
    /// 405: the path has other methods, named here as `Allow` lists them.
    MethodNotAllowed {
        /// The value of `Allow`.
        allow: String,
    },
    /// 409: somebody else has what must be unique.
    Taken(Vec<&'static str>),
    /// 409: the draft's article is live: that has to be withdrawn or deleted first.
    Published,
    /// 409: others kept changing the same thing; another try may succeed.
    Contended(&'static str),
    /// 409: another request under the same idempotency key is being done, or others held the same items for too long. Another
    /// try under the same key finds out.
    IdempotencyKeyInUse,
    /// 409: without it nobody could log in to the account.
    LastWayIn,
    /// 410: there was such a thing, and its author has withdrawn it.
    Gone(&'static str),
    /// 412: the thing is at another version than `If-Match` says.
    PreconditionFailed {
        /// What it is.
        thing: &'static str,
        /// The version that it is at.
        current: u64,
        /// The versions that `If-Match` names, of those that a version can be.
        wanted: Vec<u64>,
    },
    /// 413: the body is larger than [`MAX_BODY_BYTES`].
    BodyTooLarge,
    /// 415: the body says that it is no JSON.
    UnsupportedMediaType,
    /// 429: more calls than the quota allows.
    TooManyRequests {
        /// When the next call is possible.
        retry_after: Duration,
    },
    /// 422: fields that break the rules, all of them at once.
    Invalid(Violations),
    /// 422: another request was done under the same idempotency key.
    IdempotencyKeyReused,
    /// 502: an identity provider answers what makes no sense. The causes are logged, never answered.
    ProviderFailed(Box<dyn Error + Send + Sync>),
    /// 503: a backing service is away.
    Unavailable(StoreError),
    /// 500: a fault of ours. Its causes are logged, never answered.
    Internal(Box<dyn Error + Send + Sync>),
}

impl From<Violations> for ApiError {
    fn from(violations: Violations) -> Self {
        Self::Invalid(violations)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { .. } => Self::Unavailable(error),
            StoreError::Contended { .. } => Self::Contended("request"),
            StoreError::Fault { .. } => Self::Internal(error.into()),
        }
    }
}

impl From<SendCodeError> for ApiError {
    fn from(error: SendCodeError) -> Self {
        match error {
            SendCodeError::Country => Self::invalid("phone", Violation("is in a country that gets no messages".into())),
            SendCodeError::TooMany(retry_after) => Self::TooManyRequests { retry_after },
            SendCodeError::Store(error) => error.into(),
        }
    }
}

impl From<ProviderError> for ApiError {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Denied => Self::LoginDenied,
            ProviderError::Unproven(cause) => Self::IdentityUnproven(cause),
            ProviderError::Failed(cause) => Self::ProviderFailed(cause),
            // What is no answer of ours makes as little sense, whatever the client calls it.
            ProviderError::Unavailable(StoreError::Fault { source, .. }) => Self::ProviderFailed(source),
            ProviderError::Unavailable(error) => error.into(),
        }
    }
}

impl From<FlowError> for ApiError {
    fn from(error: FlowError) -> Self {
        Self::LoginStateInvalid(match error {
            FlowError::Missing => "has no login under way in this browser",
            FlowError::Wrong => "is not of the login that is under way in this browser",
            FlowError::Expired => "has expired, begin again",
        })
    }
}

/// The body of every 4xx and 5xx answer, as `application/problem+json`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Names the kind of problem; stable.
    #[schema(example = "urn:bloghub:problem:fields-invalid")]
    pub r#type: String,
    /// The kind of problem in words; stable.
    pub title: Cow<'static, str>,
    /// The answer's status code.
    pub status: u16,
    /// What is wrong with this request.
    pub detail: String,
    /// The end of `type`, to program against; stable.
    #[schema(example = "fields-invalid")]
    pub code: &'static str,
    /// The answer's `x-request-id`, which the log lines carry too.
    pub request_id: String,
    /// What is wrong, by field or thing: `{"username": ["can't be blank"]}`.
    pub errors: BTreeMap<String, Vec<String>>,
}

struct Kind {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    errors: BTreeMap<String, Vec<String>>,
    header: Option<(HeaderName, HeaderValue)>,
}

fn one(field: &str, message: impl Into<String>) -> BTreeMap<String, Vec<String>> {
    BTreeMap::from([(field.to_owned(), vec![message.into()])])
}

impl ApiError {
    /// Other users have what must be unique.
    pub fn taken(what: &[Unique]) -> Self {
        let field = |unique: &Unique| match unique {
            Unique::Username => "username",
            Unique::Email => "email",
            Unique::Phone => "phone",
        };
        Self::Taken(what.iter().map(field).collect())
    }

    /// One field breaks one rule.
    pub fn invalid(field: &str, violation: Violation) -> Self {
        Self::Invalid(Violations::one(field, violation))
    }

    fn kind(self) -> Kind {
        let kind = |status, code, title, errors| Kind { status, code, title, errors, header: None };
        let unauthorized = |code, title, errors| Kind {
            header: Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            ..kind(StatusCode::UNAUTHORIZED, code, title, errors)
        };
        match self {
            Self::Malformed { field, message } => {
                kind(StatusCode::BAD_REQUEST, "malformed", "The request cannot be read", one(&field, message))
            }
            Self::TokenMissing => unauthorized("token-missing", "Log in first", one("token", "is missing")),
            Self::TokenInvalid => unauthorized("token-invalid", "Log in again", one("token", "is invalid")),
            Self::CredentialsInvalid => {
                unauthorized("credentials-invalid", "The credentials are wrong", one("credentials", "invalid"))
            }
            Self::CodeInvalid => {
                unauthorized("code-invalid", "Ask for another code", one("code", "is invalid or has expired"))
            }
            Self::RefreshTokenInvalid => {
                unauthorized("refresh-token-invalid", "Log in again", one("refreshToken", "is invalid"))
            }
            Self::LoginStateInvalid(reason) => {
                unauthorized("login-state-invalid", "Begin the login again", one("state", reason))
            }
            Self::LoginDenied => {
                unauthorized("login-denied", "The provider says no", one("provider", "does not confirm who you are"))
            }
            Self::IdentityUnproven(error) => {
                tracing::warn!(error = chain(&*error), "an identity is not proven");
                let errors = one("provider", "gave no good proof of who you are");
                unauthorized("identity-unproven", "The proof is not good", errors)
            }
            Self::LoginCodeInvalid => unauthorized("login-code-invalid", "Log in again", one("code", "is invalid")),
            Self::Forbidden(thing) => {
                kind(StatusCode::FORBIDDEN, "forbidden", "It belongs to somebody else", one(thing, "forbidden"))
            }
            Self::RoleRequired(role) => kind(
                StatusCode::FORBIDDEN,
                "role-required",
                "It takes another role",
                one("role", format!("must be at least {role}")),
            ),
            Self::LoginTooOld => kind(
                StatusCode::FORBIDDEN,
                "login-too-old",
                "Log in again first",
                one("login", "must be younger than 10 minutes"),
            ),
            Self::NotFound(thing) => {
                kind(StatusCode::NOT_FOUND, "not-found", "There is no such thing", one(thing, "not found"))
            }
            Self::MethodNotAllowed { allow } => Kind {
                header: HeaderValue::from_str(&allow).ok().map(|allow| (header::ALLOW, allow)),
                ..kind(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "method-not-allowed",
                    "The path has no such method",
                    one("method", format!("must be one of {allow}")),
                )
            },
            Self::Taken(fields) => {
                let taken = |field: &str| (field.to_owned(), vec!["has already been taken".to_owned()]);
                let errors = fields.into_iter().map(taken).collect();
                kind(StatusCode::CONFLICT, "taken", "Somebody else has it", errors)
            }
            Self::Published => kind(
                StatusCode::CONFLICT,
                "published",
                "It is published",
                one("draft", "is published: withdraw or delete the article first"),
            ),
            Self::Contended(thing) => kind(
                StatusCode::CONFLICT,
                "contended",
                "Others are changing it",
                one(thing, "met others that change the same thing, try again"),
            ),
            Self::IdempotencyKeyInUse => Kind {
                header: Some((header::RETRY_AFTER, RETRY_AFTER)),
                ..kind(
                    StatusCode::CONFLICT,
                    "idempotency-key-in-use",
                    "The idempotency key is in use",
                    one("idempotency-key", "is in use by a request that is being done, try again"),
                )
            },
            Self::LastWayIn => kind(
                StatusCode::CONFLICT,
                "last-way-in",
                "It is the last way to log in",
                one("identity", "is the last way to log in: set a password, or add a phone or another identity first"),
            ),
            Self::Gone(thing) => {
                kind(StatusCode::GONE, "gone", "Its author has withdrawn it", one(thing, "has been withdrawn"))
            }
            Self::PreconditionFailed { thing, current, wanted } => {
                let wanted = wanted.iter().map(u64::to_string).collect::<Vec<_>>().join(" or ");
                let wanted = if wanted.is_empty() { "another".to_owned() } else { wanted };
                let message = format!("is at version {current}, and If-Match wants version {wanted}");
                Kind {
                    header: Some((header::ETAG, version_tag(current))),
                    ..kind(
                        StatusCode::PRECONDITION_FAILED,
                        "precondition-failed",
                        "Somebody else has changed it",
                        one(thing, message),
                    )
                }
            }
            Self::BodyTooLarge => kind(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body-too-large",
                "The body is too large",
                one("body", format!("is too large (maximum is {MAX_BODY_BYTES} bytes)")),
            ),
            Self::UnsupportedMediaType => kind(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "The body is no JSON",
                one("content-type", "must be application/json"),
            ),
            Self::Invalid(violations) => kind(
                StatusCode::UNPROCESSABLE_ENTITY,
                "fields-invalid",
                "Some fields break the rules",
                violations.into_map(),
            ),
            Self::IdempotencyKeyReused => kind(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "The idempotency key has been used",
                one("idempotency-key", "has been used for another request"),
            ),
            Self::TooManyRequests { retry_after } => {
                let seconds = seconds(retry_after).max(1);
                let message = format!("come too fast, try again in {seconds} s");
                Kind {
                    header: Some((header::RETRY_AFTER, HeaderValue::from(seconds))),
                    ..kind(StatusCode::TOO_MANY_REQUESTS, "rate-limited", "Too many requests", one("requests", message))
                }
            }
            Self::Unavailable(error) => {
                tracing::error!(error = chain(&error), "a backing service is away");
                Kind {
                    header: Some((header::RETRY_AFTER, RETRY_AFTER)),
                    ..kind(
                        StatusCode::SERVICE_UNAVAILABLE,
                        "unavailable",
                        "The platform is busy",
                        one("service", "is not available, try again"),
                    )
                }
            }
            Self::ProviderFailed(error) => {
                tracing::error!(error = chain(&*error), "an identity provider fails");
                kind(
                    StatusCode::BAD_GATEWAY,
                    "provider-failed",
                    "The provider fails",
                    one("provider", "gave an answer that makes no sense, try again later"),
                )
            }
            Self::Internal(error) => {
                tracing::error!(error = chain(&*error), "a fault of ours");
                kind(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal",
                    "A fault of ours",
                    one("service", "failed, and its operators know"),
                )
            }
        }
    }
}

/// Leaves the problem in the answer's extensions; the shell writes the body, for only it knows the request's id.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Kind { status, code, title, errors, header } = self.kind();
        let sentences =
            errors.iter().flat_map(|(field, messages)| messages.iter().map(move |m| format!("{field} {m}")));
        let problem = Problem {
            r#type: format!("urn:bloghub:problem:{code}"),
            title: title.into(),
            status: status.as_u16(),
            detail: sentences.collect::<Vec<_>>().join("; "),
            code,
            request_id: String::new(),
            errors,
        };
        let mut response = status.into_response();
        response.headers_mut().extend(header);
        response.extensions_mut().insert(problem);
        response
    }
}
