//! The real program and the real functions as processes, and the sample events.

#![allow(clippy::unwrap_used, reason = "in tests, helpers included, a panic is how a failure is told")]

mod admin;
mod attack;
mod chaos;
mod counters;
mod events;
mod lambda;
mod logs;
mod program;
mod queues;
mod refusals;
mod restarts;
mod seed;
mod support;
mod worker_events;
