//! What every engine promises, of this one.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use search_embedded::Embedded;
use shared::domain::ranking::Scoring;

async fn fresh() -> search_contract::Fresh {
    let folder = tempfile::tempdir().unwrap();
    search_contract::Fresh::new(Embedded::open(folder.path(), Scoring::default()).unwrap(), folder)
}

search_contract::contract!(fresh);
