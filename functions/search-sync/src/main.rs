//! The Lambda function `search-sync`.

fn main() -> std::process::ExitCode {
    shared::lambda::run_worker::<search_sync::SearchSync>()
}
