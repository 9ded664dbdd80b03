//! The Lambda function `wechat-login`.

fn main() -> std::process::ExitCode {
    shared::lambda::run::<wechat_login::WeChatLogin>()
}
