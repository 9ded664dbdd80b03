//! The Lambda function `ranking`.

fn main() -> std::process::ExitCode {
    shared::lambda::run::<ranking::Ranking>()
}
