//! What makes a function: its name, configuration, routes and permissions. Lambda, the local program and the tests all run a
//! function through this one trait, so that none of them can run it differently.

use std::sync::Arc;

use axum::{Router, extract::Request, response::Response};
use futures_util::future::BoxFuture;
use http::Method;
use tracing::level_filters::LevelFilter;
use utoipa::openapi::OpenApi;

use crate::{
    adapters::host::Host,
    config::{FromEnvironment, Reader, settings},
    domain::limit::RouteClass,
    http::{Arriving, Entrance, RateLimits, Shell, TrustedProxies, Way, cors::AllowedOrigins},
    ports::{StoreError, cache::Wanted, permission::Permission, system::System},
};

/// A capability of the platform behind HTTP routes.
pub trait Function: 'static {
    /// The function's name: of its crate, its binary, its resource in the template and its folder of sample events.
    const NAME: &'static str;

    /// What its ports do to which tables: what the template must grant, no more and no less.
    const PERMISSIONS: &'static [&'static [Permission]];

    /// What it reads from the environment.
    type Config: FromEnvironment + Send + Sync;

    /// What its handlers use.
    type State: Clone + Send + Sync + 'static;

    /// Its routes. [`routes!`](crate::routes) makes them and their description of one list.
    fn routes() -> Router<Self::State>;

    /// Its routes' part of the OpenAPI document: not linked into the functions themselves.
    fn description() -> OpenApi;

    /// Makes its adapters of `host`'s clients.
    ///
    /// # Errors
    /// A client that cannot be made of what is configured.
    fn wire(config: &Self::Config, host: &Host) -> Result<Wired<Self::State>, StoreError>;

    /// Whose quotas a request counts against.
    const CLASS: fn(&Method) -> RouteClass =
        |method| if method.is_safe() { RouteClass::Read } else { RouteClass::Write };

    /// What its handlers will need of the cache: read in the request's first round trip, and handed over as
    /// [`Prefetched`](crate::http::Prefetched).
    fn prefetch(_: &Self::State, _: &Arriving<'_>) -> Vec<Wanted> {
        Vec::new()
    }

    /// Puts a layer of the function's own around its routes, inside of the shell, such as
    /// [`Repeats`](crate::http::idempotency::Repeats).
    fn around(_: &Self::State, routes: Router) -> Router {
        routes
    }

    /// What answers requests that none of the routes fits. Only `fallback` has it.
    const UNROUTED: Option<Unrouted> = None;
}

/// What a function is made of.
pub struct Wired<S> {
    /// What its handlers use.
    pub state: S,
    /// What lets requests in; absent in a function without a cache, which neither limits nor asks who is there.
    pub entrance: Option<Entrance>,
}

/// Answers requests that fit no route.
pub type Unrouted = fn(Request) -> BoxFuture<'static, Response>;

/// What every HTTP function reads besides its own.
#[derive(Debug, Clone)]
pub struct ShellConfig {
    /// Which sites' pages may call.
    pub origins: AllowedOrigins,
    /// How often anyone may call.
    pub limits: RateLimits,
    /// Whose word about a client's address counts.
    pub proxies: TrustedProxies,
    /// How much is logged.
    pub log_level: LevelFilter,
}

impl ShellConfig {
    /// The shell that this configures, on the clock and the dice of `system`.
    pub fn shell(&self, system: Arc<dyn System>) -> Shell {
        let Self { origins, limits, proxies, .. } = self.clone();
        Shell { system, origins, limits, proxies }
    }
}

impl FromEnvironment for ShellConfig {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let origins = reader.take(&settings::CORS_ORIGINS);
        let switch = reader.take(&settings::RATE_LIMITS);
        let quotas = reader.take(&settings::RATE_LIMIT_QUOTAS);
        let proxies = reader.take_optional(&settings::TRUSTED_PROXIES);
        let log_level = reader.take(&settings::LOG_LEVEL);
        let limits = if switch? { RateLimits::On(quotas?) } else { RateLimits::Off };
        Some(Self { origins: origins?, limits, proxies: proxies?.unwrap_or_default(), log_level: log_level? })
    }
}

/// The permissions of `F`, each once.
pub fn permissions<F: Function>() -> Vec<Permission> {
    let mut all = F::PERMISSIONS.concat();
    all.sort();
    all.dedup();
    all
}

/// The routes of `F` over what it was wired of, with `shell` around them.
pub fn router<F: Function>(wired: Wired<F::State>, shell: &Shell) -> Router {
    let Wired { state, entrance } = wired;
    let at_the_door = state.clone();
    let way = entrance.map(|entrance| Way {
        entrance,
        class: F::CLASS,
        prefetch: Arc::new(move |arriving| F::prefetch(&at_the_door, arriving)),
    });
    let mut routes = F::routes();
    if let Some(unrouted) = F::UNROUTED {
        routes = routes.fallback(unrouted).method_not_allowed_fallback(unrouted);
    }
    shell.around(F::NAME, way, F::around(&state, routes.with_state(state.clone())))
}

/// `Function::routes` and `Function::description` of handlers in the crate's root.
#[macro_export]
#[allow(clippy::crate_in_macro_def, reason = "the handlers are the calling crate's")]
macro_rules! routes {
    ($($handler:ident),+ $(,)?) => {
        fn routes() -> $crate::axum::Router<Self::State> {
            use $crate::utoipa::Path as _;
            let mut routes = $crate::axum::Router::new();
            $($crate::utoipa_axum::paste! {
                for method in crate::[<__path_ $handler>]::methods() {
                    let method = $crate::utoipa_axum::PathItemExt::to_method_filter(&method);
                    let on = $crate::axum::routing::on(method, crate::$handler);
                    routes = routes.route(&crate::[<__path_ $handler>]::path(), on);
                }
            })+
            routes
        }

        fn description() -> $crate::utoipa::openapi::OpenApi {
            let routes = $crate::utoipa_axum::router::OpenApiRouter::<Self::State>::default();
            $(let routes = routes.routes($crate::utoipa_axum::routes!(crate::$handler));)+
            routes.into_openapi()
        }
    };
}
