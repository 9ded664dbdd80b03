//! `GET /api/openapi.json` and whatever no other function answers: 404 for a path that there is not, 405 with `Allow` for a
//! method that the path has not, preflights. It knows the paths from the same document that it serves.

mod paths;
mod wiring;

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use shared::http::{ApiError, Content, Kept, Reading};

pub use wiring::Fallback;

/// The API's description, as `bloghub openapi` generates it from the code.
pub const OPENAPI: &str = include_str!("../../../openapi.json");

/// This description
#[utoipa::path(get, path = "/api/openapi.json", tag = "Description", operation_id = "GetOpenApi",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)))]
async fn openapi(reading: Reading) -> Response {
    static KEPT: Kept<()> = Kept::new();
    let parsed = || Description(serde_json::from_str(OPENAPI).expect("a test holds that the description is JSON"));
    reading.answer_kept(&KEPT, (), parsed)
}

/// The description, which has no counts.
#[derive(Serialize)]
struct Description(serde_json::Value);

impl Content for Description {
    fn forget_counts(&mut self) {}
}

/// What to answer where no route fits.
pub async fn unrouted(request: Request) -> Response {
    match paths::allowed(request.uri().path()) {
        Some(allow) => ApiError::MethodNotAllowed { allow }.into_response(),
        None => ApiError::NotFound("path").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_json() {
        assert!(serde_json::from_str::<serde_json::Value>(OPENAPI).is_ok_and(|api| api["openapi"] == "3.1.0"));
    }
}
