//! The Lambda function `search-sync`.

fn main() -> std::process::ExitCode {
    shared::lambda::run_searching_worker::<search_sync::SearchSync>(search_opensearch::maker())
}
