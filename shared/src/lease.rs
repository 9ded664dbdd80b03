//! Runs work under a lease: renews it beside the work, cancels the work when the lease is lost, and gives it back at the end.

use std::{future::Future, pin::pin, time::Duration};

use serde::Serialize;

use crate::{
    domain::HolderId,
    ports::{
        StoreError,
        leases::{Lease, Leases},
        system::System,
    },
    telemetry::chain,
};

/// How work under a lease ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It was done, and this came of it.
    Done(T),
    /// Somebody else holds the lease: nothing was begun.
    Busy,
    /// The lease was lost while the work ran. The work was dropped where it stood; whoever holds the lease next goes on.
    Lost,
}

/// How a run ended that does, under a lease, as much as its time allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum End {
    /// Nothing is left of what there was to do when it began.
    Clean,
    /// The time was up; the next run goes on.
    OutOfTime,
    /// Another run is under way.
    Busy,
    /// Another run has taken over, because this one was paused for too long.
    Lost,
}

/// Does `work` while holding the lease of `name`, which is renewed each third of its `life`. The work gets the lease for its
/// guarded writes.
///
/// The lease counts as lost when a renewal is refused, or when none was answered for a whole life since the last was asked for:
/// by then somebody else may hold it. One failed renewal is thus survived.
///
/// # Errors
/// The store failed before the work was begun.
pub async fn hold<T, W: Future<Output = T>>(
    leases: &dyn Leases,
    system: &dyn System,
    name: &str,
    life: Duration,
    work: impl FnOnce(Lease) -> W,
) -> Result<Outcome<T>, StoreError> {
    let asked = system.monotonic();
    let holder = HolderId::new(system.now(), system.random());
    let Some(lease) = leases.acquire(name, holder, system.now(), life).await? else { return Ok(Outcome::Busy) };
    let outcome = {
        let (work, lost) = (pin!(work(lease.clone())), pin!(lost(leases, system, &lease, life, asked)));
        tokio::select! {
            // What is done is done, even if the lease was lost in the same moment.
            biased;
            result = work => Outcome::Done(result),
            () = lost => Outcome::Lost,
        }
    };
    match &outcome {
        Outcome::Lost => tracing::warn!(name, fence = lease.fence.0, "the lease was lost and its work dropped"),
        _ => {
            if let Err(error) = leases.release(&lease).await {
                tracing::warn!(error = chain(&error), name, "the lease was not given back: it will run out");
            }
        }
    }
    Ok(outcome)
}

/// Renews `lease` again and again; ends when it is lost. `asked` is when it was asked for, by the monotonic clock.
async fn lost(leases: &dyn Leases, system: &dyn System, lease: &Lease, life: Duration, asked: Duration) {
    // Counted from before the store was asked, so that we stop before anybody else may begin.
    let mut safe_until = asked + life;
    loop {
        tokio::time::sleep(life / 3).await;
        let asked = system.monotonic();
        let Some(left) = safe_until.checked_sub(asked) else { return };
        match tokio::time::timeout(left, leases.renew(lease, system.now(), life)).await {
            Ok(Ok(true)) => safe_until = asked + life,
            Ok(Ok(false)) | Err(_) => return,
            Ok(Err(error)) => {
                tracing::warn!(error = chain(&error), name = lease.name, "the lease was not renewed");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

    use async_trait::async_trait;
    use tokio::sync::Notify;

    use super::*;
    use crate::{adapters::system::OperatingSystem, domain::Timestamp, ports::leases::Fence};

    /// Grants always; renews until told otherwise.
    #[derive(Default)]
    struct Scripted {
        busy: bool,
        renewals: AtomicU64,
        renewed: Notify,
        refuse: AtomicBool,
        fail: AtomicBool,
        hang: AtomicBool,
        released: AtomicBool,
    }

    #[async_trait]
    impl Leases for Scripted {
        async fn acquire(
            &self,
            name: &str,
            _: HolderId,
            _: Timestamp,
            _: Duration,
        ) -> Result<Option<Lease>, StoreError> {
            Ok((!self.busy).then(|| Lease { name: name.to_owned(), fence: Fence(1) }))
        }

        async fn renew(&self, _: &Lease, _: Timestamp, _: Duration) -> Result<bool, StoreError> {
            if self.hang.load(SeqCst) {
                std::future::pending::<()>().await;
            }
            if self.fail.load(SeqCst) {
                return Err(StoreError::Contended { service: "the test" });
            }
            self.renewals.fetch_add(1, SeqCst);
            self.renewed.notify_one();
            Ok(!self.refuse.load(SeqCst))
        }

        async fn release(&self, _: &Lease) -> Result<(), StoreError> {
            self.released.store(true, SeqCst);
            Ok(())
        }
    }

    const LIFE: Duration = Duration::from_millis(60);

    /// Work under a lease that ends after `renewals`.
    async fn work_for(leases: &Scripted, renewals: u64) -> Outcome<&'static str> {
        let work = async {
            while leases.renewals.load(SeqCst) < renewals {
                leases.renewed.notified().await;
            }
            "done"
        };
        hold(leases, &OperatingSystem::default(), "work", LIFE, |_| work).await.unwrap()
    }

    #[tokio::test]
    async fn work_that_outlasts_the_lease_is_done_because_the_lease_is_renewed() {
        let leases = Scripted::default();
        assert_eq!(work_for(&leases, 5).await, Outcome::Done("done"));
        assert!(leases.released.load(SeqCst));
    }

    #[tokio::test]
    async fn nothing_is_begun_while_somebody_else_holds_the_lease() {
        let leases = Scripted { busy: true, ..Scripted::default() };
        let outcome = hold(&leases, &OperatingSystem::default(), "work", LIFE, |_| async { panic!("begun") }).await;
        assert_eq!(outcome.unwrap(), Outcome::<()>::Busy);
    }

    #[tokio::test]
    async fn work_is_dropped_when_a_renewal_is_refused_fails_for_long_or_is_not_answered() {
        let refused = Scripted { refuse: true.into(), ..Scripted::default() };
        let failing = Scripted { fail: true.into(), ..Scripted::default() };
        let stuck = Scripted { hang: true.into(), ..Scripted::default() };
        for leases in [refused, failing, stuck] {
            assert_eq!(work_for(&leases, u64::MAX).await, Outcome::Lost);
            assert!(!leases.released.load(SeqCst), "what is lost is not given back");
        }
    }
}
