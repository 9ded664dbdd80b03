//! Types and rules of the platform. No I/O, no clock, no randomness: everything comes in as a value.
//!
//! A value of a type from here is valid by construction; nothing downstream checks it again.

pub mod agent;
pub mod article;
pub mod change;
pub mod code;
pub mod comment;
pub mod counting;
pub mod draft;
mod field;
pub mod flow;
pub mod follow;
mod id;
pub mod idempotency;
pub mod identity;
pub mod limit;
pub mod lockout;
pub mod login;
pub mod page;
pub mod password;
pub mod policy;
pub mod ranking;
pub mod reaction;
pub mod search;
pub mod session;
pub mod sms;
pub mod tag;
mod timestamp;
pub mod user;
pub mod view;
mod violation;

pub use field::Field;
pub use id::{ArticleId, DraftId, HolderId, RelationId, RequestId, SessionId, TaskId, UserId};
pub use timestamp::Timestamp;
pub use violation::{Violation, Violations};
