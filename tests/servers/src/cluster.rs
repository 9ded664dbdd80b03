//! A cluster of three nodes without replicas.

use crate::{node::RedisNode, wait::eventually};

/// The hash slots of a cluster, a third for each node.
const SLOTS: [(u16, u16); 3] = [(0, 5460), (5461, 10922), (10923, 16383)];

/// Three servers that form one cluster.
pub struct RedisCluster {
    nodes: [RedisNode; 3],
}

impl RedisCluster {
    /// Starts it and waits until each node knows the others and all slots.
    ///
    /// # Panics
    /// If no server is installed, or the cluster does not form.
    pub fn start() -> Self {
        let nodes = SLOTS.map(|(first, last)| {
            let node = RedisNode::with(&["--cluster-enabled", "yes", "--save", "", "--appendonly", "no"]);
            let _: String = node.ask(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &last.to_string()]);
            node
        });
        for (epoch, node) in (1..).zip(&nodes) {
            // Nodes that meet with the same epoch would first have to settle which gives way.
            let _: String = node.ask(&["CLUSTER", "SET-CONFIG-EPOCH", &format!("{epoch}")]);
        }
        let (first, others) = nodes.split_first().expect("three nodes have a first");
        for other in others {
            let _: String = first.ask(&["CLUSTER", "MEET", "127.0.0.1", &other.port().to_string()]);
        }
        for node in &nodes {
            eventually("a node knows the whole cluster", || {
                let info: String = node.ask(&["CLUSTER", "INFO"]);
                let whole = ["cluster_state:ok", "cluster_slots_ok:16384", "cluster_known_nodes:3"];
                whole.iter().all(|line| info.contains(line)).then_some(())
            });
        }
        Self { nodes }
    }

    /// Its address, as `REDIS_URL` takes it.
    pub fn url(&self) -> String {
        format!("redis+cluster://127.0.0.1:{}", self.nodes[0].port())
    }

    /// The nodes.
    pub fn nodes(&self) -> &[RedisNode; 3] {
        &self.nodes
    }
}
