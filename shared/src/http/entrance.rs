//! The way in of every request: its token is verified, and one round trip counts it against its limits and as a view, asks for its
//! session and reads what is cached for it. Where the cache is away, nothing is limited, and tables are asked for the rest.

use std::{
    cell::{Cell, OnceCell},
    convert::Infallible,
    net::IpAddr,
    sync::Arc,
};

use axum::{
    extract::{FromRequestParts, MatchedPath, RawPathParams, Request},
    response::{IntoResponse as _, Response},
};
use http::{HeaderName, HeaderValue, Method, request::Parts};
use tower::Service;

use super::{
    ApiError,
    address::{ClientAddress, TrustedProxies},
    auth::{Admission, KnownSessions, Presented},
    layers::asked,
    limits::{self, RateLimits},
};
use crate::{
    domain::{
        RequestId,
        limit::{Caller, Dimension, RouteClass},
        session::Identity,
        view::View,
    },
    ports::{
        arrivals::{Arrival, Arrivals, Arrived, Count},
        cache::{Found, Wanted},
        sessions::SessionCache,
        system::System,
        tokens::TokenVerifier,
    },
    telemetry::chain,
};

/// The header of the token that takes the place of an ageing one.
const ACCESS_TOKEN: HeaderName = HeaderName::from_static("x-access-token");

/// What a function's wiring gives to let requests in.
#[derive(Clone)]
pub struct Entrance {
    /// Checks tokens.
    pub tokens: Arc<dyn TokenVerifier>,
    /// Asks the cache all at once.
    pub arrivals: Arc<dyn Arrivals>,
    /// Remembers sessions.
    pub cache: Arc<dyn SessionCache>,
    /// Knows all sessions and renews their tokens; absent where no handler asks who is there.
    pub sessions: Option<KnownSessions>,
    /// Knows the time and makes ids.
    pub system: Arc<dyn System>,
}

/// A request at the entrance, as [`Function::prefetch`](crate::function::Function::prefetch) sees it.
pub struct Arriving<'a> {
    /// The pattern of its route, such as `/api/articles/{slug}`.
    pub route: &'a str,
    /// What it wants to do there.
    pub method: &'a Method,
    /// Who its token says it is from. Its session may have ended: what is read for it must not be shown before that is known.
    pub identity: Option<Identity>,
    /// The network that it comes from, if that is known.
    pub address: Option<IpAddr>,
    params: Option<&'a RawPathParams>,
    query: &'a str,
    /// The query's parameters, once somebody has asked for one.
    pairs: OnceCell<Vec<(String, String)>>,
    view: Cell<Option<View>>,
}

impl Arriving<'_> {
    /// Says that the request is a view of an article: it is counted in the request's first round trip.
    pub fn count(&self, view: View) {
        self.view.set(Some(view));
    }

    /// The path's parameter `name`, decoded; "" if there is none.
    pub fn param(&self, name: &str) -> &str {
        self.params.into_iter().flatten().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// The query's parameter `name`, decoded; "" if there is none.
    pub fn query(&self, name: &str) -> &str {
        let pairs = self.pairs.get_or_init(|| serde_urlencoded::from_str(self.query).unwrap_or_default());
        pairs.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// What a function wants to have read for a request.
pub(crate) type Prefetch = Arc<dyn Fn(&Arriving<'_>) -> Vec<Wanted> + Send + Sync>;

/// The entrance of one function.
pub(super) struct Door {
    pub(super) entrance: Arc<Entrance>,
    pub(super) limits: RateLimits,
    pub(super) proxies: TrustedProxies,
    pub(super) class: fn(&Method) -> RouteClass,
    pub(super) prefetch: Prefetch,
}

/// What was cached for a request when it arrived.
#[derive(Clone, Default)]
pub struct Prefetched(Arc<Seen>);

#[derive(Default)]
struct Seen {
    /// A handful, in the order in which they were asked for.
    found: Vec<(Wanted, Found)>,
    viewed: bool,
    away: bool,
}

/// What became of a question at the entrance.
#[derive(Debug, Clone)]
pub enum Asked {
    /// It was answered.
    Found(Found),
    /// It was not asked.
    Not,
    /// The cache is away.
    Away,
}

impl Prefetched {
    /// Whether the request's view of an article has been counted.
    pub fn viewed(&self) -> bool {
        self.0.viewed
    }

    /// What was found. An answer to a process that held another version does not count: "the same" was said of that one.
    pub fn get(&self, wanted: &Wanted) -> Asked {
        match self.0.found.iter().find(|(asked, _)| asked.key == wanted.key) {
            Some((asked, found)) if asked.known == wanted.known || matches!(found, Found::Entry(_)) => {
                Asked::Found(found.clone())
            }
            _ if self.0.away => Asked::Away,
            _ => Asked::Not,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Prefetched {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

impl Door {
    /// Lets a request in to `next`, or refuses it for its number.
    pub(super) async fn enter(
        &self,
        request: Request,
        next: impl Service<Request, Response = Response, Error = Infallible>,
    ) -> Response {
        let entrance = &self.entrance;
        let address = self.proxies.client(&request);
        let (mut parts, body) = request.into_parts();
        let now = entrance.system.now();
        let presented = Presented::by(&parts, &*entrance.tokens, now);
        let identity = presented.identity();

        let params = RawPathParams::from_request_parts(&mut parts, &()).await.ok();
        let route = parts.extensions.get::<MatchedPath>().cloned();
        let route = route.as_ref().map_or("", MatchedPath::as_str);
        let query = parts.uri.query().unwrap_or_default();
        let (params, pairs, view) = (params.as_ref(), OnceCell::new(), Cell::default());
        let arriving = Arriving { route, method: &parts.method, identity, address, params, query, pairs, view };
        let wanted = (self.prefetch)(&arriving);
        let class = (self.class)(&parts.method);
        let callers = [identity.map(|identity| Caller::User(identity.user_id)), address.map(Caller::Address)];
        let counts = callers.into_iter().flatten().filter_map(|caller| self.count(caller, class)).collect();
        let session = identity.filter(|_| entrance.sessions.is_some());
        // Whose token is refused reads nothing.
        let view = arriving.view.get().filter(|_| presented.is_acceptable());
        let arrival = Arrival { counts, session, wanted, view };

        let arrived = if arrival.is_empty() {
            Ok(Arrived::default())
        } else {
            // Behind a gateway the request's id is the gateway's.
            let id = parts.extensions.get().copied();
            let id = id.unwrap_or_else(|| RequestId::new(now, entrance.system.random()));
            entrance.arrivals.arrive(arrival, id, now).await
        };
        let away = arrived.is_err();
        let Arrived { allowances, session, found, viewed } = arrived.unwrap_or_else(|error| {
            tracing::warn!(error = chain(&error), "the cache is away: nothing is limited, and the tables are asked");
            Arrived::default()
        });
        let mut response = match limits::refused(&allowances) {
            Some(wait) => ApiError::TooManyRequests { retry_after: wait }.into_response(),
            None => {
                parts.extensions.insert(ClientAddress(address));
                parts.extensions.insert(Prefetched(Arc::new(Seen { found, viewed, away })));
                let admission = Admission::new(entrance.clone(), presented, session, away, now);
                parts.extensions.insert(admission.clone());
                let mut response = asked(next, Request::from_parts(parts, body)).await;
                let renewed = admission.renewed(&response).and_then(|token| HeaderValue::from_str(token).ok());
                response.headers_mut().extend(renewed.map(|token| (ACCESS_TOKEN, token)));
                response
            }
        };
        limits::tell(&allowances, &mut response);
        response
    }

    fn count(&self, caller: Caller, class: RouteClass) -> Option<Count> {
        let RateLimits::On(quotas) = &self.limits else { return None };
        // Whoever proves who they are is counted by address alone: the token they may hold is not what they come with.
        let dimension: Dimension = caller.dimension();
        quotas.of(class, dimension).map(|quota| Count { caller, class, quota })
    }
}
