//! The Lambda function `search`.

fn main() -> std::process::ExitCode {
    shared::lambda::run::<search::Search>()
}
