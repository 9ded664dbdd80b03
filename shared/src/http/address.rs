//! Which address a request comes from.

use std::{convert::Infallible, net::IpAddr, str::FromStr};

use axum::extract::{FromRequestParts, Request};
use http::{HeaderName, request::Parts};
use ipnet::IpNet;
use lambda_http::request::RequestContext;

use crate::domain::limit::network;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of the connection, where requests do not come through a gateway.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// The network of the client that a request comes from, as the entrance found it; absent if nobody knows.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClientAddress(pub Option<IpAddr>);

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or_default())
    }
}

/// Proxies whose word about a client's address counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl FromStr for TrustedProxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let proxy = |part: &str| {
            let part = part.trim();
            let net = part.parse().or_else(|_| part.parse::<IpAddr>().map(IpNet::from));
            net.map_err(|_| "has something that is no address".to_owned())
        };
        text.split(',').map(proxy).collect::<Result<_, _>>().map(Self)
    }
}

impl TrustedProxies {
    fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|net| net.contains(&address))
    }

    /// The network of the client that `request` comes from; `None` if nobody knows. What `X-Forwarded-For` says counts only as far
    /// as trusted proxies wrote it: each adds whom it was called by at the end.
    pub(super) fn client(&self, request: &Request) -> Option<IpAddr> {
        let mut address = caller(request)?;
        let headers = request.headers().get_all(FORWARDED_FOR);
        let hops = headers.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        for hop in hops.collect::<Vec<_>>().into_iter().rev() {
            if !self.trusts(address) {
                break;
            }
            let Ok(hop) = hop.trim().parse() else { break };
            address = hop;
        }
        Some(network(address))
    }
}

/// Who called the gateway, or the program.
fn caller(request: &Request) -> Option<IpAddr> {
    if let Some(Peer(address)) = request.extensions().get() {
        return Some(*address);
    }
    match request.extensions().get::<RequestContext>()? {
        RequestContext::ApiGatewayV2(context) => context.http.source_ip.as_deref()?.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn client(proxies: &str, peer: &str, forwarded: &[&str]) -> String {
        let mut request = Request::builder();
        for hops in forwarded {
            request = request.header(FORWARDED_FOR, *hops);
        }
        let request = request.extension(Peer(peer.parse().unwrap())).body(Body::empty()).unwrap();
        let proxies = if proxies.is_empty() { TrustedProxies::default() } else { proxies.parse().unwrap() };
        proxies.client(&request).unwrap().to_string()
    }

    #[test]
    fn a_forwarded_address_of_just_anyone_does_not_count() {
        assert_eq!(client("", "192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(client("203.0.113.0/24", "192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
    }

    #[test]
    fn a_trusted_proxys_word_counts_and_what_came_before_it_does_not() {
        let proxies = "10.0.0.0/8, 192.0.2.1";
        assert_eq!(client(proxies, "192.0.2.1", &["6.6.6.6, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(client(proxies, "192.0.2.1", &["6.6.6.6", "198.51.100.7, 10.1.2.3"]), "198.51.100.7");
        assert_eq!(client(proxies, "192.0.2.1", &["nonsense"]), "192.0.2.1");
        assert_eq!(client(proxies, "10.9.9.9", &[]), "10.9.9.9");
    }

    #[test]
    fn what_is_no_list_of_addresses_is_refused() {
        for bad in ["", "example.org", "10.0.0.0/99", "10.0.0.1,"] {
            assert!(bad.parse::<TrustedProxies>().is_err(), "{bad}");
        }
    }
}
