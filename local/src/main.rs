//! The program `bloghub`.

use std::process::ExitCode;

/// A quarter of a cached answer's CPU time was spent in the C library's allocator, under load on two cores.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    bloghub::commands::run().await
}
