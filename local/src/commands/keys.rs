//! `bloghub keys`.

use clap::Args;
use shared::adapters::jwt::PrivateKeys;

use super::print;

#[derive(Args)]
pub(super) struct Arguments {
    /// The key's id
    #[arg(long, default_value = "1")]
    kid: String,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), String> {
    let keys =
        PrivateKeys::generate(&arguments.kid).map_err(|_| "the operating system gives no randomness".to_owned())?;
    print(&format!("{{\"JWT_KEYS\": {}, \"JWT_PUBLIC_KEYS\": {}}}\n", keys.to_json(), keys.public().to_json()));
    Ok(())
}
