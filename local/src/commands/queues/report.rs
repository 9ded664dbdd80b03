//! What `bloghub queues` shows.

use aws_sdk_sqs::types::QueueAttributeName;
use serde::Serialize;
use shared::{adapters::system::OperatingSystem, ports::system::System as _};

use super::{
    super::{
        deployment::{Deployment, told},
        table::{age, table},
    },
    letters::{error_of, give_back, pairs, take, url},
};

/// A queue as it stands.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    queue: String,
    visible: usize,
    in_flight: usize,
    delayed: usize,
    /// How old the oldest message is, where that can be known.
    oldest_seconds: Option<i64>,
    dead_letters: Vec<Dead>,
    /// Dead letters in all: those above, and those that were too many to look at.
    dead: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Dead {
    id: String,
    age_seconds: Option<i64>,
    error: Option<String>,
}

/// All queues of the deployment.
pub(super) async fn reports(deployment: &Deployment) -> Result<Vec<Report>, String> {
    let now = OperatingSystem::default().now().as_millis();
    let mut reports = Vec::new();
    for pair in pairs()? {
        let counts = Counts::of(deployment, &url(deployment, &pair.queue).await?).await?;
        let (mut dead_letters, mut dead) = (Vec::new(), 0);
        if let Some(queue) = &pair.dead_letters {
            let url = url(deployment, queue).await?;
            let there = Counts::of(deployment, &url).await?;
            dead = there.visible + there.in_flight + there.delayed;
            let letters = take(deployment, &url, there.visible).await?;
            if !letters.is_empty() {
                give_back(deployment, &url, &letters).await?;
                let coordination = deployment.table("CoordinationTable").await?;
                for letter in letters {
                    let error = error_of(deployment, &coordination, &pair.name, &letter.id).await?;
                    let age_seconds = letter.sent.map(|sent| (now - sent).max(0) / 1000);
                    dead_letters.push(Dead { id: letter.id, age_seconds, error });
                }
            }
        }
        let Counts { visible, in_flight, delayed, oldest_seconds } = counts;
        reports.push(Report { queue: pair.name, visible, in_flight, delayed, oldest_seconds, dead_letters, dead });
    }
    Ok(reports)
}

/// How many messages a queue holds.
pub(super) struct Counts {
    pub(super) visible: usize,
    in_flight: usize,
    delayed: usize,
    oldest_seconds: Option<i64>,
}

impl Counts {
    pub(super) async fn of(deployment: &Deployment, url: &str) -> Result<Self, String> {
        let ask = deployment.sqs.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All);
        let attributes = ask.send().await.map_err(told)?.attributes.unwrap_or_default();
        let number = |name: &str| attributes.get(&QueueAttributeName::from(name)).and_then(|text| text.parse().ok());
        let count = |name| number(name).and_then(|count| usize::try_from(count).ok()).unwrap_or_default();
        Ok(Self {
            visible: count("ApproximateNumberOfMessages"),
            in_flight: count("ApproximateNumberOfMessagesNotVisible"),
            delayed: count("ApproximateNumberOfMessagesDelayed"),
            // The embedded queues have it; SQS has it as a metric only.
            oldest_seconds: number("ApproximateAgeOfOldestMessage"),
        })
    }
}

/// For programs.
pub(super) fn json(reports: &[Report]) -> Result<String, String> {
    serde_json::to_string_pretty(reports).map(|text| text + "\n").map_err(|error| error.to_string())
}

/// For people.
pub(super) fn text(reports: &[Report]) -> String {
    let row = |report: &Report| {
        let counts = [report.visible, report.in_flight, report.delayed].map(|count| count.to_string());
        let counts = counts.into_iter().chain([age(report.oldest_seconds), report.dead.to_string()]);
        std::iter::once(report.queue.clone()).chain(counts).collect()
    };
    let rows: Vec<_> = reports.iter().map(row).collect();
    let mut text = table(&["queue", "waiting", "in flight", "delayed", "oldest", "dead letters"], &rows);
    for report in reports.iter().filter(|report| !report.dead_letters.is_empty()) {
        let row = |dead: &Dead| {
            let error = dead.error.clone().unwrap_or_else(|| "(the error was not noted)".to_owned());
            vec![dead.id.clone(), age(dead.age_seconds), error]
        };
        let rows: Vec<_> = report.dead_letters.iter().map(row).collect();
        text.push_str(&format!("\nDead letters of {}:\n", report.queue));
        text.push_str(&table(&["message", "age", "error"], &rows));
        if report.dead > rows.len() {
            text.push_str(&format!("and {} more\n", report.dead - rows.len()));
        }
    }
    text
}
