//! The Lambda function `search-rebuild`.

fn main() -> std::process::ExitCode {
    shared::lambda::run_searching_worker::<search_rebuild::SearchRebuild>(search_opensearch::maker())
}
