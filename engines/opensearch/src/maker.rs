//! Makes a process's engine of what is configured.

use std::sync::Arc;

use shared::{
    adapters::search::{Analysis as Configured, SearchEngineMaker, SearchSettings},
    ports::{StoreError, search::SearchEngine, system::System},
};

use crate::{
    OpenSearch,
    settings::{Analysis, OpenSearchSettings, Signing},
};

/// Makes the engine of the domain that is configured, if one is.
pub fn maker() -> SearchEngineMaker {
    Arc::new(make)
}

fn make(settings: &SearchSettings, system: Arc<dyn System>) -> Result<Option<Arc<dyn SearchEngine>>, StoreError> {
    let Some(url) = &settings.url else { return Ok(None) };
    let url = url
        .to_string()
        .parse()
        .map_err(|problem: String| StoreError::Fault { service: "search", source: problem.into() })?;
    let analysis = match settings.analysis {
        Configured::Cjk => Analysis::Cjk,
        Configured::Smartcn => Analysis::Smartcn,
        Configured::Ik => Analysis::Ik,
    };
    let SearchSettings { scoring, region, credentials, .. } = settings.clone();
    let settings = OpenSearchSettings {
        analysis,
        scoring,
        signing: Some(Signing { region, credentials }),
        ..OpenSearchSettings::new(url)
    };
    Ok(Some(Arc::new(OpenSearch::new(settings, system)?)))
}
