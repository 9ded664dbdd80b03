//! Real backing services for tests, as children of the test's process, doubles of vendors on threads of it, and clocks that tests move.
//!
//! ```no_run
//! let node = test_servers::RedisNode::start();
//! let cluster = test_servers::RedisCluster::start();
//! // `node.url()` and `cluster.url()` are what `REDIS_URL` takes.
//! ```
//!
//! What cannot start fails the test. A server ends when its handle is dropped, and on Linux also when the test's process is killed.

mod clock;
mod cluster;
mod node;
pub mod oidc;
mod reads;
mod serve;
mod wait;
pub mod wechat;

pub use clock::Clock;
pub use cluster::RedisCluster;
pub use node::RedisNode;
pub use reads::forget_reads;
