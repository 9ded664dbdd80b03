//! Change streams: records of the tables, in order, to the workers that want them.

mod batch;
mod failed;
mod filter;
mod pump;
mod records;
mod watch;

pub(crate) use failed::FailedChanges;
pub(crate) use filter::Pattern;
pub(crate) use pump::{Consumer, Pump};
pub(crate) use records::Records;
pub(crate) use watch::Commits;
