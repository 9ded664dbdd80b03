//! The Lambda function `session`.

fn main() -> std::process::ExitCode {
    shared::lambda::run::<session::Session>()
}
