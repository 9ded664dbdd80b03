//! The Lambda function `sms-resend`.

fn main() -> std::process::ExitCode {
    shared::lambda::run_worker::<sms_resend::SmsResend>()
}
