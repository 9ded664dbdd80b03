//! Leases, answers kept under idempotency keys, comments, counters, lockouts, the sweep, and views, on the embedded database under a simulated clock.

mod away;
mod comments;
mod counting;
mod departures;
mod drafts;
mod guessing;
mod idempotency;
mod leases;
mod lockouts;
mod ranking;
mod rebuild;
mod schedule;
mod sweep;
mod totals;
mod views;
mod world;
