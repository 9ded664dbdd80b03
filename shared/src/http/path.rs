//! Path parameters.

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use lambda_http::RequestExt as _;

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
        // Where a gateway decoded the path, only its parameters still tell a `?` of a name from that of a query.
        if let Some((_, value)) = parts.path_parameters_ref().and_then(|gateway| gateway.iter().next()) {
            return Ok(Self(value.to_owned()));
        }
        let Path(value) = Path::from_request_parts(parts, state).await.map_err(|_| ApiError::Malformed {
            field: "path".into(),
            message: "is not UTF-8 under its percent signs".to_owned(),
        })?;
        Ok(Self(value))
    }
}
