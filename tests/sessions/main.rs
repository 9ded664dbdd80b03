//! Sessions and roles, on several instances over the same services and under a clock that stands still until it is told otherwise.

mod instances;
mod keys;
mod outages;
mod policy;
mod time;
mod world;
