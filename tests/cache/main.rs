//! What is kept in Redis, on real servers: rate limits, the shared cache, and what is built on it.

mod limits;
mod shared_cache;
