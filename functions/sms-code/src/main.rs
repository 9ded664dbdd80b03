//! The Lambda function `sms-code`.

fn main() -> std::process::ExitCode {
    shared::lambda::run::<sms_code::SmsCode>()
}
