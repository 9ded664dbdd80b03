//! Makes a process's engine of what is configured.

use std::sync::Arc;

use shared::{
    adapters::search::{SearchEngineMaker, SearchSettings},
    ports::{StoreError, search::SearchEngine, system::System},
};

use crate::{
    OpenSearch,
    settings::{OpenSearchSettings, Signing},
};

/// Makes the engine of the domain that is configured, if one is.
pub fn maker() -> SearchEngineMaker {
    Arc::new(make)
}

fn make(settings: &SearchSettings, system: Arc<dyn System>) -> Result<Option<Arc<dyn SearchEngine>>, StoreError> {
    let Some(url) = settings.url.clone() else { return Ok(None) };
    let SearchSettings { analysis, scoring, region, credentials, .. } = settings.clone();
    let settings = OpenSearchSettings {
        analysis,
        scoring,
        signing: Some(Signing { region, credentials }),
        ..OpenSearchSettings::new(url)
    };
    Ok(Some(Arc::new(OpenSearch::new(settings, system)?)))
}
