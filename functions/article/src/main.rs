//! The Lambda function `article`.

fn main() -> std::process::ExitCode {
    shared::lambda::run::<article::Article>()
}
