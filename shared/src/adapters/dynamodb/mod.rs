//! The ports on DynamoDB. Each entity's keys are built in its own file and nowhere else.

mod articles;
mod breaker;
mod client;
mod error;
mod recorder;
mod sessions;
mod store;
mod transaction;
mod users;

pub use articles::{ArticleTable, ArticleViews};
pub use client::{AwsCredentials, AwsRegion, DynamoSettings, http_client};
pub use recorder::Recorder;
pub use sessions::SessionTable;
pub use store::{Dynamo, TableNames};
pub use users::{Registry, UserTable};
