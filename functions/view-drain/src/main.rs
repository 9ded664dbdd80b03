//! The Lambda function `view-drain`.

fn main() -> std::process::ExitCode {
    shared::lambda::run_worker::<view_drain::ViewDrain>()
}
