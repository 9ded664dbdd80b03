//! Queues whose messages outlive the process.
//!
//! rustack keeps messages in memory. Here each is noted in the ledger before its sender is answered, and forgotten once it is
//! deleted; at start the ledger's messages are put back. A message keeps its id and the time at which it was sent.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustack_sqs_core::{config::SqsConfig, provider::RustackSqs};
use rustack_sqs_model::{
    error::SqsError,
    input::{
        ChangeMessageVisibilityInput, CreateQueueInput, DeleteMessageBatchInput, DeleteMessageInput,
        GetQueueAttributesInput, PurgeQueueInput, ReceiveMessageInput, SendMessageBatchInput, SendMessageInput,
    },
    output::{
        DeleteMessageBatchOutput, GetQueueAttributesOutput, ReceiveMessageOutput, SendMessageBatchOutput,
        SendMessageOutput,
    },
    types::{Message, MessageAttributeValue},
};
use serde::{Deserialize, Serialize};
use shared::{adapters::system::OperatingSystem, ports::system::System};

use super::STACK;
use crate::{
    ledger::{Ledger, LedgerError, Letter},
    template::QueueDefinition,
};

pub(super) const HOST: &str = "127.0.0.1";
const REGION: &str = "local";
pub(super) const ACCOUNT: &str = "000000000000";
const RECEIVES: &str = "ApproximateReceiveCount";
const SENT: &str = "SentTimestamp";
/// The name of CloudWatch's metric: here an attribute tells it, in seconds.
const AGE: &str = "ApproximateAgeOfOldestMessage";

/// The queues of the template.
pub(crate) struct Queues {
    pub(super) sqs: Arc<RustackSqs>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) clock: OperatingSystem,
    pub(super) known: HashMap<String, Known>,
    urls: HashMap<String, String>,
    /// The ids that messages had before a restart, by those that they have now.
    pub(super) renamed: Mutex<HashMap<String, String>>,
    /// Held while a message is sent and noted: a consumer may be done with it before its sender is answered, and would
    /// forget what is not noted yet.
    noting: tokio::sync::Mutex<()>,
}

/// What is to be known of a queue by its name.
pub(super) struct Known {
    pub(super) max_receives: u32,
    /// The queue whose dead letters it takes.
    pub(super) letters_of: Option<String>,
}

/// How many messages a queue holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Depth {
    pub(crate) visible: u64,
    pub(crate) in_flight: u64,
    pub(crate) delayed: u64,
}

impl Depth {
    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// What a message is besides its id and times.
#[derive(Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) body: String,
    pub(super) attributes: HashMap<String, MessageAttributeValue>,
}

impl Queues {
    /// Makes the queues, whose addresses are on `port`, and puts back into them what the ledger holds.
    pub(super) async fn make(definitions: &[QueueDefinition], ledger: Arc<Ledger>, port: u16) -> Result<Self, String> {
        let (default_region, account_id) = (REGION.to_owned(), ACCOUNT.to_owned());
        let config =
            SqsConfig { skip_signature_validation: true, default_region, account_id, host: HOST.to_owned(), port };
        let (clock, noting) = (OperatingSystem::default(), tokio::sync::Mutex::default());
        let name = |resource: &str| definitions.iter().find(|q| q.resource == resource).map(|q| q.name(STACK));
        let known = |queue: &QueueDefinition| {
            let source = definitions
                .iter()
                .find(|source| source.redrive.as_ref().is_some_and(|to| to.dead_letters == queue.resource));
            let max_receives = queue.redrive.as_ref().map_or(u32::MAX, |redrive| redrive.max_receives);
            (queue.name(STACK), Known { max_receives, letters_of: source.map(|source| source.name(STACK)) })
        };
        let known = definitions.iter().map(known).collect();
        let (sqs, urls, renamed) = (Arc::new(RustackSqs::new(config)), HashMap::new(), Mutex::default());
        let mut queues = Self { sqs, ledger, clock, known, urls, renamed, noting };
        for definition in definitions {
            let mut attributes = HashMap::from([
                ("VisibilityTimeout".to_owned(), definition.visibility_seconds.to_string()),
                ("DelaySeconds".to_owned(), definition.delay_seconds.to_string()),
            ]);
            if let Some(redrive) = &definition.redrive {
                let target = arn(&name(&redrive.dead_letters).unwrap_or_default());
                let policy =
                    serde_json::json!({"deadLetterTargetArn": target, "maxReceiveCount": redrive.max_receives});
                attributes.insert("RedrivePolicy".to_owned(), policy.to_string());
            }
            let input =
                CreateQueueInput { queue_name: definition.name(STACK), attributes, ..CreateQueueInput::default() };
            let made = queues.sqs.create_queue(input).await.map_err(|error| error.message)?;
            queues.urls.insert(definition.resource.clone(), made.queue_url.unwrap_or_default());
        }
        queues.restore().await?;
        Ok(queues)
    }

    /// rustack's own provider, for what needs no ledger.
    pub(super) fn provider(&self) -> Arc<RustackSqs> {
        self.sqs.clone()
    }

    pub(crate) fn urls(&self) -> &HashMap<String, String> {
        &self.urls
    }

    /// The address of the queue that is the resource `resource`.
    pub(crate) fn url(&self, resource: &str) -> Option<&str> {
        self.urls.get(resource).map(String::as_str)
    }

    /// The resources of the queues that take no dead letters: those that functions consume.
    pub(crate) fn main_queues(&self) -> Vec<String> {
        let takes_none = |url: &str| self.known.get(name_of(url)).is_some_and(|known| known.letters_of.is_none());
        let main = self.urls.iter().filter(|(_, url)| takes_none(url));
        main.map(|(resource, _)| resource.clone()).collect()
    }

    pub(crate) async fn send(&self, input: SendMessageInput) -> Result<SendMessageOutput, SqsError> {
        let _noting = self.noting.lock().await;
        let letter = self.letter(&input.queue_url, &input.message_body, &input.message_attributes, input.delay_seconds);
        let sent = self.sqs.send_message(input).await?;
        let letter = Letter { id: sent.message_id.clone().unwrap_or_default(), ..letter? };
        self.ledger.sent(&[letter]).map_err(unnoted)?;
        Ok(sent)
    }

    pub(crate) async fn send_batch(&self, input: SendMessageBatchInput) -> Result<SendMessageBatchOutput, SqsError> {
        let _noting = self.noting.lock().await;
        let letters = input.entries.iter().map(|entry| {
            let letter =
                self.letter(&input.queue_url, &entry.message_body, &entry.message_attributes, entry.delay_seconds)?;
            Ok((entry.id.clone(), letter))
        });
        let mut letters = letters.collect::<Result<HashMap<_, _>, SqsError>>()?;
        let output = self.sqs.send_message_batch(input).await?;
        let accepted = output.successful.iter().filter_map(|sent| {
            let letter = letters.remove(&sent.id)?;
            Some(Letter { id: sent.message_id.clone(), ..letter })
        });
        self.ledger.sent(&accepted.collect::<Vec<_>>()).map_err(unnoted)?;
        Ok(output)
    }

    /// What the ledger will hold of a message, but for its id.
    fn letter(
        &self,
        url: &str,
        body: &str,
        attributes: &HashMap<String, MessageAttributeValue>,
        delay: Option<i32>,
    ) -> Result<Letter, SqsError> {
        let content = Content { body: body.to_owned(), attributes: attributes.clone() };
        let content = serde_json::to_string(&content).map_err(|error| SqsError::internal_error(error.to_string()))?;
        let sent = self.clock.now().as_millis();
        let visible = sent + i64::from(delay.unwrap_or_default()) * 1000;
        Ok(Letter { id: String::new(), queue: name_of(url).to_owned(), sent, visible, receives: 0, content })
    }

    pub(crate) async fn receive(&self, mut input: ReceiveMessageInput) -> Result<ReceiveMessageOutput, SqsError> {
        let known = self.known.get(name_of(&input.queue_url));
        if !input.message_system_attribute_names.iter().any(|name| name == "All" || name == RECEIVES) {
            input.message_system_attribute_names.push(RECEIVES.to_owned());
        }
        let mut output = self.sqs.receive_message(input).await?;
        for message in &mut output.messages {
            self.recognise(message)?;
            let times = message.attributes.get(RECEIVES).and_then(|times| times.parse().ok()).unwrap_or(1);
            // The first delivery is the last of nearly all messages: what a write each would buy is one more try after a kill.
            if times > 1 || known.is_some_and(|known| known.max_receives == 1) {
                let id = message.message_id.as_deref().unwrap_or_default();
                if known.is_some_and(|known| known.letters_of.is_none()) {
                    self.ledger.received(id, times).map_err(unnoted)?;
                }
            }
        }
        Ok(output)
    }

    /// Gives a message that was put back its own id and time.
    fn recognise(&self, message: &mut Message) -> Result<(), SqsError> {
        let renamed = self.renamed.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(own) = message.message_id.as_ref().and_then(|id| renamed.get(id)) else { return Ok(()) };
        if let (Some(attribute), Some(sent)) =
            (message.attributes.get_mut(SENT), self.ledger.sent_at(own).map_err(unnoted)?)
        {
            *attribute = sent.to_string();
        }
        message.message_id = Some(own.clone());
        Ok(())
    }

    pub(crate) async fn delete(&self, input: DeleteMessageInput) -> Result<(), SqsError> {
        let _noting = self.noting.lock().await;
        let id = self.id_of(&input.receipt_handle);
        self.sqs.delete_message(input).await?;
        self.ledger.deleted(&Vec::from_iter(id)).map_err(unnoted)
    }

    pub(crate) async fn delete_batch(
        &self,
        input: DeleteMessageBatchInput,
    ) -> Result<DeleteMessageBatchOutput, SqsError> {
        let _noting = self.noting.lock().await;
        let ids: Vec<_> = input.entries.iter().filter_map(|entry| self.id_of(&entry.receipt_handle)).collect();
        let output = self.sqs.delete_message_batch(input).await?;
        self.ledger.deleted(&ids).map_err(unnoted)?;
        Ok(output)
    }

    /// The id of the message that a receipt handle is about: rustack's handles are `id:time:nonce` in base64.
    fn id_of(&self, receipt_handle: &str) -> Option<String> {
        let handle = String::from_utf8(STANDARD.decode(receipt_handle).ok()?).ok()?;
        let (id, _) = handle.split_once(':')?;
        // Deleted, it needs no other name any more.
        let renamed = self.renamed.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        Some(renamed.unwrap_or_else(|| id.to_owned()))
    }

    pub(crate) async fn hide(&self, url: &str, receipt_handle: String, seconds: i32) -> Result<(), SqsError> {
        let input =
            ChangeMessageVisibilityInput { queue_url: url.to_owned(), receipt_handle, visibility_timeout: seconds };
        self.sqs.change_message_visibility(input).await.map(drop)
    }

    pub(super) async fn purge(&self, input: PurgeQueueInput) -> Result<(), SqsError> {
        let _noting = self.noting.lock().await;
        let name = name_of(&input.queue_url).to_owned();
        self.sqs.purge_queue(input).await?;
        self.kept_in(&name).try_for_each(|(queue, from, to)| self.ledger.purged(queue, from, to)).map_err(unnoted)
    }

    /// Where the ledger keeps the messages of the queue `name`: a dead letter stays where it was sent to, and shows by how often
    /// it was received.
    fn kept_in<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, u32, u32)> {
        let known = self.known.get(name);
        let own = known.map(|known| (name, 0, known.max_receives));
        let source =
            known.and_then(|known| Some((known.letters_of.as_deref()?, self.known.get(known.letters_of.as_ref()?)?)));
        own.into_iter().chain(source.map(|(source, known)| (source, known.max_receives, u32::MAX)))
    }

    pub(super) async fn attributes(
        &self,
        input: GetQueueAttributesInput,
    ) -> Result<GetQueueAttributesOutput, SqsError> {
        let wants_age = input.attribute_names.iter().any(|name| name == "All" || name == AGE);
        let name = name_of(&input.queue_url).to_owned();
        let mut output = self.sqs.get_queue_attributes(input).await?;
        if wants_age && let Some(sent) = self.oldest(&name).map_err(unnoted)? {
            let age = (self.clock.now().as_millis() - sent).max(0) / 1000;
            output.attributes.insert(AGE.to_owned(), age.to_string());
        }
        Ok(output)
    }

    /// When the oldest message in the queue was sent.
    fn oldest(&self, name: &str) -> Result<Option<i64>, LedgerError> {
        let times = self.kept_in(name).map(|(queue, from, to)| self.ledger.oldest(queue, from, to));
        Ok(times.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().min())
    }

    /// How many messages the queue at `url` holds.
    pub(crate) async fn depth(&self, url: &str) -> Result<Depth, SqsError> {
        let input = GetQueueAttributesInput { queue_url: url.to_owned(), attribute_names: vec!["All".to_owned()] };
        let attributes = self.sqs.get_queue_attributes(input).await?.attributes;
        let count = |name: &str| attributes.get(name).and_then(|count| count.parse().ok()).unwrap_or_default();
        Ok(Depth {
            visible: count("ApproximateNumberOfMessages"),
            in_flight: count("ApproximateNumberOfMessagesNotVisible"),
            delayed: count("ApproximateNumberOfMessagesDelayed"),
        })
    }

    pub(super) async fn shut_down(&self) {
        self.sqs.shutdown_all().await;
    }
}

/// The name of a queue in an address or an ARN.
pub(crate) fn name_of(address: &str) -> &str {
    address.rsplit(['/', ':']).next().unwrap_or(address)
}

/// The ARN of the queue `name`.
pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}

fn unnoted(error: LedgerError) -> SqsError {
    SqsError::internal_error(format!("the ledger: {error}"))
}
