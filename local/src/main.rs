//! The program `bloghub`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    bloghub::commands::run().await
}
