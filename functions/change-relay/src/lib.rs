//! The change streams of the tables: each change reaches every queue that wants it, at least once, as one thin message.

mod wiring;

use std::{collections::HashMap, sync::Arc};

use shared::{
    batch::BatchAnswer,
    domain::change::{Change, Subject},
    ports::{
        changes::{ChangeQueues, ChangeRecords},
        permission::Queue,
    },
    stream::{self, StreamEvent},
    worker::WorkerError,
};

pub use wiring::{ChangeRelay, Config};

/// Which changes a queue wants.
type Wants = fn(&Subject) -> bool;

/// Who wants what. The event sources' filters in the template let through what anyone here wants.
const SUBSCRIPTIONS: [(Queue, Wants); 3] = [
    (Queue::CacheEvict, |subject| match subject {
        Subject::Article(_) | Subject::User(_) | Subject::Username(_) => true,
        Subject::ArticleCounters(_) | Subject::FollowCounters(_) => true,
        Subject::ArticleHeat(_) | Subject::SmsTask(_) => false,
    }),
    (Queue::SearchSync, |subject| matches!(subject, Subject::Article(_) | Subject::ArticleHeat(_) | Subject::User(_))),
    (Queue::SmsDispatch, |subject| matches!(subject, Subject::SmsTask(_))),
];

/// What the handler uses.
pub struct Relay {
    /// Understands records.
    pub records: Arc<dyn ChangeRecords>,
    /// Sends changes.
    pub queues: Arc<dyn ChangeQueues>,
}

impl Relay {
    /// Sends what the records of `event` say, up to the first that makes no sense.
    ///
    /// # Errors
    /// Whatever failed, if it is the first record.
    pub async fn relay(&self, event: StreamEvent) -> Result<BatchAnswer, WorkerError> {
        let mut failed: Option<(usize, WorkerError)> = None;
        let mut changes = Vec::new();
        for (place, record) in event.records.iter().enumerate() {
            match self.records.read(record) {
                Ok(change) => changes.extend(change.map(|change| (place, change))),
                Err(error) => {
                    failed = Some((place, error.into()));
                    break;
                }
            }
        }
        for (queue, wants) in SUBSCRIPTIONS {
            let wanted = changes.iter().filter(|(_, change)| wants(&change.subject)).cloned();
            let (places, wanted): (Vec<_>, Vec<_>) = folded(wanted).into_iter().unzip();
            if wanted.is_empty() {
                continue;
            }
            if let Err(not_sent) = self.queues.send(queue, &wanted).await {
                let first = not_sent.places.iter().filter_map(|place| places.get(*place)).min().copied().unwrap_or(0);
                if failed.as_ref().is_none_or(|(place, _)| first < *place) {
                    failed = Some((first, not_sent.source.into()));
                }
            }
        }
        stream::answer(&event.records, failed)
    }
}

/// The newest change of each subject, with the place of the first record that it stands for.
fn folded(changes: impl Iterator<Item = (usize, Change)>) -> Vec<(usize, Change)> {
    let mut newest: Vec<(usize, Change)> = Vec::new();
    let mut known: HashMap<Subject, usize> = HashMap::new();
    for (place, change) in changes {
        match known.get(&change.subject).and_then(|at| newest.get_mut(*at)) {
            Some((_, kept)) => *kept = kept.clone().newer(change),
            None => {
                known.insert(change.subject.clone(), newest.len());
                newest.push((place, change));
            }
        }
    }
    newest
}
