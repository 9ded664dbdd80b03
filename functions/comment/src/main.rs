//! The Lambda function `comment`.

fn main() -> std::process::ExitCode {
    shared::lambda::run::<comment::Comment>()
}
