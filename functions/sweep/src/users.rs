//! Sweeping what was a deleted user's.

use std::time::Duration;

use shared::ports::sweeps::{Remains, UserMark};

use crate::{PAGE, Run, Stop};

/// How long a deleted user's mark stays, so that what is left is looked for again and again: longer than a request takes that was
/// under way when they went, and than their access tokens are good if the cache did not learn that they went.
pub const GRACE: Duration = Duration::from_secs(15 * 60);

/// Remains that are removed at once, at the most: then the time is looked at. Most have a transaction of their own.
const STEP: u16 = 25;

impl Run<'_> {
    /// Looks for what is left of everyone who has gone lately.
    pub(crate) async fn users(&mut self) -> Result<(), Stop> {
        let mut last = None;
        loop {
            let marks = self.sweeper.users.marks(last, PAGE).await?;
            let Some(mark) = marks.last() else { return Ok(()) };
            last = Some(mark.user);
            for mark in marks {
                self.user(mark).await?;
            }
        }
    }

    /// Removes all that is left of one, and the mark if nothing can come any more.
    async fn user(&mut self, mark: UserMark) -> Result<(), Stop> {
        let (sweeps, system) = (&self.sweeper.users, &self.sweeper.system);
        let over = mark.since.plus(GRACE) <= system.now();
        for remains in Remains::ALL {
            loop {
                self.time()?;
                match sweeps.drop_remains(mark.user, remains, STEP, system.now()).await? {
                    0 => break,
                    dropped => self.report.remains += dropped,
                }
            }
        }
        if over {
            sweeps.settle(mark.user, self.lease).await?;
            self.report.users += 1;
        }
        Ok(())
    }
}
