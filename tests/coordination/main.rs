//! Leases, answers kept under idempotency keys, comments, and the sweep, on the embedded database under a simulated clock.

mod comments;
mod drafts;
mod idempotency;
mod leases;
mod schedule;
mod sweep;
mod world;
