//! The Lambda function `fallback`.

fn main() -> std::process::ExitCode {
    shared::lambda::run::<fallback::Fallback>()
}
