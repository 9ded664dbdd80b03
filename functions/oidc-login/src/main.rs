//! The Lambda function `oidc-login`.

fn main() -> std::process::ExitCode {
    shared::lambda::run::<oidc_login::OidcLogin>()
}
