//! What every engine promises, on the double of OpenSearch (`docs/search-opensearch.md` says what that cannot show).

mod double;

async fn fresh() -> search_contract::Fresh {
    search_contract::Fresh::new(double::engine(double::settings()), ())
}

search_contract::contract!(fresh);
