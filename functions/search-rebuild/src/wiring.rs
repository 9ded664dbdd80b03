//! What `search-rebuild` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{LeaseTable, RebuildTable},
        host::Host,
    },
    ports::{StoreError, indexing, leases, permission::Permission},
    wiring::{IndexConfig, IndexParts},
    worker::{Tick, Worker, WorkerError},
};

use crate::{Rebuild, Report};

/// The function.
pub struct SearchRebuild;

impl Worker for SearchRebuild {
    const NAME: &'static str = "search-rebuild";
    const PERMISSIONS: &'static [&'static [Permission]] =
        &[indexing::INDEX_ARTICLES, indexing::INDEX_SURVEY, indexing::REBUILD_ORDERS, leases::LEASES];
    type Config = IndexConfig;
    type State = Rebuild;
    type Event = Tick;
    type Answer = Report;

    fn wire(config: &IndexConfig, host: &Host) -> Result<Rebuild, StoreError> {
        let IndexParts { dynamo, tables, indexing, engine } = config.wire(host)?;
        Ok(Rebuild {
            survey: tables,
            indexing,
            engine,
            orders: Arc::new(RebuildTable::new(dynamo.clone(), config.coordination_table())),
            leases: Arc::new(LeaseTable::new(dynamo, config.coordination_table())),
            system: host.system.clone(),
        })
    }

    async fn handle(rebuild: &Rebuild, _: Tick) -> Result<Report, WorkerError> {
        Ok(rebuild.run().await?)
    }
}
