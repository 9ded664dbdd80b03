//! The shared cache and what is built on it.

mod levels;
mod promises;
mod shared_cache;
mod simulation;
mod stampede;
