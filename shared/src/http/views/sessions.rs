//! Sessions and roles.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{
    SessionId,
    session::ListedSession,
    user::{Role, Username},
};

/// `{"sessions": …}`: where one is logged in.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SessionsAnswer {
    /// The newest login first.
    pub sessions: Vec<SessionView>,
}

/// One login. It does not say from which address: that is nobody's business, not even that of whoever got hold of a token.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// Names it, for `DELETE /api/sessions/{id}`.
    pub id: String,
    /// The kind of client, such as `firefox` or `curl`, which alone may use its tokens.
    pub browser: String,
    /// What the client ran on, as far as it told: `Windows`, `macOS`, `iPhone`, `iPad`, `Android`, `ChromeOS`, `Linux`, `other`.
    #[schema(value_type = String)]
    pub device: crate::domain::agent::Device,
    /// When the login was.
    pub created_at: String,
    /// When its refresh token was last used, or else when the login was.
    pub last_used_at: String,
    /// When it ends, however often it is refreshed.
    pub expires_at: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

impl SessionsAnswer {
    /// These sessions, asked for by `current`.
    pub fn new(sessions: Vec<ListedSession>, current: SessionId) -> Self {
        let view = |session: ListedSession| SessionView {
            id: session.id.to_string(),
            browser: session.agent.browser.as_str().to_owned(),
            device: session.agent.device,
            created_at: session.created_at.to_string(),
            last_used_at: session.last_used_at.to_string(),
            expires_at: session.expires_at.to_string(),
            current: session.id == current,
        };
        Self { sessions: sessions.into_iter().map(view).collect() }
    }
}

/// `{"username": …, "role": …}`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RoleAnswer {
    /// Who, as they were asked for.
    pub username: String,
    /// What they may do now: `reader`, `author`, `moderator` or `admin`.
    pub role: &'static str,
}

impl RoleAnswer {
    /// `username`, who has `role` now.
    pub fn new(username: Username, role: Role) -> Self {
        Self { username: username.into(), role: role.name() }
    }
}
