//! The whole platform in one process: every function's routes, merged, over the embedded services.

use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    thread,
};

use axum::{
    Router, ServiceExt as _,
    body::{self, Body, HttpBody as _},
    extract::{ConnectInfo, Request},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use shared::{
    adapters::{calls::Calls, host::Host, search::SearchEngineMaker, system::OperatingSystem},
    config::read_from,
    function::ShellConfig,
    http::Peer,
    ports::system::System,
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tower::ServiceExt as _;

use crate::{
    StartError,
    dynamodb::listen_error,
    functions::{self, Entry, Lookup, WorkerEntry},
    search::{self, Index},
    services::{Ports, Services},
    sources::{EventSources, Ground},
};

/// Bytes that Lambda takes in one event at the most.
const LAMBDA_BODY_BYTES: usize = 6 * 1024 * 1024;

/// What to run where.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port of the API on 127.0.0.1; 0 is any.
    pub port: u16,
    /// The data folder.
    pub data: PathBuf,
    /// Settings by name, in place of those of the program's own environment.
    pub settings: HashMap<String, String>,
    /// Whether the schedules' workers run by themselves.
    pub scheduled: bool,
}

impl Options {
    /// With the settings of the program's own environment.
    pub fn new(port: u16, data: impl Into<PathBuf>) -> Self {
        Self { port, data: data.into(), settings: HashMap::new(), scheduled: true }
    }

    /// With `value` for the setting `name`.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// With no worker of a schedule that runs by itself: for whoever calls them and looks at what they do.
    #[must_use]
    pub fn unscheduled(mut self) -> Self {
        self.scheduled = false;
        self
    }
}

/// A running platform. Stop it in order with [`Platform::stop`].
pub struct Platform {
    address: String,
    services: Services,
    sources: EventSources,
    calls: BTreeMap<&'static str, Arc<Calls>>,
    index: Index,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Platform {
    /// Starts everything with the machine's own clock.
    ///
    /// # Errors
    /// Whatever keeps it from starting; nothing is left running.
    pub async fn start(options: &Options, progress: impl Fn(&str)) -> Result<Self, StartError> {
        Self::start_on(options, Arc::new(OperatingSystem::default()), progress).await
    }

    /// Starts everything with the clock and the dice of `system`.
    ///
    /// # Errors
    /// Whatever keeps it from starting; nothing is left running.
    pub async fn start_on(
        options: &Options,
        system: Arc<dyn System>,
        progress: impl Fn(&str),
    ) -> Result<Self, StartError> {
        // Before anything is started, and kept from then on, so that a taken port costs nothing.
        let port = options.port;
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|source| listen_error(port, source))?;
        let address = listener.local_addr().map_err(|source| listen_error(port, source))?.to_string();
        let services = Services::start(&options.data, Ports::default(), progress).await?;
        match mount(&services, options, &address, system).await {
            Ok(Mounted { router, calls, sources, index }) => {
                let (stop, stopped) = oneshot::channel();
                // Around the router as a whole: a layer of the router would be one around each of its routes.
                let service = tower::service_fn(move |request| whole(router.clone(), request));
                let service = service.into_make_service_with_connect_info::<SocketAddr>();
                let serving = axum::serve(listener, service).with_graceful_shutdown(async {
                    // An error means that the sender is gone, which stops the server as well.
                    stopped.await.ok();
                });
                let server = tokio::spawn(serving.into_future());
                Ok(Self { address, services, sources, calls, index, stop, server })
            }
            Err(error) => {
                services.stop().await;
                Err(error)
            }
        }
    }

    /// Where the API is, such as `http://127.0.0.1:3000`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The services beneath.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// What the clients of the function `name` were called for.
    pub fn calls(&self, name: &str) -> Option<&Calls> {
        self.calls.get(name).map(|calls| &**calls)
    }

    /// What gives the platform's search engine to functions that are wired apart from it.
    pub fn search(&self) -> SearchEngineMaker {
        self.index.maker()
    }

    /// Waits until nothing is left to do: every change has reached its consumers, no queue holds a message but dead letters,
    /// no schedule runs. It waits without end if something keeps failing.
    pub async fn drained(&self) {
        self.sources.drained().await;
    }

    /// Has all schedules look at the clock now, and waits for the runs that this starts: for tests that move the clock.
    pub async fn tick(&self) {
        self.sources.tick().await;
    }

    /// Stops in order: no new requests, those under way are answered, then the workers, then the services.
    ///
    /// # Errors
    /// If the server had broken down before.
    pub async fn stop(self) -> Result<(), StartError> {
        // An error means that the server has stopped by itself; what it says comes next.
        self.stop.send(()).ok();
        let served = match tokio::time::timeout(std::time::Duration::from_secs(10), self.server).await {
            Ok(ended) => ended.map_err(std::io::Error::other).and_then(|served| served),
            // A client that never ends its request does not keep the program.
            Err(_) => Ok(()),
        };
        self.sources.stop().await;
        self.services.stop().await;
        served.map_err(StartError::Serve)
    }
}

/// Reads the body before anyone answers, as the gateway does: a client that is still writing when it is answered may never see
/// the answer. What is larger than Lambda takes is refused here. And notes who is calling.
async fn whole(router: Router, mut request: Request) -> Result<Response, Infallible> {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() {
        request.extensions_mut().insert(Peer(peer.ip()));
    }
    if request.body().is_end_stream() {
        return router.oneshot(request).await;
    }
    let (parts, body) = request.into_parts();
    match body::to_bytes(body, LAMBDA_BODY_BYTES).await {
        Ok(bytes) => router.oneshot(Request::from_parts(parts, Body::from(bytes))).await,
        Err(_) => Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response()),
    }
}

/// All functions, wired to the services.
struct Mounted {
    router: Router,
    sources: EventSources,
    calls: BTreeMap<&'static str, Arc<Calls>>,
    index: Index,
}

/// Wires all functions, each with clients that may do what its permissions say and no more.
async fn mount(
    services: &Services,
    options: &Options,
    address: &str,
    system: Arc<dyn System>,
) -> Result<Mounted, StartError> {
    let lookup = |name: &str| {
        let set = options.settings.get(name).or_else(|| services.environment().get(name)).cloned();
        // Browsers on this machine find the platform where it listens.
        set.or_else(|| (name == "PUBLIC_URL").then(|| format!("http://{address}")))
    };
    let lanes = thread::available_parallelism().map_or(1, usize::from);
    let host = Host::local(system.clone(), lanes);
    let searching = read_from::<search::Config>(&lookup)?;
    let index = Index::open(&searching, services.data(), &host)?;
    index.order_if_new(&searching, &host).await?;
    let host = host.with_search(index.maker());
    let mut calls = BTreeMap::new();
    let router = merge(&lookup, &host, &mut calls)?;
    let sources = employ(services, options.scheduled, &lookup, &host, &mut calls)?;
    Ok(Mounted { router, sources, calls, index })
}

/// Merges the routes of all functions.
fn merge(
    lookup: Lookup<'_>,
    host: &Host,
    calls: &mut BTreeMap<&'static str, Arc<Calls>>,
) -> Result<Router, StartError> {
    let shell = read_from::<ShellConfig>(lookup)?.shell(host.system.clone());
    let mut merged = Router::new();
    for Entry { name, permissions, mount, .. } in functions::all() {
        let host = host.for_function(permissions());
        let routes = mount(lookup, &host, &shell)?;
        if name == "fallback" {
            // Where a path has routes of two functions, neither knows the other's methods: `fallback` knows all.
            let unrouted = routes.clone();
            merged = merged
                .merge(routes)
                .method_not_allowed_fallback(async move |request: Request| unrouted.oneshot(request).await);
        } else {
            merged = merged.merge(routes);
        }
        calls.insert(name, host.calls);
    }
    Ok(merged)
}

/// Puts all workers behind their event sources.
fn employ(
    services: &Services,
    scheduled: bool,
    lookup: Lookup<'_>,
    host: &Host,
    calls: &mut BTreeMap<&'static str, Arc<Calls>>,
) -> Result<EventSources, StartError> {
    let mut workers = HashMap::new();
    for WorkerEntry { name, permissions, mount, .. } in functions::workers() {
        let host = host.for_function(permissions());
        workers.insert(name.to_owned(), mount(lookup, &host)?);
        calls.insert(name, host.calls);
    }
    EventSources::start(Ground { scheduled, ..Ground::of(services, host.system.clone()) }, &workers)
}
