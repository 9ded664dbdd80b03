//! The Lambda function `publish`.

fn main() -> std::process::ExitCode {
    shared::lambda::run::<publish::Publish>()
}
