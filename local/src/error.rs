//! Why the program did not start: one clear line each.

use std::{io, path::PathBuf};

use shared::{config::ConfigError, ports::StoreError};

/// Why the program did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another program listens there.
    #[error("port {port} is taken: stop the program that uses it, or choose another port")]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// The address cannot be listened on for another reason.
    #[error("cannot listen on 127.0.0.1:{port}: {source}")]
    Listen {
        /// The port.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// The folder cannot be made or written.
    #[error("cannot write the data folder {}: {source}", folder.display())]
    Unwritable {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another BlogHub runs on the folder.
    #[error("the data folder {} is in use by another bloghub: stop that one, or choose another with --data", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds something else.
    #[error("the folder {} holds files that bloghub did not make: choose another with --data", folder.display())]
    Foreign {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder was made by a newer version.
    #[error("the data folder {} has format {found}, and this bloghub knows up to {known}: use a newer one", folder.display())]
    Format {
        /// The folder.
        folder: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format that this program knows.
        known: u32,
    },
    /// Neither Redis nor Valkey is installed.
    #[error("redis-server is not installed (nor valkey-server): apt-get install redis-server, or brew install valkey")]
    NoRedis,
    /// Redis does not run.
    #[error("{server} does not start: see {}", log.display())]
    RedisFailed {
        /// The program's name.
        server: String,
        /// Where it says why.
        log: PathBuf,
    },
    /// The embedded DynamoDB does not run.
    #[error("the database in {} does not open: {reason}", folder.display())]
    Database {
        /// The data folder.
        folder: PathBuf,
        /// Why.
        reason: String,
    },
    /// The ledger or the change streams cannot be read.
    #[error("the ledger or the change streams cannot be read: {0}")]
    Ledger(String),
    /// The queues cannot be made.
    #[error("the queues cannot be made: {0}")]
    Queues(String),
    /// `template.yaml` is not what this program expects.
    #[error("template.yaml: {0}")]
    Template(String),
    /// The environment has a setting that is none.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A client cannot be made.
    #[error(transparent)]
    Client(#[from] StoreError),
    /// The server broke down.
    #[error("the server stopped: {0}")]
    Serve(io::Error),
}

impl StartError {
    pub(crate) fn ledger(error: rusqlite::Error) -> Self {
        Self::Ledger(error.to_string())
    }
}
