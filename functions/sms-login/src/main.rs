//! The Lambda function `sms-login`.

fn main() -> std::process::ExitCode {
    shared::lambda::run::<sms_login::SmsLogin>()
}
