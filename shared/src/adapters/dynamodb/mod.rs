//! The ports on DynamoDB. Each entity's keys are built in its own file and nowhere else.

mod articles;
mod client;
mod compression;
mod error;
mod idempotency;
mod leases;
mod recorder;
mod sessions;
mod store;
mod transaction;
mod users;

pub use articles::{ArticleSweeps, ArticleTable, ArticleViews, ArticleWriter};
pub use client::{AwsCredentials, AwsRegion, DynamoSettings, http_client};
pub use idempotency::IdempotencyTable;
pub use leases::LeaseTable;
pub use recorder::Recorder;
pub use sessions::SessionTable;
pub use store::{Dynamo, TableNames};
pub use users::{Registry, UserTable};
