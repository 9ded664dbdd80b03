//! The ports on DynamoDB. Each entity's keys are built in its own file and nowhere else.

mod articles;
mod client;
mod error;
mod failures;
mod recorder;
mod sessions;
mod store;
mod stream;
mod transaction;
mod users;

pub use articles::{ArticleTable, ArticleViews};
pub use client::DynamoSettings;
pub use failures::FailureTable;
pub use recorder::Recorder;
pub use sessions::SessionTable;
pub use store::{Dynamo, TableNames};
pub use stream::StreamRecords;
pub use users::{Registry, UserTable};
