//! Leases, answers kept under idempotency keys, comments, counters, lockouts, and the sweep, on the embedded database under a simulated clock.

mod comments;
mod counting;
mod departures;
mod drafts;
mod guessing;
mod idempotency;
mod leases;
mod lockouts;
mod ranking;
mod schedule;
mod sweep;
mod world;
