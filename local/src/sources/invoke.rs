//! Calls a worker as Lambda would: with a time limit, and with a panic being a failure like any other.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use shared::{
    lambda::Handler,
    ports::system::System,
    telemetry::{Context, chain},
    worker::WorkerError,
};

/// A worker that event sources call.
#[derive(Clone)]
pub(crate) struct Callee {
    name: Arc<str>,
    handler: Handler,
    limit: Duration,
    system: Arc<dyn System>,
}

impl Callee {
    /// The worker `name`, whose calls take `limit` at the most.
    pub(crate) fn new(name: &str, handler: Handler, limit: Duration, system: Arc<dyn System>) -> Self {
        Self { name: name.into(), handler, limit, system }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What the worker answers to `event`. Why it failed is in the log.
    ///
    /// # Errors
    /// The worker's own, that it took too long, or that it panicked.
    pub(crate) async fn call(&self, event: Value) -> Result<Value, WorkerError> {
        let request_id = format!("{:032x}", u128::from_be_bytes(self.system.random()));
        let context = Context::of([("requestId", &*request_id), ("function", &*self.name)]);
        let work = tokio::spawn(context.clone().during((self.handler)(event)));
        let stop = work.abort_handle();
        let called = async {
            let outcome = match tokio::time::timeout(self.limit, work).await {
                Ok(Ok(answered)) => answered,
                Ok(Err(ended)) => Err(ended.into()),
                Err(_) => {
                    stop.abort();
                    Err(format!("it took longer than {:?}", self.limit).into())
                }
            };
            if let Err(error) = &outcome {
                tracing::error!(error = chain(&**error), "the event failed");
            }
            outcome
        };
        context.during(called).await
    }
}

/// The identifiers in a worker's answer of what failed: `batchItemFailures`. No answer is none.
pub(crate) fn failures(answer: &Value) -> Vec<String> {
    let items = answer["batchItemFailures"].as_array().into_iter().flatten();
    items.map(|item| item["itemIdentifier"].as_str().unwrap_or_default().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use serde_json::json;
    use shared::adapters::system::OperatingSystem;

    use super::*;

    fn callee(handler: Handler) -> Callee {
        Callee::new("worker", handler, Duration::from_millis(20), Arc::new(OperatingSystem::default()))
    }

    #[tokio::test]
    async fn an_answer_is_handed_on() {
        let echo: Handler = Arc::new(|event| async { Ok(event) }.boxed());
        assert_eq!(callee(echo).call(json!({"a": 1})).await.unwrap(), json!({"a": 1}));
    }

    #[tokio::test]
    async fn a_worker_that_takes_too_long_or_panics_has_failed() {
        let stuck: Handler = Arc::new(|_| std::future::pending().boxed());
        let error = callee(stuck).call(json!({})).await.unwrap_err();
        assert!(error.to_string().contains("longer than 20ms"), "{error}");
        let broken: Handler = Arc::new(|_| async { panic!("on purpose") }.boxed());
        callee(broken).call(json!({})).await.unwrap_err();
    }

    #[test]
    fn failures_are_read_from_an_answer_and_no_answer_is_none() {
        let answer = json!({"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]});
        assert_eq!(failures(&answer), ["a", "b"]);
        for answer in [json!(null), json!({}), json!({"batchItemFailures": []}), json!({"batchItemFailures": null})] {
            assert!(failures(&answer).is_empty());
        }
    }
}
