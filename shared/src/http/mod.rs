//! What every HTTP function does alike: parsing, who is asking, errors, log lines, headers.

mod address;
mod agent;
pub mod auth;
pub mod codes;
pub mod cookies;
pub mod cors;
pub mod draft_views;
mod entrance;
pub mod idempotency;
mod if_match;
mod json;
pub mod landing;
mod layers;
mod limits;
mod paging;
mod path;
mod problem;
mod query;
mod reading;
pub mod views;

pub use address::{ClientAddress, Peer, TrustedProxies};
pub use agent::ClientAgent;
pub(crate) use entrance::Prefetch;
pub use entrance::{Arriving, Asked, Entrance, Prefetched};
pub use if_match::{IfMatch, version_tag};
pub use json::{JsonBody, MAX_BODY_BYTES, Object, OptionalJsonBody};
pub use layers::{Shell, Way};
pub use limits::RateLimits;
pub use paging::{CursorQuery, PageQuery};
pub use path::{PathParam, PathParams, has_only};
pub use problem::{ApiError, Problem};
pub use query::Query;
pub use reading::{Content, Kept, Reading, Ready};
