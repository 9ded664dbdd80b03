//! The API from outside: each module bears the name of the function whose routes it speaks to, but for what concerns all of them.
//!
//! The tests start the program in process, once for all of them. With `BLOGHUB_API` they speak to that address instead, such
//! as a deployment's. They share one platform with each other, and with whatever else is on it: each makes its own users.

mod article;
mod comment;
mod fallback;
mod follow;
mod identity;
mod like;
mod limits;
mod login;
#[path = "oidc-login.rs"]
mod oidc_login;
#[path = "password-reset.rs"]
mod password_reset;
mod profile;
mod publish;
mod ranking;
mod reading;
mod realworld;
mod search;
mod session;
mod signup;
#[path = "sms-code.rs"]
mod sms_code;
#[path = "sms-login.rs"]
mod sms_login;
mod support;
#[path = "wechat-login.rs"]
mod wechat_login;
