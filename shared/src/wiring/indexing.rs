//! What the functions have in common that keep a search index.

use std::sync::Arc;

use crate::{
    adapters::{
        dynamodb::{ArticleTable, Dynamo, DynamoSettings, IndexTables, InteractionTable, TableNames, UserTable},
        host::Host,
        search::SearchSettings,
    },
    config::{FromEnvironment, Reader, settings},
    indexing::Indexing,
    ports::{StoreError, search::SearchEngine},
};

/// What a function reads that keeps an index.
pub struct IndexConfig {
    dynamo: DynamoSettings,
    users_table: String,
    articles_table: String,
    interactions_table: String,
    coordination_table: String,
    search: SearchSettings,
}

impl FromEnvironment for IndexConfig {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let dynamo = DynamoSettings::take(reader);
        let users_table = reader.take(&settings::USERS_TABLE);
        let articles_table = reader.take(&settings::ARTICLES_TABLE);
        let interactions_table = reader.take(&settings::INTERACTIONS_TABLE);
        let coordination_table = reader.take(&settings::COORDINATION_TABLE);
        let search = SearchSettings::take(reader);
        Some(Self {
            dynamo: dynamo?,
            users_table: users_table?,
            articles_table: articles_table?,
            interactions_table: interactions_table?,
            coordination_table: coordination_table?,
            search: search?,
        })
    }
}

/// What a function needs that keeps an index.
pub struct IndexParts {
    /// The client beneath all of the function's tables.
    pub dynamo: Dynamo,
    /// What there is to be found.
    pub tables: Arc<IndexTables>,
    /// Makes entries of it.
    pub indexing: Indexing,
    /// The index.
    pub engine: Arc<dyn SearchEngine>,
}

impl IndexConfig {
    /// The name of the table of coordination.
    pub fn coordination_table(&self) -> &str {
        &self.coordination_table
    }

    /// Makes the parts of `host`'s clients.
    ///
    /// # Errors
    /// A client that cannot be made of what is configured.
    pub fn wire(&self, host: &Host) -> Result<IndexParts, StoreError> {
        let names = TableNames {
            users: Some(self.users_table.clone()),
            articles: Some(self.articles_table.clone()),
            interactions: Some(self.interactions_table.clone()),
            coordination: Some(self.coordination_table.clone()),
            ..TableNames::default()
        };
        let dynamo = host.dynamo(&self.dynamo, names);
        let tables = Arc::new(IndexTables::new(
            ArticleTable::new(dynamo.clone(), &self.articles_table),
            UserTable::new(dynamo.clone(), &self.users_table),
            InteractionTable::new(dynamo.clone(), &self.interactions_table),
        ));
        let indexing = Indexing { source: tables.clone(), scoring: self.search.scoring };
        Ok(IndexParts { indexing, tables, engine: host.search(&self.search)?, dynamo })
    }
}
