//! The ports on DynamoDB. Each entity's keys are built in its own file and nowhere else.

mod arrivals;
mod articles;
mod client;
mod comments;
mod compression;
mod error;
mod failures;
mod flows;
mod idempotency;
mod identities;
mod interactions;
mod leases;
mod recorder;
mod sessions;
mod store;
mod stream;
mod transaction;
mod users;

pub use arrivals::CallCounts;
pub use articles::{ArticleSweeps, ArticleTable, ArticleViews, ArticleWriter};
pub use client::DynamoSettings;
pub use comments::{CommentSweeper, CommentTable, CommentViews, CommentWriter};
pub use failures::FailureTable;
pub use flows::FlowTable;
pub use idempotency::IdempotencyTable;
pub use identities::IdentityTable;
pub use interactions::{FollowTable, InteractionTable, KeptTable};
pub use leases::LeaseTable;
pub use recorder::Recorder;
pub use sessions::SessionTable;
pub use store::{Dynamo, TableNames};
pub use stream::StreamRecords;
pub use users::{Registry, UserTable};
