//! Requests that come while a round trip is under way share the next one, as databases share a flush of their log among transactions
//! ("group commit"). Nobody waits for company: whoever comes first goes alone, and under load the round trips get fewer and fuller by
//! themselves. Nothing is answered from what was asked before somebody came.

use std::{
    error::Error,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{mpsc, oneshot};

use super::{Redis, arrivals::Questions, away};
use crate::{
    domain::{RequestId, Timestamp},
    ports::{
        StoreError,
        arrivals::{Arrival, Arrived},
    },
};

/// Requests in a round trip at the most: Redis answers one command at a time, and the first would wait for the last.
const MOST: usize = 64;

/// A request that waits for its round trip.
struct Waiting {
    arrival: Arrival,
    id: RequestId,
    now: Timestamp,
    answer: oneshot::Sender<Result<Arrived, StoreError>>,
}

/// The requests of one client that wait.
#[derive(Default)]
pub(super) struct Together(Mutex<Option<mpsc::UnboundedSender<Waiting>>>);

impl Redis {
    /// Has `arrival` answered with those that wait as well.
    pub(super) async fn arrive_together(
        &self,
        arrival: Arrival,
        id: RequestId,
        now: Timestamp,
    ) -> Result<Arrived, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.queue(Waiting { arrival, id, now, answer });
        answered.await.unwrap_or_else(|_| Err(away("the round trip was given up".into())))
    }

    fn queue(&self, mut request: Waiting) {
        let mut queue = self.together.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = &*queue {
            match queue.send(request) {
                Ok(()) => return,
                // Whoever made the round trips has ended: a panic would end it, for one.
                Err(mpsc::error::SendError(back)) => request = back,
            }
        }
        let (sender, waiting) = mpsc::unbounded_channel();
        // It must not keep its own queue open: it ends with the last who may ask.
        let redis = Self { together: Arc::default(), ..self.clone() };
        tokio::spawn(async move { redis.make_round_trips(waiting).await });
        // If it ends at once, the request is dropped with its queue, and told so.
        sender.send(request).ok();
        *queue = Some(sender);
    }

    /// Makes one round trip after the other, each for all who wait.
    async fn make_round_trips(&self, mut waiting: mpsc::UnboundedReceiver<Waiting>) {
        let mut requests = Vec::with_capacity(MOST);
        while waiting.recv_many(&mut requests, MOST).await > 0 {
            // Whoever has left is not counted.
            requests.retain(|request| !request.answer.is_closed());
            let Some(now) = requests.iter().map(|request| request.now).max() else { continue };
            let mut questions = Questions::at(now, true);
            for Waiting { arrival, id, now, .. } in &requests {
                questions.add(arrival, *id, *now);
            }
            match self.put(questions).await {
                Ok(mut answers) => {
                    for Waiting { arrival, now, answer, .. } in requests.drain(..) {
                        // Whoever has left meanwhile needs no answer.
                        answer.send(answers.next(arrival, now)).ok();
                    }
                }
                Err(error) => {
                    // Whoever waited behind a round trip that failed has waited long enough.
                    while let Ok(request) = waiting.try_recv() {
                        requests.push(request);
                    }
                    let cause = Cause(error.into());
                    for request in requests.drain(..) {
                        request.answer.send(Err(away(Box::new(cause.clone())))).ok();
                    }
                }
            }
        }
    }
}

/// Why nobody of a round trip was answered.
#[derive(Debug, Clone)]
struct Cause(Arc<dyn Error + Send + Sync>);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
