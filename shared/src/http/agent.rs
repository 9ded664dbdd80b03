//! What kind of client a request comes from.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::{HeaderMap, header::USER_AGENT, request::Parts};

use crate::domain::agent::Agent;

/// What the headers say. A `User-Agent` that is no text is one that nobody knows.
pub(super) fn agent_of(headers: &HeaderMap) -> Agent {
    Agent::parse(headers.get(USER_AGENT).map_or("", |value| value.to_str().unwrap_or("?")))
}

/// The client that a session begins for.
#[derive(Debug, Clone)]
pub struct ClientAgent(pub Agent);

impl<S: Sync> FromRequestParts<S> for ClientAgent {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(agent_of(&parts.headers)))
    }
}
