//! What surrounds every handler: the request's id, its one log line, CORS, and a clear answer even to a panic.

use std::{
    any::Any,
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{self, Poll},
};

use axum::{
    Router,
    body::Body,
    extract::{MatchedPath, Request},
    response::{IntoResponse, Response},
    routing::Route,
};
use futures_util::{FutureExt as _, future::BoxFuture};
use http::{
    HeaderName, HeaderValue, Method,
    header::{self, ORIGIN},
};
use lambda_http::request::RequestContext;
use tower::{Layer, Service, ServiceExt as _};

use super::{ApiError, Entrance, Prefetch, Problem, RateLimits, TrustedProxies, cors::AllowedOrigins, entrance::Door};
use crate::{
    domain::{RequestId, Timestamp, limit::RouteClass},
    ports::system::System,
    telemetry::Context,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Whatever no handler says otherwise of is for whoever asked, and for no cache.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-store");

/// What surrounds a function's routes.
#[derive(Clone)]
pub struct Shell {
    /// Knows the time and makes ids.
    pub system: Arc<dyn System>,
    /// Which sites' pages may call.
    pub origins: AllowedOrigins,
    /// How often anyone may call.
    pub limits: RateLimits,
    /// Whose word about a client's address counts.
    pub proxies: TrustedProxies,
}

/// How requests come to the routes of a function that has a cache.
pub struct Way {
    /// What lets them in.
    pub entrance: Entrance,
    /// Whose quotas they count against.
    pub class: fn(&Method) -> RouteClass,
    /// What is read for them.
    pub(crate) prefetch: Prefetch,
}

impl Shell {
    /// `routes` of the function `name` with everything around them.
    ///
    /// It is one layer on purpose: each is a box around each route, cloned for each request together with all that is in it.
    pub(crate) fn around(&self, name: &'static str, way: Option<Way>, routes: Router) -> Router {
        let door = way.map(|Way { entrance, class, prefetch }| {
            let (limits, proxies) = (self.limits.clone(), self.proxies.clone());
            Door { entrance: Arc::new(entrance), limits, proxies, class, prefetch }
        });
        let (system, origins) = (self.system.clone(), self.origins.clone());
        let ids = RequestIds { start: u128::from_ne_bytes((*system).random()), given: AtomicU64::new(0) };
        let surroundings = Arc::new(Surroundings { function: name, system, ids, origins, door });
        routes.layer(Around(surroundings))
    }
}

/// What is around the routes of one function.
struct Surroundings {
    function: &'static str,
    system: Arc<dyn System>,
    ids: RequestIds,
    origins: AllowedOrigins,
    door: Option<Door>,
}

/// Ids for requests that came without one: they differ from all others, and need be no secret. Counting on from a random number takes
/// no call of the operating system.
struct RequestIds {
    start: u128,
    given: AtomicU64,
}

impl RequestIds {
    fn next(&self, now: Timestamp) -> RequestId {
        let number = self.start.wrapping_add(self.given.fetch_add(1, Ordering::Relaxed).into());
        let [_, _, _, _, _, _, random @ ..] = number.to_be_bytes();
        RequestId::new(now, random)
    }
}

/// Puts [`Surroundings`] around a route.
#[derive(Clone)]
struct Around(Arc<Surroundings>);

impl Layer<Route> for Around {
    type Service = Observed;

    fn layer(&self, route: Route) -> Observed {
        Observed { route, around: self.0.clone() }
    }
}

/// A route with its surroundings. What a function as a layer would do for it takes two more allocations for each request.
#[derive(Clone)]
struct Observed {
    route: Route,
    around: Arc<Surroundings>,
}

impl Service<Request> for Observed {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        // As every route.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Self { route, around } = self.clone();
        async move { Ok(around.observe(request, route).await) }.boxed()
    }
}

impl Surroundings {
    /// Gives the request its id, logs one line when it is answered, and finishes the answer's headers and problem body.
    async fn observe(&self, mut request: Request, route: Route) -> Response {
        let Self { function, system, .. } = self;
        let started = system.monotonic();
        let id = gateway_id(&request).unwrap_or_else(|| {
            let own = self.ids.next(system.now());
            request.extensions_mut().insert(own);
            own.to_string()
        });
        let path = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
        let fields =
            [("requestId", &*id), ("function", function), ("method", known(request.method())), ("route", path)];
        let context = Context::of(fields);
        let answered = async {
            let mut response = self.answer(request, route).await;
            finish(&mut response, &id);
            let micros = (system.monotonic() - started).as_micros();
            #[allow(clippy::cast_precision_loss, reason = "milliseconds with three decimals are exact for hours")]
            let duration = micros as f64 / 1_000.0;
            tracing::info!(status = response.status().as_u16(), durationMs = duration, "answered");
            response
        };
        context.during(answered).await
    }

    /// Answers pages of other sites as far as these may ask, and whatever becomes of the handler.
    async fn answer(&self, request: Request, route: Route) -> Response {
        if request.method() == Method::OPTIONS {
            return Box::pin(self.origins.preflight(request)).await;
        }
        let origin = request.headers().get(ORIGIN).cloned();
        let handled = async {
            match &self.door {
                // A future is moved several times before it begins: a large one costs less on the heap.
                Some(door) => Box::pin(door.enter(request, route)).await,
                None => asked(route, request).await,
            }
        };
        let mut response = AssertUnwindSafe(handled).catch_unwind().await.unwrap_or_else(panicked);
        self.origins.mark(origin, response.headers_mut());
        response
    }
}

/// What `service`, which never fails, answers to `request`.
pub(super) async fn asked(
    service: impl Service<Request, Response = Response, Error = Infallible>,
    request: Request,
) -> Response {
    service.oneshot(request).await.unwrap_or_else(|never| match never {})
}

/// The method, or "other" for one that nobody has defined: that may be anything.
fn known(method: &Method) -> &'static str {
    let all = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let names = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    all.iter().zip(names).find_map(|(known, name)| (known == method).then_some(name)).unwrap_or("other")
}

fn gateway_id(request: &Request) -> Option<String> {
    match request.extensions().get::<RequestContext>()? {
        RequestContext::ApiGatewayV2(context) => context.request_id.clone(),
        _ => None,
    }
}

fn finish(response: &mut Response, id: &str) {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let problem = Problem { request_id: id.to_owned(), ..problem };
        let body = serde_json::to_vec(&problem).expect("strings and a number have a JSON form");
        *response.body_mut() = Body::from(body);
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    }
    let headers = response.headers_mut();
    headers.extend(HeaderValue::from_str(id).ok().map(|id| (REQUEST_ID, id)));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(PRIVATE);
}

/// A handler's panic is a fault of ours like any other; the panic hook has logged where it was.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    ApiError::Internal("a handler panicked".into()).into_response()
}
