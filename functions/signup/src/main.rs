//! The Lambda function `signup`.

fn main() -> std::process::ExitCode {
    shared::lambda::run::<signup::Signup>()
}
