//! What a program that was stopped or killed left in the ledger goes back into the queues.

use std::sync::PoisonError;

use rustack_sqs_model::input::SendMessageInput;
use shared::ports::system::System as _;

use super::durable::{ACCOUNT, Content, HOST, Queues};

impl Queues {
    /// Puts the ledger's messages back. Those that were received as often as may be are dead letters, as they would have become
    /// one at the next receive.
    pub(super) async fn restore(&self) -> Result<(), String> {
        for letter in self.ledger.letters().map_err(|error| error.to_string())? {
            let Some(known) = self.known.get(&letter.queue) else {
                tracing::warn!(
                    queue = letter.queue,
                    message = letter.id,
                    "a message of a queue that is no more is kept"
                );
                continue;
            };
            let dead = letter.receives >= known.max_receives;
            let dead_letters =
                self.known.iter().find(|(_, other)| dead && other.letters_of.as_deref() == Some(&*letter.queue));
            let name = dead_letters.map_or(&letter.queue, |(name, _)| name);
            let content: Content = serde_json::from_str(&letter.content).map_err(|error| error.to_string())?;
            // SQS delays by 900 s at the most.
            let delay = (letter.visible - self.clock.now().as_millis()).clamp(0, 900_000) / 1000;
            let input = SendMessageInput {
                queue_url: format!("http://{HOST}/{ACCOUNT}/{name}"),
                message_body: content.body,
                message_attributes: content.attributes,
                delay_seconds: i32::try_from(delay).ok(),
                ..SendMessageInput::default()
            };
            let sent = self.sqs.send_message(input).await.map_err(|error| error.message)?;
            let mut renamed = self.renamed.lock().unwrap_or_else(PoisonError::into_inner);
            renamed.insert(sent.message_id.unwrap_or_default(), letter.id);
        }
        Ok(())
    }
}
