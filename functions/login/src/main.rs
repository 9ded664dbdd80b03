//! The Lambda function `login`.

fn main() -> std::process::ExitCode {
    shared::lambda::run::<login::Login>()
}
