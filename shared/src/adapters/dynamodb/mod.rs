//! The ports on DynamoDB. Each entity's keys are built in its own file and nowhere else.

mod articles;
mod breakers;
mod client;
mod comments;
mod compression;
mod departures;
mod error;
mod failures;
mod idempotency;
mod interactions;
mod leases;
mod lockouts;
mod recorder;
mod sessions;
mod store;
mod stream;
mod tasks;
mod transaction;
mod user_sweeps;
mod users;

pub use articles::{ArticleSweeps, ArticleTable, ArticleViews, ArticleWriter};
pub use breakers::BreakerTable;
pub use client::DynamoSettings;
pub use comments::{CommentSweeper, CommentTable, CommentViews, CommentWriter};
pub use failures::FailureTable;
pub use idempotency::IdempotencyTable;
pub use interactions::{FollowTable, InteractionTable, KeptTable};
pub use leases::LeaseTable;
pub use lockouts::LockoutTable;
pub use recorder::Recorder;
pub use sessions::{SessionTable, StateTables};
pub use store::{Dynamo, TableNames};
pub use stream::StreamRecords;
pub use tasks::TaskTable;
pub use user_sweeps::UserSweeper;
pub use users::{Registry, UserTable};
