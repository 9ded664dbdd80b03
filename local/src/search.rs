//! The program's search engine: an index in the data folder, or the OpenSearch domain at `SEARCH_URL`.

use std::{path::Path, sync::Arc};

use search_embedded::Embedded;
use shared::{
    adapters::{
        dynamodb::{ArticleTable, DynamoSettings, IndexTables, InteractionTable, RebuildTable, TableNames, UserTable},
        host::Host,
        search::{SearchEngineMaker, SearchSettings},
    },
    config::{FromEnvironment, Reader},
    ports::{
        StoreError,
        indexing::{INDEX_SURVEY, IndexSurvey as _, REBUILD_ORDERS, RebuildOrders as _},
        search::SearchEngine,
    },
};

/// The name of the folder in the data folder.
const FOLDER: &str = "search";

/// The engine, and whether it has yet to be filled with what the tables have.
pub(crate) struct Index {
    engine: Arc<dyn SearchEngine>,
    is_new: bool,
}

/// What is read of the environment for it.
pub(crate) struct Config {
    search: SearchSettings,
    dynamo: DynamoSettings,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let (search, dynamo) = (SearchSettings::take(reader), DynamoSettings::take(reader));
        Some(Self { search: search?, dynamo: dynamo? })
    }
}

impl Index {
    /// Opens the index in the data folder at `data`, unless there is a domain.
    ///
    /// # Errors
    /// An index that cannot be opened, or a domain that cannot be one.
    pub(crate) fn open(config: &Config, data: &Path, host: &Host) -> Result<Self, StoreError> {
        if let Some(engine) = search_opensearch::maker()(&config.search, host.system.clone())? {
            return Ok(Self { engine, is_new: false });
        }
        let embedded = Embedded::open(&data.join(FOLDER), config.search.scoring)?;
        Ok(Self { is_new: embedded.needs_rebuild(), engine: Arc::new(embedded) })
    }

    /// What gives it to functions.
    pub(crate) fn maker(&self) -> SearchEngineMaker {
        let engine = self.engine.clone();
        Arc::new(move |_, _| Ok(Some(engine.clone())))
    }

    /// Orders that it is filled, if it is new and there is something to be found: of a platform that had none before, or whose index was lost.
    ///
    /// # Errors
    /// The tables failed.
    pub(crate) async fn order_if_new(&self, config: &Config, host: &Host) -> Result<(), StoreError> {
        if !self.is_new {
            return Ok(());
        }
        let names = TableNames {
            users: Some("UsersTable".to_owned()),
            articles: Some("ArticlesTable".to_owned()),
            interactions: Some("InteractionsTable".to_owned()),
            coordination: Some("CoordinationTable".to_owned()),
            ..TableNames::default()
        };
        let dynamo = host.for_function([INDEX_SURVEY, REBUILD_ORDERS].concat()).dynamo(&config.dynamo, names);
        let survey = IndexTables::new(
            ArticleTable::new(dynamo.clone(), "ArticlesTable"),
            UserTable::new(dynamo.clone(), "UsersTable"),
            InteractionTable::new(dynamo.clone(), "InteractionsTable"),
        );
        if survey.count().await? > 0 {
            RebuildTable::new(dynamo, "CoordinationTable").order().await?;
            tracing::info!("the search index is new: it is filled within minutes");
        }
        Ok(())
    }
}
