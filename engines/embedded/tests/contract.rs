//! What every engine promises, of this one.

use search_embedded::Embedded;
use shared::domain::ranking::Scoring;

async fn fresh() -> search_contract::Fresh {
    let folder = tempfile::tempdir().unwrap();
    search_contract::Fresh::new(Embedded::open(folder.path(), Scoring::default()).unwrap(), folder)
}

search_contract::contract!(fresh);
