//! The Lambda function `like`.

fn main() -> std::process::ExitCode {
    shared::lambda::run::<like::Like>()
}
