//! The ports on Redis or Valkey, one node or a cluster. Nothing in here may not vanish.

mod arrivals;
mod cache;
mod codes;
mod counters;
mod guard;
mod hot_list;
mod limits;
mod sessions;
mod together;
mod views;
mod wave;

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use redis::{
    Client, RedisError, TlsCertificates,
    aio::{ConnectionManager, ConnectionManagerConfig},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
};
use tokio::sync::OnceCell;

pub use codes::RedisCodes;

use self::{
    guard::{Away, Guard},
    together::Together,
    views::CountedViews,
};
use super::{calls::Calls, tls::AMAZON_ROOTS};
use crate::ports::{StoreError, system::System};

const CONNECT: Duration = Duration::from_millis(500);
const RESPONSE: Duration = Duration::from_millis(500);

/// Where Redis is: `redis://` or `rediss://` (TLS) for one node, `redis+cluster://` or `rediss+cluster://` for a cluster.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl {
    url: String,
    cluster: bool,
}

/// The address may hold a password: only its kind shows.
impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisUrl(… cluster: {})", self.cluster)
    }
}

impl FromStr for RedisUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (url, cluster) = match text.split_once("+cluster://") {
            Some((scheme, rest)) => (format!("{scheme}://{rest}"), true),
            None => (text.to_owned(), false),
        };
        // The parser's own words could repeat a password.
        Client::open(url.as_str()).map_err(|_| "is no address of a Redis server".to_owned())?;
        Ok(Self { url, cluster })
    }
}

enum Connection {
    One(ConnectionManager),
    Cluster(Box<ClusterClient>, OnceCell<ClusterConnection>),
}

/// A client of Redis, made once per process. It connects when first used, and anew when the connection broke. After some waits in
/// vain its calls fail at once, until Redis is back.
#[derive(Clone)]
pub struct Redis {
    connection: Arc<Connection>,
    calls: Arc<Calls>,
    guard: Arc<Guard>,
    together: Arc<Together>,
    counted: Arc<CountedViews>,
}

impl Redis {
    /// A client of the server at `url` in the time of `system`, counting its round trips in `calls`. Opens no connection yet.
    ///
    /// # Errors
    /// An address that the client does not take.
    pub fn new(url: &RedisUrl, calls: Arc<Calls>, system: Arc<dyn System>) -> Result<Self, StoreError> {
        // `redis` asks for the process's default; whoever was first has installed the same one.
        rustls::crypto::ring::default_provider().install_default().ok();
        let roots = TlsCertificates { client_tls: None, root_cert: Some(AMAZON_ROOTS.as_bytes().to_vec()) };
        let tls = url.url.starts_with("rediss://");
        let connection = if url.cluster {
            let mut client = ClusterClient::builder([url.url.as_str()])
                .connection_timeout(CONNECT)
                .response_timeout(RESPONSE)
                .retries(1);
            if tls {
                client = client.certs(roots);
            }
            Connection::Cluster(Box::new(client.build().map_err(store_error)?), OnceCell::new())
        } else {
            let client =
                if tls { Client::build_with_tls(url.url.as_str(), roots) } else { Client::open(url.url.as_str()) };
            let config = ConnectionManagerConfig::new()
                .set_connection_timeout(Some(CONNECT))
                .set_response_timeout(Some(RESPONSE))
                .set_number_of_retries(1)
                .set_max_delay(Duration::from_millis(100));
            let client = client.map_err(store_error)?;
            Connection::One(client.get_connection_manager_lazy(config).map_err(store_error)?)
        };
        let (connection, guard) = (Arc::new(connection), Arc::new(Guard::new(system)));
        Ok(Self { connection, calls, guard, together: Arc::default(), counted: Arc::default() })
    }

    /// Opens the connection.
    ///
    /// # Errors
    /// Whatever stands in the way; the next call tries anew.
    pub async fn connect(&self) -> Result<(), StoreError> {
        self.ask::<String>(redis::cmd("PING")).await.map(drop)
    }
}

fn store_error(error: RedisError) -> StoreError {
    away(error.into())
}

fn away(source: Away) -> StoreError {
    StoreError::Unavailable { service: "Redis", source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_nodes_and_clusters_are_told_apart() {
        assert!(!"redis://127.0.0.1:6379".parse::<RedisUrl>().unwrap().cluster);
        let cluster: RedisUrl = "rediss+cluster://cache.example:6379".parse().unwrap();
        assert!(cluster.cluster && cluster.url == "rediss://cache.example:6379");
    }

    #[test]
    fn a_password_shows_neither_in_debug_output_nor_in_a_refusal() {
        let url: RedisUrl = "redis://:hunter2@127.0.0.1".parse().unwrap();
        assert!(!format!("{url:?}").contains("hunter2"));
        assert!(!"mysql://:hunter2@x".parse::<RedisUrl>().unwrap_err().contains("hunter2"));
    }
}
