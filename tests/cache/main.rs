//! What is kept in Redis, on real servers: rate limits, the shared cache, and what is built on it.

mod counters;
mod levels;
mod limits;
mod promises;
mod sessions;
mod shared_cache;
mod simulation;
mod stampede;
mod together;
