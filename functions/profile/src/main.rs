//! The Lambda function `profile`.

fn main() -> std::process::ExitCode {
    shared::lambda::run::<profile::Profile>()
}
