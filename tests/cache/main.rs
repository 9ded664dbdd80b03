//! The shared cache and what is built on it.

mod shared_cache;
