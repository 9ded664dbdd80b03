//! The embedded DynamoDB: dynoxide over a SQLite file, behind its own wire protocol on a loopback port.

use std::{path::Path, time::Duration};

use dynoxide::Database;
use serde_json::json;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{
    StartError,
    template::{TableDefinition, Template},
};

/// The database's file in the data folder.
pub(crate) const FILE: &str = "dynamodb.sqlite";
/// How often expired items are looked for; DynamoDB itself takes up to days.
const SWEEP: Duration = Duration::from_secs(60);
/// How long requests under way may take when the program stops.
const DRAIN: Duration = Duration::from_secs(5);

/// A running database.
pub(crate) struct EmbeddedDynamo {
    pub(crate) endpoint: String,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), String>>,
    sweeper: JoinHandle<()>,
}

impl EmbeddedDynamo {
    /// Opens the database in `folder`, makes what tables of the template it lacks, and serves it on `port` (0: any).
    pub(crate) async fn start(folder: &Path, template: &Template, port: u16) -> Result<Self, StartError> {
        let failed = |reason: String| StartError::Database { folder: folder.to_owned(), reason };
        let file = folder.join(FILE);
        let file = file.to_str().ok_or_else(|| failed("its path is no Unicode".to_owned()))?;
        let database = Database::new(file).map_err(|error| failed(error.to_string()))?;
        // Commits without an fsync each: several times faster, and safe against a killed process.
        database.disable_bulk_loading().map_err(|error| failed(error.to_string()))?;
        for table in template.tables()? {
            make(&database, &table).map_err(failed)?;
        }
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|source| listen_error(port, source))?;
        let address = listener.local_addr().map_err(|source| listen_error(port, source))?;
        let (stop, stopped) = oneshot::channel();
        let serving = dynoxide::server::serve_with_shutdown(listener, database.clone(), async {
            // An error means that the sender is gone, which stops the server as well.
            stopped.await.ok();
        });
        let (server, sweeper) = (tokio::spawn(serving), tokio::spawn(sweep(database)));
        Ok(Self { endpoint: format!("http://{address}"), stop, server, sweeper })
    }

    /// Stops it; what was committed is in the file.
    pub(crate) async fn stop(self) {
        self.sweeper.abort();
        // An error means that the server has stopped by itself.
        self.stop.send(()).ok();
        if tokio::time::timeout(DRAIN, self.server).await.is_err() {
            tracing::warn!("the database was still busy when the program ended");
        }
    }
}

/// Why a port cannot be listened on.
pub(crate) fn listen_error(port: u16, source: std::io::Error) -> StartError {
    match source.kind() {
        std::io::ErrorKind::AddrInUse => StartError::PortTaken { port },
        _ => StartError::Listen { port, source },
    }
}

/// Makes the table if it is not there, and its change stream and its indexes if it has none yet.
fn make(database: &Database, table: &TableDefinition) -> Result<(), String> {
    let stream = table.stream.as_ref().map(|view| json!({"StreamEnabled": true, "StreamViewType": view}));
    let existing = database.get_table_metadata(&table.resource).map_err(|error| error.to_string())?;
    if let Some(existing) = existing {
        if let Some(stream) = stream.filter(|_| !existing.stream_enabled) {
            let update = json!({"TableName": table.resource, "StreamSpecification": stream});
            database.update_table(request(update)?).map_err(|error| error.to_string())?;
        }
        return index(database, table);
    }
    let mut definition = table.properties.clone();
    definition["TableName"] = json!(table.resource);
    definition["BillingMode"] = json!("PAY_PER_REQUEST");
    if let Some(stream) = stream {
        definition["StreamSpecification"] = stream;
    }
    database.create_table(request(definition)?).map_err(|error| error.to_string())?;
    if let Some(attribute) = &table.time_to_live {
        let specification = json!({
            "TableName": table.resource,
            "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": true},
        });
        database.update_time_to_live(request(specification)?).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Makes the indexes of a table that is there; those that it has already are left alone.
fn index(database: &Database, table: &TableDefinition) -> Result<(), String> {
    let name = json!({"TableName": table.resource});
    let described = database.describe_table(request(name)?).map_err(|error| error.to_string())?;
    let described = serde_json::to_value(described).map_err(|error| error.to_string())?;
    let known = described["Table"]["GlobalSecondaryIndexes"].as_array().into_iter().flatten();
    let known: Vec<_> = known.map(|index| index["IndexName"].clone()).collect();
    for wanted in table.properties["GlobalSecondaryIndexes"].as_array().into_iter().flatten() {
        if known.contains(&wanted["IndexName"]) {
            continue;
        }
        let update = json!({
            "TableName": table.resource,
            "AttributeDefinitions": table.properties["AttributeDefinitions"],
            "GlobalSecondaryIndexUpdates": [{"Create": wanted}],
        });
        database.update_table(request(update)?).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn request<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

async fn sweep(database: Database) {
    let mut turns = tokio::time::interval(SWEEP);
    loop {
        turns.tick().await;
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(error = error.to_string(), "expired items were not removed"),
            Err(error) => tracing::warn!(error = error.to_string(), "expired items were not removed"),
        }
    }
}
