//! The Lambda function `counter-sync`.

fn main() -> std::process::ExitCode {
    shared::lambda::run_worker::<counter_sync::CounterSync>()
}
