//! The Lambda function `follow`.

fn main() -> std::process::ExitCode {
    shared::lambda::run::<follow::Follow>()
}
