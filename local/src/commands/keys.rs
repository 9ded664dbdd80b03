//! `bloghub keys`.

use clap::Args;
use shared::{
    adapters::{jwt::PrivateKeys, system::OperatingSystem},
    domain::{idempotency::HmacKey, sms::TaskKey},
    ports::system::System,
};

use super::print;

#[derive(Args)]
pub(super) struct Arguments {
    /// The id of the key for access tokens
    #[arg(long, default_value = "1")]
    kid: String,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), String> {
    let keys =
        PrivateKeys::generate(&arguments.kid).map_err(|_| "the operating system gives no randomness".to_owned())?;
    let system: &dyn System = &OperatingSystem::default();
    let (hmac, sms) = (HmacKey::encode(system.random()), TaskKey::encode(system.random()));
    let jwt = keys.to_json();
    print(&format!("{{\"JWT_KEYS\": {jwt}, \"HMAC_KEY\": \"{hmac}\", \"SMS_TASK_KEY\": \"{sms}\"}}\n"));
    Ok(())
}
