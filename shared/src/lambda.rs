//! Runs a function on Lambda.

use std::{process::ExitCode, sync::Arc};

use axum::{Router, response::IntoResponse as _};
use futures_util::{FutureExt as _, future::BoxFuture};
use lambda_http::{
    Error, Request, RequestExt as _,
    lambda_runtime::{self, LambdaEvent},
};
use serde_json::Value;
use tower::ServiceExt as _;
use tracing::level_filters::LevelFilter;

use crate::{
    adapters::{host::Host, search::SearchEngineMaker},
    config::{FromEnvironment, Reader, read},
    function::{Function, ShellConfig, permissions, router},
    http::ApiError,
    telemetry::{self, Context, chain},
    worker::{self, Worker},
};

/// Reads the configuration, makes the clients, opens their connections while the init phase has a whole core, and answers
/// events until the process is ended. A configuration that does not do ends it at once, with one line that says all that is
/// wrong.
pub fn run<F: Function>() -> ExitCode {
    start::<F>(|host| host)
}

/// The same for a function that searches, in a process whose search engine `engines` makes.
pub fn run_searching<F: Function>(engines: SearchEngineMaker) -> ExitCode {
    start::<F>(|host| host.with_search(engines))
}

fn start<F: Function>(furnish: impl FnOnce(Host) -> Host + 'static) -> ExitCode {
    let config = read::<Whole<F>>();
    let level = config.as_ref().map_or(LevelFilter::INFO, |config| config.shell.log_level);
    telemetry::start(level, &[F::NAME], telemetry::output());
    launch(F::NAME, Box::new(move || mount::<F>(&config?, furnish)))
}

/// The same for a function that its event source calls.
pub fn run_worker<W: Worker>() -> ExitCode {
    start_worker::<W>(|host| host)
}

/// The same for one that keeps an index, in a process whose search engine `engines` makes.
pub fn run_searching_worker<W: Worker>(engines: SearchEngineMaker) -> ExitCode {
    start_worker::<W>(|host| host.with_search(engines))
}

fn start_worker<W: Worker>(furnish: impl FnOnce(Host) -> Host + 'static) -> ExitCode {
    let config = read::<WorkerWhole<W>>();
    let level = config.as_ref().map_or(LevelFilter::INFO, |config| config.shell.log_level);
    telemetry::start(level, &[W::NAME], telemetry::output());
    launch(W::NAME, Box::new(move || mount_worker::<W>(&config?, furnish)))
}

/// The process's clients, and what answers events over them.
type Mounted = (Host, Events);

enum Events {
    Requests(Router),
    Batches(Handler),
}

/// Answers events as JSON, whatever their types.
pub type Handler = Arc<dyn Fn(Value) -> BoxFuture<'static, Result<Value, Error>> + Send + Sync>;

/// The handler of `W` over `state`.
pub fn handler<W: Worker>(state: W::State) -> Handler {
    let state = Arc::new(state);
    Arc::new(move |event| {
        let state = state.clone();
        async move {
            let event = serde_json::from_value(event)?;
            Ok(serde_json::to_value(W::handle(&state, event).await?)?)
        }
        .boxed()
    })
}

fn mount_worker<W: Worker>(config: &WorkerWhole<W>, furnish: impl FnOnce(Host) -> Host) -> Result<Mounted, Error> {
    let host = furnish(Host::lambda(worker::permissions::<W>()));
    let state = W::wire(&config.own, &host)?;
    Ok((host, Events::Batches(handler::<W>(state))))
}

fn mount<F: Function>(config: &Whole<F>, furnish: impl FnOnce(Host) -> Host) -> Result<Mounted, Error> {
    let host = furnish(Host::lambda(permissions::<F>()));
    let shell = config.shell.shell(host.system.clone());
    let mut routes = router::<F>(F::wire(&config.own, &host)?, &shell);
    if F::UNROUTED.is_none() {
        // The gateway sends what none of our routes fits to `fallback`, unless its idea of a path differs from ours.
        let stray = || async { ApiError::NotFound("path").into_response() };
        routes = routes.merge(shell.around(F::NAME, None, Router::new().fallback(stray)));
    }
    Ok((host, Events::Requests(routes)))
}

/// Runs what `mount` makes. Not generic, so that the runtime beneath is compiled once and not for each function.
fn launch(name: &'static str, mount: Box<dyn FnOnce() -> Result<Mounted, Error>>) -> ExitCode {
    // One thread: an instance serves one request at a time. Hashing has threads of its own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.map_err(Error::from).and_then(|runtime| {
        runtime.block_on(async {
            let (host, events) = mount()?;
            for error in host.connect().await {
                tracing::warn!(function = name, error = chain(&error), "not connected yet");
            }
            match events {
                Events::Requests(routes) => {
                    lambda_http::run(tower::service_fn(move |request| routes.clone().oneshot(with_path(request)))).await
                }
                Events::Batches(handle) => {
                    let call = move |event: LambdaEvent<Value>| observed(name, handle.clone(), event);
                    lambda_runtime::run(lambda_runtime::service_fn(call)).await
                }
            }
        })
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(function = name, error = chain(&*error), "not started");
            ExitCode::FAILURE
        }
    }
}

/// Handles one event, whose lines have the request's id, and logs why an event failed as a whole.
async fn observed(name: &'static str, handle: Handler, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let context = Context::of([("requestId", &*event.context.request_id), ("function", name)]);
    let handled = async {
        let answer = handle(event.payload).await;
        if let Err(error) = &answer {
            tracing::error!(error = chain(&**error), "the event failed");
        }
        answer
    };
    context.during(handled).await
}

/// The request with the path that the client sent. The gateway decodes a path before it hands it over, all but `%25`; taken as
/// it is, a `?` in a name would begin the query and a `..` would lead upwards.
fn with_path(mut request: Request) -> Request {
    let raw = request.raw_http_path();
    let query = if raw.contains(['?', '#']) {
        request.query_string_parameters_ref().map(|query| query.to_query_string())
    } else {
        request.uri().query().map(str::to_owned)
    };
    let path_and_query = match query.filter(|query| !query.is_empty()) {
        Some(query) => format!("{}?{query}", encoded(raw)),
        None => encoded(raw),
    };
    // What is no URI even so, such as an empty path, stays as the runtime read it.
    if let Ok(uri) = path_and_query.parse() {
        *request.uri_mut() = uri;
    }
    request
}

/// `path` with an escape for each byte that a path may not hold; what is an escape already stays.
fn encoded(path: &str) -> String {
    let bytes = path.as_bytes();
    let is_escape = |n: usize| bytes.get(n + 1..n + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    let mut encoded = String::with_capacity(path.len());
    for (n, byte) in bytes.iter().enumerate() {
        match byte {
            b'%' if is_escape(n) => encoded.push('%'),
            b'/' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(*byte)),
            _ if byte.is_ascii_alphanumeric() => encoded.push(char::from(*byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

struct Whole<F: Function> {
    shell: ShellConfig,
    own: F::Config,
}

impl<F: Function> FromEnvironment for Whole<F> {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let (shell, own) = (ShellConfig::take(reader), F::Config::take(reader));
        Some(Self { shell: shell?, own: own? })
    }
}

struct WorkerWhole<W: Worker> {
    shell: worker::ShellConfig,
    own: W::Config,
}

impl<W: Worker> FromEnvironment for WorkerWhole<W> {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let (shell, own) = (worker::ShellConfig::take(reader), W::Config::take(reader));
        Some(Self { shell: shell?, own: own? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoded_path_becomes_one_that_decodes_to_the_same() {
        for (decoded, path) in [
            ("/api/articles/how-to", "/api/articles/how-to"),
            ("/api/profiles/50%25 <b>&", "/api/profiles/50%25%20%3Cb%3E%26"),
            ("/api/profiles/?#+;=", "/api/profiles/%3F%23%2B%3B%3D"),
            ("/api/profiles/张伟", "/api/profiles/%E5%BC%A0%E4%BC%9F"),
            ("/api/profiles/100%", "/api/profiles/100%25"),
            ("/api/articles/\0", "/api/articles/%00"),
        ] {
            assert_eq!(encoded(decoded), path);
        }
    }

    #[test]
    fn a_query_stays_as_it_came() {
        for (path, query, expected) in [
            ("/api/articles", "x=%20&y", "/api/articles?x=%20&y"),
            ("/api/profiles/a?b", "x=1", "/api/profiles/a%3Fb?x=1"),
            ("/api/profiles/a#b", "x=1", "/api/profiles/a%23b?x=1"),
            ("/api/profiles/a?b", "", "/api/profiles/a%3Fb"),
        ] {
            let event = serde_json::json!({
                "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
                "headers": {"host": "api.example"}, "isBase64Encoded": false,
                "requestContext": {"http": {"method": "GET", "path": "/"}, "stage": "$default", "timeEpoch": 0},
            });
            let request = with_path(lambda_http::request::from_str(&event.to_string()).unwrap());
            assert_eq!(request.uri(), expected);
        }
    }
}
