//! The Lambda function `search`.

fn main() -> std::process::ExitCode {
    shared::lambda::run_searching::<search::Search>(search_opensearch::maker())
}
