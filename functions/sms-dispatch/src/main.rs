//! The Lambda function `sms-dispatch`.

fn main() -> std::process::ExitCode {
    shared::lambda::run_worker::<sms_dispatch::SmsDispatch>()
}
