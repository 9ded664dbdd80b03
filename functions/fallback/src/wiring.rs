//! `fallback` reads nothing and calls nobody.

use shared::{
    adapters::host::Host,
    config::{FromEnvironment, Reader},
    function::{Function, Unrouted, Wired},
    ports::{StoreError, permission::Permission},
};

/// The function.
pub struct Fallback;

/// Nothing.
pub struct Config;

impl FromEnvironment for Config {
    fn take(_: &mut Reader<'_>) -> Option<Self> {
        Some(Self)
    }
}

impl Function for Fallback {
    const NAME: &'static str = "fallback";
    const PERMISSIONS: &'static [&'static [Permission]] = &[];
    const UNROUTED: Option<Unrouted> = Some(|request| Box::pin(crate::unrouted(request)));
    type Config = Config;
    type State = ();

    shared::routes![openapi];

    fn wire(_: &Config, _: &Host) -> Result<Wired<()>, StoreError> {
        Ok(Wired { state: (), entrance: None })
    }
}
