//! The Lambda function `identity`.

fn main() -> std::process::ExitCode {
    shared::lambda::run::<identity::Identity>()
}
