//! Calls to servers that are not ours.

use async_trait::async_trait;
use http::{Request, Response};

use super::StoreError;

/// A client for one service.
#[async_trait]
pub trait Web: Send + Sync {
    /// Sends `request` and reads the whole answer, whatever its status is. Redirections are not followed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if there is no answer within the client's time-outs, or the service has failed so often that
    /// it is left alone for a while; [`StoreError::Fault`] if the answer is larger than the client takes.
    async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, StoreError>;
}
