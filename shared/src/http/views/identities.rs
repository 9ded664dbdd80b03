//! Identities at others, as their owners see them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::identity::LinkedIdentity;

/// An identity by which one logs in.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Identity)]
pub struct IdentityView {
    /// Names it.
    pub id: String,
    /// Who vouches for it: `wechat`, or `oidc/` and the provider's name.
    pub provider: String,
    /// When it was added: RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub linked_at: String,
}

/// `{"identity": …}`
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IdentityAnswer {
    /// The identity.
    pub identity: IdentityView,
}

/// `{"identities": …}`
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IdentitiesAnswer {
    /// All of one's own, the oldest first.
    pub identities: Vec<IdentityView>,
}

impl From<LinkedIdentity> for IdentityView {
    fn from(linked: LinkedIdentity) -> Self {
        let LinkedIdentity { id, through, linked_at } = linked;
        Self { id: id.to_string(), provider: through, linked_at: linked_at.to_string() }
    }
}

impl From<LinkedIdentity> for IdentityAnswer {
    fn from(linked: LinkedIdentity) -> Self {
        Self { identity: linked.into() }
    }
}

impl From<Vec<LinkedIdentity>> for IdentitiesAnswer {
    fn from(mut linked: Vec<LinkedIdentity>) -> Self {
        linked.sort_by_key(|identity| identity.linked_at);
        Self { identities: linked.into_iter().map(Into::into).collect() }
    }
}
