//! What every engine promises, on the double of OpenSearch (`docs/search-opensearch.md` says what that cannot show).

#![allow(clippy::unwrap_used, reason = "all of it is tests")]

mod double;

async fn fresh() -> search_contract::Fresh {
    search_contract::Fresh::new(double::engine(double::settings()), ())
}

search_contract::contract!(fresh);
