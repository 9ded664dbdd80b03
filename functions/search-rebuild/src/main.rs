//! The Lambda function `search-rebuild`.

fn main() -> std::process::ExitCode {
    shared::lambda::run_worker::<search_rebuild::SearchRebuild>()
}
