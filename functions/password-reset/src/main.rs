//! The Lambda function `password-reset`.

fn main() -> std::process::ExitCode {
    shared::lambda::run::<password_reset::PasswordReset>()
}
