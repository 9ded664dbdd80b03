//! The services that run in the program's own process: database and queues, and the ledger beneath.

use std::sync::Arc;

use crate::{
    StartError,
    addresses::{self, Addresses},
    data::DataFolder,
    dynamodb::{self, EmbeddedDynamo},
    ledger::Ledger,
    services::Ports,
    sources::Records,
    sqs::EmbeddedSqs,
    template::Template,
};

/// Running database and queues.
pub(crate) struct Backends {
    /// The tables' names.
    pub(crate) tables: Vec<String>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) records: Arc<Records>,
    pub(crate) sqs: EmbeddedSqs,
    pub(crate) dynamodb: EmbeddedDynamo,
}

impl Backends {
    /// Starts them over `data`, and tells other programs of the same user where they and the cache at `redis` are.
    pub(crate) async fn start(
        template: &Template,
        data: &DataFolder,
        ports: Ports,
        redis: &str,
    ) -> Result<Self, StartError> {
        let tables = template.tables()?.into_iter().map(|table| table.resource).collect();
        let queues = template.queues()?;
        let ledger = Arc::new(Ledger::open(data.path()).map_err(StartError::ledger)?);
        let dynamodb = EmbeddedDynamo::start(data.path(), template, ports.dynamodb).await?;
        let records = Records::open(&data.path().join(dynamodb::FILE)).map_err(StartError::ledger);
        let started = match records {
            Ok(records) => {
                let sqs = EmbeddedSqs::start(&queues, ledger.clone(), ports.sqs).await;
                sqs.map(|sqs| (Arc::new(records), sqs))
            }
            Err(error) => Err(error),
        };
        let (records, sqs) = match started {
            Ok(started) => started,
            Err(error) => {
                dynamodb.stop().await;
                return Err(error);
            }
        };
        let own = Self { tables, ledger, records, sqs, dynamodb };
        let addresses = Addresses {
            dynamodb: own.dynamodb.endpoint.clone(),
            sqs: own.sqs.endpoint.clone(),
            redis: redis.to_owned(),
        };
        if let Err(source) = addresses::write(data.path(), &addresses) {
            own.stop(data).await;
            return Err(StartError::Unwritable { folder: data.path().to_owned(), source });
        }
        Ok(own)
    }

    /// Stops them; what was written is in the data folder.
    pub(crate) async fn stop(self, data: &DataFolder) {
        addresses::remove(data.path());
        self.sqs.stop().await;
        self.dynamodb.stop().await;
    }
}
