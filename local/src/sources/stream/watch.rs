//! Learns that something was committed to the database. dynoxide calls nobody, so that somebody has to ask; asking costs
//! microseconds, and who asks in vain asks less often.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use super::Records;

/// Pauses between questions: after a commit, and after a long time without one.
const SHORTEST: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_millis(100);

/// Tells of commits.
#[derive(Clone)]
pub(crate) struct Commits(watch::Receiver<i64>);

impl Commits {
    /// Watches `records` until `stop` is true. Whoever watches is behind by [`LONGEST`] at the most.
    pub(crate) fn watch(records: Arc<Records>, mut stop: watch::Receiver<bool>) -> Self {
        let (told, commits) = watch::channel(0);
        tokio::spawn(async move {
            let mut pause = SHORTEST;
            while !*stop.borrow() {
                match records.version() {
                    Ok(version) => {
                        let news = told.send_if_modified(|known| std::mem::replace(known, version) != version);
                        pause = if news { SHORTEST } else { (pause * 2).min(LONGEST) };
                    }
                    Err(error) => {
                        tracing::warn!(error = error.to_string(), "the change streams cannot be watched");
                        pause = LONGEST;
                    }
                }
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    // An error means that nobody is left to stop for.
                    _ = stop.changed() => {}
                }
            }
        });
        Self(commits)
    }

    /// Waits for a commit after the last that was waited for; comes at once if there was one. Once nobody watches any more,
    /// it never comes.
    pub(crate) async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
