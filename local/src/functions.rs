//! Every function of the platform. Whoever adds one adds a line here: to [`all`] if requests call it, to [`workers`] if
//! messages, changes or the clock do.

use axum::Router;
use shared::{
    adapters::host::Host,
    config::{self, Seen},
    function::{self, Function, ShellConfig},
    http::Shell,
    lambda,
    ports::permission::Permission,
    worker::{self, Worker},
};
use utoipa::openapi::OpenApi;

use crate::StartError;

/// Finds a setting's value by its name.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A function, whatever its types.
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it does to which tables.
    pub permissions: fn() -> Vec<Permission>,
    /// What it reads from the environment.
    pub settings: fn() -> Vec<Seen>,
    /// Its part of the API's description.
    pub openapi: fn() -> OpenApi,
    /// Its routes, wired to clients of the host.
    pub mount: fn(Lookup<'_>, &Host, &Shell) -> Result<Router, StartError>,
}

/// All functions, in the order of the README's table.
pub fn all() -> Vec<Entry> {
    vec![
        entry::<signup::Signup>(),
        entry::<login::Login>(),
        entry::<sms_code::SmsCode>(),
        entry::<sms_login::SmsLogin>(),
        entry::<session::Session>(),
        entry::<password_reset::PasswordReset>(),
        entry::<wechat_login::WeChatLogin>(),
        entry::<oidc_login::OidcLogin>(),
        entry::<identity::Identity>(),
        entry::<profile::Profile>(),
        entry::<follow::Follow>(),
        entry::<publish::Publish>(),
        entry::<article::Article>(),
        entry::<ranking::Ranking>(),
        entry::<search::Search>(),
        entry::<like::Like>(),
        entry::<comment::Comment>(),
        entry::<fallback::Fallback>(),
    ]
}

fn entry<F: Function>() -> Entry {
    Entry {
        name: F::NAME,
        permissions: function::permissions::<F>,
        settings: || config::describe::<F::Config>().into_iter().chain(config::describe::<ShellConfig>()).collect(),
        openapi: F::description,
        mount: |lookup, host, shell| {
            let config = config::read_from::<F::Config>(lookup)?;
            Ok(function::router::<F>(F::wire(&config, host)?, shell))
        },
    }
}

/// A function that no request calls, whatever its types.
pub struct WorkerEntry {
    /// Its name.
    pub name: &'static str,
    /// What it does to which tables and queues.
    pub permissions: fn() -> Vec<Permission>,
    /// What it reads from the environment.
    pub settings: fn() -> Vec<Seen>,
    /// Its handler, wired to clients of the host.
    pub mount: fn(Lookup<'_>, &Host) -> Result<lambda::Handler, StartError>,
}

/// The names of all functions, also of workers.
pub fn names() -> Vec<&'static str> {
    all().iter().map(|function| function.name).chain(workers().iter().map(|worker| worker.name)).collect()
}

/// All workers, in the order of the README's table.
pub fn workers() -> Vec<WorkerEntry> {
    vec![
        worker::<change_relay::ChangeRelay>(),
        worker::<cache_evict::CacheEvict>(),
        worker::<search_sync::SearchSync>(),
        worker::<search_rebuild::SearchRebuild>(),
        worker::<counter_sync::CounterSync>(),
        worker::<sms_dispatch::SmsDispatch>(),
        worker::<sms_resend::SmsResend>(),
        worker::<ranking_cron::RankingCron>(),
        worker::<sweep::Sweep>(),
        worker::<view_drain::ViewDrain>(),
    ]
}

fn worker<W: Worker>() -> WorkerEntry {
    WorkerEntry {
        name: W::NAME,
        permissions: worker::permissions::<W>,
        settings: || {
            config::describe::<W::Config>().into_iter().chain(config::describe::<worker::ShellConfig>()).collect()
        },
        mount: |lookup, host| {
            let config = config::read_from::<W::Config>(lookup)?;
            Ok(lambda::handler::<W>(W::wire(&config, host)?))
        },
    }
}
