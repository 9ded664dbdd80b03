//! The Lambda function `change-relay`.

fn main() -> std::process::ExitCode {
    shared::lambda::run_worker::<change_relay::ChangeRelay>()
}
