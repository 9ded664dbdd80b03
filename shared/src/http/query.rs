//! Query strings.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::ApiError;

/// A request's query string as `T`, whose fields are optional strings: what is in them the domain parses.
///
/// # Errors
/// 400 if a parameter is there twice.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        serde_urlencoded::from_str(parts.uri.query().unwrap_or_default()).map(Self).map_err(|error| {
            // "duplicate field `limit`" is all that can be wrong: any bytes are some string.
            ApiError::Malformed { field: "query".into(), message: format!("has a {error}") }
        })
    }
}
