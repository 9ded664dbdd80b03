//! Writing entries, all of a batch in one request.

use std::{fmt::Write as _, time::Duration};

use async_trait::async_trait;
use http::Method;
use serde::Deserialize;
use serde_json::json;
use shared::{
    domain::search::Entry,
    ports::{
        StoreError,
        search::{Refused, SearchWrites},
    },
};

use crate::{
    OpenSearch,
    client::{Body, Reason, away, fault},
    document,
};

/// Bytes of a request: small domains take no more than 10 MiB.
const MOST: usize = 6 * 1024 * 1024;
/// Before what could not be taken just now is sent once more.
const PAUSE: Duration = Duration::from_millis(50);

/// What has become of an entry in an index.
#[derive(Debug)]
enum Fate {
    /// The index shows it or a later state.
    Shown,
    /// The index will never take it.
    Refused(Reason),
    /// There is no such index.
    NoIndex,
    /// Not now.
    Failed(String),
}

/// What has become of a whole batch.
#[derive(Debug)]
pub(crate) enum Written {
    /// It is done; these were refused.
    Done(Vec<Refused>),
    /// An index is not there. What was written to others stands.
    NoIndex,
}

/// An entry for one index.
struct Line<'a> {
    place: usize,
    text: &'a str,
}

/// One item of an answer. Its only field is named after what was done, which is always the same.
#[derive(Deserialize)]
struct Item {
    index: ItemOutcome,
}

#[derive(Deserialize)]
struct ItemOutcome {
    status: u16,
    error: Option<Reason>,
}

#[derive(Deserialize)]
struct Answer {
    items: Vec<Item>,
}

fn fate(outcome: ItemOutcome) -> Fate {
    let ItemOutcome { status, error } = outcome;
    let reason = error.unwrap_or(Reason { kind: format!("status {status}"), reason: String::new() });
    match status {
        200..=299 => Fate::Shown,
        // It shows a later state.
        409 => Fate::Shown,
        404 if reason.kind == "index_not_found_exception" => Fate::NoIndex,
        400 if reason.kind != "index_closed_exception" => Fate::Refused(reason),
        // Overloaded, or not to be written to right now: a full disk is a 403 or a 429.
        _ => Fate::Failed(format!("{}: {}", reason.kind, reason.reason)),
    }
}

/// The two lines that put `entry` into the index that `alias` is of.
fn lines(alias: &str, entry: &Entry) -> String {
    let action = json!({"index": {
        "_index": alias,
        "_id": document::id(&entry.key()),
        "version": entry.version().get(),
        "version_type": "external_gte",
    }});
    let mut text = String::new();
    // Writing to a string does not fail.
    writeln!(text, "{action}\n{}", document::source(entry)).expect("a string takes everything");
    text
}

impl OpenSearch {
    /// Puts `entries` into each of the indices that `aliases` are of.
    pub(crate) async fn write(
        &self,
        aliases: &[String],
        entries: &[Entry],
        deadline: Duration,
    ) -> Result<Written, StoreError> {
        let texts: Vec<_> = entries
            .iter()
            .enumerate()
            .flat_map(|(place, entry)| aliases.iter().map(move |alias| (place, lines(alias, entry))))
            .collect();
        let mut left: Vec<_> = texts.iter().map(|(place, text)| Line { place: *place, text }).collect();
        let mut refused: Vec<Refused> = Vec::new();
        let mut no_index = false;
        let mut reason = String::new();
        for again in [false, true] {
            if again {
                if self.client.left(deadline) <= PAUSE {
                    break;
                }
                tokio::time::sleep(PAUSE).await;
            }
            let mut failed = Vec::new();
            for chunk in chunks(left) {
                for (line, fate) in self.send(chunk, deadline).await? {
                    match fate {
                        Fate::Shown => {}
                        Fate::NoIndex => no_index = true,
                        Fate::Refused(why) if refused.iter().all(|refused| refused.place != line.place) => {
                            let reason = fault(format!("{}: {}", why.kind, why.reason));
                            refused.push(Refused { place: line.place, reason });
                        }
                        Fate::Refused(_) => {}
                        Fate::Failed(why) => {
                            reason = why;
                            failed.push(line);
                        }
                    }
                }
            }
            left = failed;
            if left.is_empty() {
                refused.sort_by_key(|refused| refused.place);
                return Ok(if no_index { Written::NoIndex } else { Written::Done(refused) });
            }
        }
        Err(away(format!("{} of {} entries were not taken: {reason}", left.len(), texts.len())))
    }

    async fn send<'a>(&self, chunk: Vec<Line<'a>>, deadline: Duration) -> Result<Vec<(Line<'a>, Fate)>, StoreError> {
        let body: String = chunk.iter().map(|line| line.text).collect();
        let refresh = if self.refresh { "&refresh=true" } else { "" };
        let path = format!("/_bulk?require_alias=true{refresh}");
        let reply = self.client.call(Method::POST, &path, Body::Lines(&body), deadline).await?;
        let answer: Answer = reply.done()?;
        if answer.items.len() != chunk.len() {
            return Err(fault(format!("{} answers to {} changes", answer.items.len(), chunk.len())));
        }
        Ok(chunk.into_iter().zip(answer.items.into_iter().map(|item| fate(item.index))).collect())
    }
}

/// As many in one request as it may have. Those of one document keep their order.
fn chunks(lines: Vec<Line<'_>>) -> Vec<Vec<Line<'_>>> {
    let mut chunks: Vec<Vec<Line<'_>>> = Vec::new();
    let mut size = MOST;
    for line in lines {
        size += line.text.len();
        match chunks.last_mut() {
            Some(chunk) if size <= MOST => chunk.push(line),
            _ => {
                size = line.text.len();
                chunks.push(vec![line]);
            }
        }
    }
    chunks
}

#[async_trait]
impl SearchWrites for OpenSearch {
    async fn apply(&self, entries: &[Entry]) -> Result<Vec<Refused>, StoreError> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let deadline = self.client.deadline(self.timeouts.request);
        for _ in 0..2 {
            let targets = self.generations.targets(&self.client, deadline).await?;
            let aliases: Vec<_> = targets.iter().map(|number| self.generations.write(*number)).collect();
            match self.write(&aliases, entries, deadline).await? {
                Written::Done(refused) => return Ok(refused),
                // What is known of the indices is over: all goes to those there are now, where what was done changes nothing.
                Written::NoIndex => self.generations.forget(),
            }
        }
        Err(away("indices come and go"))
    }
}

#[cfg(test)]
mod tests {
    use shared::domain::search::{EntryKey, EntryVersion};

    use super::*;

    fn outcome(status: u16, kind: &str) -> Fate {
        fate(ItemOutcome { status, error: Some(Reason { kind: kind.to_owned(), reason: String::new() }) })
    }

    #[test]
    fn a_later_version_is_no_failure_and_only_what_is_malformed_is_refused() {
        assert!(matches!(outcome(409, "version_conflict_engine_exception"), Fate::Shown));
        assert!(matches!(outcome(400, "mapper_parsing_exception"), Fate::Refused(_)));
        assert!(matches!(outcome(404, "index_not_found_exception"), Fate::NoIndex));
        for (status, kind) in [
            (429, "rejected_execution_exception"),
            (503, ""),
            (403, "cluster_block_exception"),
            (400, "index_closed_exception"),
        ] {
            assert!(matches!(outcome(status, kind), Fate::Failed(_)), "{status}");
        }
    }

    #[test]
    fn an_end_is_a_document_with_its_version() {
        let gone = Entry::Gone(EntryKey::Article("a-slug".to_owned()), EntryVersion::from_number(7));
        assert_eq!(
            lines("blog-write-1", &gone),
            concat!(
                r#"{"index":{"_id":"a:a-slug","_index":"blog-write-1","version":7,"version_type":"external_gte"}}"#,
                "\n{\"kind\":\"gone\"}\n"
            )
        );
    }

    #[test]
    fn a_batch_is_one_request_unless_it_is_larger_than_one_may_be() {
        let small = "x".repeat(100);
        let large = "x".repeat(MOST / 2);
        let line = |text| Line { place: 0, text };
        let sizes = |lines| chunks(lines).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes((0..50).map(|_| line(&small)).collect()), [50]);
        assert_eq!(sizes(vec![line(&large), line(&large), line(&small), line(&large)]), [2, 2]);
        assert_eq!(sizes(Vec::new()), [0; 0]);
    }
}
