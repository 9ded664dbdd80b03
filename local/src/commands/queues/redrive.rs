//! `bloghub queues redrive`.

use clap::Args;
use serde_json::json;

use super::{
    super::{
        deployment::{Deployment, told},
        print, tell,
    },
    letters::{DeadLetter, forget_error, give_back, pairs, take, url},
    report::Counts,
};

/// Send dead letters back to the queue that they died in. A consumer may see one twice, as it may see any message.
#[derive(Args)]
pub(super) struct Arguments {
    /// The queue, such as cache-evict
    queue: String,
    #[command(flatten)]
    which: Which,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// Only the message with this id
    #[arg(long, value_name = "ID")]
    message: Option<String>,
    /// All of them
    #[arg(long)]
    all: bool,
}

pub(super) async fn run(deployment: &Deployment, arguments: &Arguments, as_json: bool) -> Result<(), String> {
    let pairs = pairs()?;
    let Some(pair) = pairs.iter().find(|pair| pair.name == arguments.queue) else {
        let known: Vec<_> = pairs.iter().map(|pair| pair.name.as_str()).collect();
        return Err(format!("there is no queue {}, but {}", arguments.queue, known.join(", ")));
    };
    let Some(dead_letters) = &pair.dead_letters else { return Err(format!("{} has no dead letters", pair.name)) };
    let (to, from) = (url(deployment, &pair.queue).await?, url(deployment, dead_letters).await?);
    let table = deployment.table("CoordinationTable").await?;
    let wanted = |letter: &DeadLetter| arguments.which.message.as_ref().is_none_or(|id| *id == letter.id);
    let mut sent = Vec::new();
    // As many as there are now: what dies again meanwhile is not sent back again. In turns, as one look may not take out all.
    let there = Counts::of(deployment, &from).await?.visible;
    while sent.len() < there {
        let (chosen, others): (Vec<_>, Vec<_>) =
            take(deployment, &from, there - sent.len()).await?.into_iter().partition(|letter| wanted(letter));
        give_back(deployment, &from, &others).await?;
        for letter in &chosen {
            send_back(deployment, &from, &to, letter).await?;
            sent.push(letter.id.clone());
            if let Err(problem) = forget_error(deployment, &table, &pair.name, &letter.id).await {
                tell(&format!("why {} had died is still noted: {problem}", letter.id));
            }
        }
        if chosen.is_empty() || arguments.which.message.is_some() {
            break;
        }
    }
    if let Some(id) = arguments.which.message.as_ref().filter(|_| sent.is_empty()) {
        return Err(format!("{} has no dead letter {id}", pair.name));
    }
    let text = json!({"queue": pair.name, "redriven": sent});
    print(&if as_json { format!("{text}\n") } else { format!("{} sent back to {}\n", sent.len(), pair.name) });
    Ok(())
}

/// First sent, then deleted: whatever comes between, the message is in one of the queues.
async fn send_back(deployment: &Deployment, from: &str, to: &str, letter: &DeadLetter) -> Result<(), String> {
    let send = deployment.sqs.send_message().queue_url(to).message_body(&letter.body);
    send.set_message_attributes(Some(letter.attributes.clone())).send().await.map_err(told)?;
    let delete = deployment.sqs.delete_message().queue_url(from).receipt_handle(&letter.handle);
    delete.send().await.map(drop).map_err(told)
}
