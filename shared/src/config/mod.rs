//! Configuration from the environment: each function has one typed `Config`, read once at start. Everything that is missing
//! or malformed is reported at once, by name, with what it should look like. This is the only place that reads the
//! environment.

mod oidc;
mod reader;
pub mod settings;

pub use oidc::{OidcProvider, OidcProviders, is_private};
pub use reader::{ConfigError, FromEnvironment, Reader, Seen, describe, read, read_from, variable};
pub use settings::Setting;
