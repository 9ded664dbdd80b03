//! What is compared.

use async_trait::async_trait;
use shared::domain::search::SearchText;

use crate::Result;

/// Something that puts articles into an order.
#[async_trait]
pub(crate) trait Ranker: Send + Sync {
    /// For people.
    fn name(&self) -> &'static str;

    /// The ids of at most `limit` articles, what answers best first.
    async fn rank(&self, text: &SearchText, limit: usize) -> Result<Vec<String>>;
}
