//! Dead letters: looked at, and taken out.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, Message, MessageAttributeValue, MessageSystemAttributeName,
};

use super::super::deployment::{Deployment, told};
use crate::template::{QueueDefinition, Template, kebab};

/// How long a message that is looked at is kept from others, should it not be given back.
const HELD_SECONDS: i32 = 30;
/// How many dead letters of a queue are looked at, at the most.
const MOST: usize = 1_000;

/// A queue with its dead-letter queue, as the template knows them.
pub(super) struct Pair {
    /// What people call it, such as `cache-evict`.
    pub(super) name: String,
    pub(super) queue: QueueDefinition,
    pub(super) dead_letters: Option<QueueDefinition>,
}

/// The queues that functions take from.
pub(super) fn pairs() -> Result<Vec<Pair>, String> {
    let queues = Template::read().and_then(|template| template.queues()).map_err(|error| error.to_string())?;
    let dead_letters_of = |queue: &QueueDefinition| {
        let redrive = queue.redrive.as_ref()?;
        queues.iter().find(|other| other.resource == redrive.dead_letters).cloned()
    };
    let takes_none = |queue: &&QueueDefinition| {
        !queues.iter().any(|other| other.redrive.as_ref().is_some_and(|to| to.dead_letters == queue.resource))
    };
    let pair = |queue: &QueueDefinition| Pair {
        name: kebab(queue.resource.strip_suffix("Queue").unwrap_or(&queue.resource)),
        queue: queue.clone(),
        dead_letters: dead_letters_of(queue),
    };
    Ok(queues.iter().filter(takes_none).map(pair).collect())
}

/// Where `queue` is.
pub(super) async fn url(deployment: &Deployment, queue: &QueueDefinition) -> Result<String, String> {
    let name = queue.name(&deployment.stack);
    let found = deployment.sqs.get_queue_url().queue_name(&name).send().await.map_err(|error| {
        let missing = error.as_service_error().is_some_and(|error| error.is_queue_does_not_exist());
        if missing { format!("there is no queue {name}") } else { told(error) }
    })?;
    found.queue_url.ok_or_else(|| format!("there is no queue {name}"))
}

/// A message that was given up.
pub(super) struct DeadLetter {
    pub(super) id: String,
    pub(super) handle: String,
    pub(super) body: String,
    pub(super) attributes: HashMap<String, MessageAttributeValue>,
    /// Milliseconds since the epoch.
    pub(super) sent: Option<i64>,
}

/// Takes the dead letters out of the queue at `url`, which holds about `expected`, for [`HELD_SECONDS`].
pub(super) async fn take(deployment: &Deployment, url: &str, expected: usize) -> Result<Vec<DeadLetter>, String> {
    let mut letters: Vec<DeadLetter> = Vec::new();
    while letters.len() < expected.min(MOST) {
        let receive = deployment.sqs.receive_message().queue_url(url).max_number_of_messages(10);
        let receive = receive
            .visibility_timeout(HELD_SECONDS)
            // SQS asks all its servers only if it may wait.
            .wait_time_seconds(1)
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp);
        let received = receive.send().await.map_err(told)?.messages.unwrap_or_default();
        if received.is_empty() {
            break;
        }
        letters.extend(received.into_iter().map(letter));
    }
    Ok(letters)
}

fn letter(message: Message) -> DeadLetter {
    let sent = message.attributes.as_ref().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
    DeadLetter {
        sent: sent.and_then(|sent| sent.parse().ok()),
        id: message.message_id.unwrap_or_default(),
        handle: message.receipt_handle.unwrap_or_default(),
        body: message.body.unwrap_or_default(),
        attributes: message.message_attributes.unwrap_or_default(),
    }
}

/// Gives back what was taken out of the queue at `url`.
pub(super) async fn give_back(deployment: &Deployment, url: &str, letters: &[DeadLetter]) -> Result<(), String> {
    for ten in letters.chunks(10) {
        let entry = |(place, letter): (usize, &DeadLetter)| {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(place.to_string());
            entry.receipt_handle(&letter.handle).visibility_timeout(0).build()
        };
        let entries = ten.iter().enumerate().map(entry).collect::<Result<Vec<_>, _>>().map_err(told)?;
        let change = deployment.sqs.change_message_visibility_batch().queue_url(url).set_entries(Some(entries));
        // One that is not given back now comes back by itself.
        change.send().await.map_err(told)?;
    }
    Ok(())
}

/// The key under which it is noted why the message `id` of the queue `name` was given up.
fn failure(name: &str, id: &str) -> [(&'static str, AttributeValue); 2] {
    [("pk", AttributeValue::S(format!("FAILURE#{name}"))), ("sk", AttributeValue::S(id.to_owned()))]
}

/// Why the message `id` of the queue `name` was given up, if that was noted in `table`.
pub(super) async fn error_of(
    deployment: &Deployment,
    table: &str,
    name: &str,
    id: &str,
) -> Result<Option<String>, String> {
    let [pk, sk] = failure(name, id);
    let get = deployment.dynamodb.get_item().table_name(table).key(pk.0, pk.1).key(sk.0, sk.1);
    let item = get.send().await.map_err(told)?.item;
    Ok(item.and_then(|item| item.get("error")?.as_s().ok().cloned()))
}

/// Forgets why a message was given up that was not given up after all.
pub(super) async fn forget_error(deployment: &Deployment, table: &str, name: &str, id: &str) -> Result<(), String> {
    let [pk, sk] = failure(name, id);
    let delete = deployment.dynamodb.delete_item().table_name(table).key(pk.0, pk.1).key(sk.0, sk.1);
    delete.send().await.map(drop).map_err(told)
}
