//! Path parameters.

use std::future::ready;

use axum::{
    extract::{FromRequestParts, Path},
    routing::MethodRouter,
};
use http::request::Parts;

use super::ApiError;

/// The one parameter of a route's path, decoded.
///
/// # Errors
/// 400 if it is not UTF-8 under its percent signs.
#[derive(Debug, Clone)]
pub struct PathParam(pub String);

impl<S: Sync + Send> FromRequestParts<S> for PathParam {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(value) = Path::from_request_parts(parts, state).await.map_err(|_| not_utf8())?;
        Ok(Self(value))
    }
}

/// The two parameters of a route's path, in its order, decoded.
///
/// # Errors
/// As [`PathParam`].
#[derive(Debug, Clone)]
pub struct PathParams(pub String, pub String);

impl<S: Sync + Send> FromRequestParts<S> for PathParams {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path((first, second)) = Path::from_request_parts(parts, state).await.map_err(|_| not_utf8())?;
        Ok(Self(first, second))
    }
}

/// Answers whatever no other route of the path does: it has only the methods `allow`, as `Allow` lists them. For a path where another
/// route of the function has a parameter: API Gateway takes what has a method of that route for it, and `fallback` is not asked.
pub fn has_only<S: Clone + Send + Sync + 'static>(allow: &'static str) -> MethodRouter<S> {
    MethodRouter::new().fallback(move || ready(ApiError::MethodNotAllowed { allow: allow.to_owned() }))
}

fn not_utf8() -> ApiError {
    ApiError::Malformed { field: "path".into(), message: "is not UTF-8 under its percent signs".to_owned() }
}
