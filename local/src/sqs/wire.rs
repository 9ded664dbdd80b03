//! SQS's wire protocol: `POST /` with the operation in a header and JSON in the body.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Response},
    routing::post,
};
use rustack_sqs_core::handler::RustackSqsHandler;
use rustack_sqs_http::{
    body::SqsResponseBody,
    dispatch::SqsHandler as _,
    response::{error_to_response, json_response},
    router::resolve_operation,
};
use rustack_sqs_model::{error::SqsError, operations::SqsOperation};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use shared::{adapters::system::OperatingSystem, ports::system::System};

use super::Queues;

/// What answers SQS's clients.
pub(super) fn router(queues: Arc<Queues>) -> Router {
    Router::new().route("/", post(answer)).with_state(queues)
}

async fn answer(State(queues): State<Arc<Queues>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let system: &dyn System = &OperatingSystem::default();
    let request_id = format!("{:032x}", u128::from_be_bytes(system.random()));
    let answered = match resolve_operation(&headers) {
        Ok(operation) => operate(&queues, operation, body, &request_id).await,
        Err(error) => Err(error),
    };
    answered.unwrap_or_else(|error| error_to_response(&error, &request_id)).map(Body::new)
}

async fn operate(
    queues: &Queues,
    operation: SqsOperation,
    body: Bytes,
    request_id: &str,
) -> Result<Response<SqsResponseBody>, SqsError> {
    let output = match operation {
        SqsOperation::SendMessage => json_of(queues.send(input(&body)?).await?),
        SqsOperation::SendMessageBatch => json_of(queues.send_batch(input(&body)?).await?),
        SqsOperation::ReceiveMessage => json_of(queues.receive(input(&body)?).await?),
        SqsOperation::DeleteMessage => queues.delete(input(&body)?).await.map(|()| json!({})),
        SqsOperation::DeleteMessageBatch => json_of(queues.delete_batch(input(&body)?).await?),
        SqsOperation::PurgeQueue => queues.purge(input(&body)?).await.map(|()| json!({})),
        SqsOperation::GetQueueAttributes => json_of(queues.attributes(input(&body)?).await?),
        // The queues are the template's.
        SqsOperation::CreateQueue | SqsOperation::DeleteQueue | SqsOperation::SetQueueAttributes => {
            Err(SqsError::unknown_operation(operation.as_str()))
        }
        other => return RustackSqsHandler::new(queues.provider()).handle_operation(other, body).await,
    };
    Ok(json_response(output?.to_string().into_bytes(), request_id))
}

fn input<T: DeserializeOwned>(body: &[u8]) -> Result<T, SqsError> {
    serde_json::from_slice(body).map_err(|error| SqsError::invalid_parameter_value(error.to_string()))
}

fn json_of(output: impl Serialize) -> Result<Value, SqsError> {
    serde_json::to_value(output).map_err(|error| SqsError::internal_error(error.to_string()))
}
