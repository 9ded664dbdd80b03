//! Counts what may have reached the phone during one dispatch.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use shared::{
    domain::sms::DOUBTS,
    ports::sms::{Claimed, Doubts, SmsTasks},
    telemetry::chain,
};

/// One dispatch of one task.
pub(crate) struct Attempt<'a> {
    tasks: &'a dyn SmsTasks,
    claimed: &'a Claimed,
    doubts: AtomicU32,
}

impl<'a> Attempt<'a> {
    pub(crate) fn new(tasks: &'a dyn SmsTasks, claimed: &'a Claimed) -> Self {
        Self { tasks, claimed, doubts: AtomicU32::new(claimed.doubts) }
    }

    /// Attempts that may have reached the phone, in this dispatch and before.
    pub(crate) fn doubts(&self) -> u32 {
        self.doubts.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Doubts for Attempt<'_> {
    async fn another(&self) -> bool {
        let doubts = self.doubts.fetch_add(1, Ordering::Relaxed) + 1;
        if doubts >= DOUBTS {
            return false;
        }
        match self.tasks.doubt(self.claimed).await {
            Ok(granted) => granted,
            Err(error) => {
                // What cannot be counted is not done.
                tracing::warn!(error = chain(&error), "another attempt cannot be counted");
                false
            }
        }
    }
}
