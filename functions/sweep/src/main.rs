//! The Lambda function `sweep`.

fn main() -> std::process::ExitCode {
    shared::lambda::run_worker::<sweep::Sweep>()
}
