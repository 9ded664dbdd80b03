//! What the SDK's errors mean to the platform.

use std::error::Error;

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
};

use super::breaker::is_open;
use crate::ports::StoreError;

pub(super) const SERVICE: &str = "DynamoDB";

/// Codes of DynamoDB that ask to come back later.
const OVERLOADED: [&str; 6] = [
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionInProgressException",
];

/// Another request works on the same item at this moment; the next try may succeed.
const CONFLICT: &str = "TransactionConflictException";

/// Sorts an error into "try later" and "must not happen".
pub(super) fn store_error<E>(error: SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let unavailable = match &error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or_default();
            if code == CONFLICT {
                return StoreError::Contended { service: SERVICE };
            }
            OVERLOADED.contains(&code) || service.raw().status().as_u16() >= 500
        }
        // A call that is not to be made; the breaker's reason passes.
        SdkError::ConstructionFailure(_) => is_open(&error),
        _ => true,
    };
    // The SDK's own `Display` keeps the causes to itself.
    let source = DisplayErrorContext(&error).to_string().into();
    if unavailable {
        StoreError::Unavailable { service: SERVICE, source }
    } else {
        StoreError::Fault { service: SERVICE, source }
    }
}

/// A stored item that is not what we store.
pub(super) fn corrupt(source: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
    StoreError::Fault { service: SERVICE, source: source.into() }
}
