//! What a wave passes on its way: while Redis is away nobody waits for it, and what a broken connection lost is sent again.

use std::{error::Error, sync::Arc, time::Duration};

use redis::{ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};

use crate::{
    ports::system::System,
    resilience::{
        breaker::{Breaker, Outcome, Rules, Share},
        retry::{Budget, Retry},
    },
};

/// A wave and its retry end within this, connecting anew included.
const DEADLINE: Duration = Duration::from_secs(1);

/// Three waits of half a second are enough to believe it; then one request in a second tries, later one in 15. Where a part of a
/// cluster is away, waves that need it fail and the others do not: from half of the waves on it is better to do without.
fn rules() -> Rules {
    Rules {
        consecutive: 3,
        share: Some(Share { percent: 50, minimum: 20, window: Duration::from_secs(10) }),
        pause: Duration::from_secs(1),
        longest_pause: Duration::from_secs(15),
        probes: 1,
    }
}

/// One retry, for a tenth of the waves: a server that was replaced breaks each connection once.
fn retry() -> Retry {
    Retry {
        times: 1,
        pause: Duration::from_millis(5),
        longest_pause: Duration::from_millis(20),
        budget: Budget::new(10, 10),
    }
}

/// What each command of a wave was answered, or why none was.
pub(super) type Answers = RedisResult<Vec<RedisResult<Value>>>;

/// Why nothing was answered at all.
pub(super) type Away = Box<dyn Error + Send + Sync>;

/// The breaker and the retries of one client.
pub(super) struct Guard {
    system: Arc<dyn System>,
    breaker: Breaker,
    retry: Retry,
}

impl Guard {
    pub(super) fn new(system: Arc<dyn System>) -> Self {
        Self { system, breaker: Breaker::new(rules()), retry: retry() }
    }

    /// Whether nothing says that Redis might be away.
    pub(super) fn is_calm(&self) -> bool {
        self.breaker.is_calm()
    }

    /// Has `send` send its commands, unless Redis is known to be away.
    pub(super) async fn pass<F: Future<Output = Answers>>(
        &self,
        send: impl Fn() -> F,
    ) -> Result<Vec<RedisResult<Value>>, Away> {
        let permit = self.breaker.admit(self.system.now())?;
        let deadline = self.system.monotonic() + DEADLINE;
        // The commands may have been done before the connection broke. All that is sent may be done twice: the worst is a
        // request that counts double against a limit.
        let answers = self.retry.run(&*self.system, deadline, lost, send).await;
        match self.breaker.report(permit, outcome(&answers), self.system.now()) {
            Some(true) => tracing::info!("Redis is back"),
            Some(false) => tracing::warn!("Redis is away: requests go on without it"),
            None => {}
        }
        answers.map_err(Away::from)
    }
}

/// Whether the connection broke, or could not be made, without anybody having waited for it.
fn lost(error: &RedisError) -> bool {
    !error.is_timeout() && (error.is_connection_dropped() || error.is_connection_refusal())
}

fn outcome(answers: &Answers) -> Outcome {
    let failed = match answers {
        Ok(answers) => answers.iter().any(|answer| answer.as_ref().err().is_some_and(away)),
        Err(error) => away(error),
    };
    if failed { Outcome::Failure } else { Outcome::Success }
}

/// Whether this says that the server cannot be used; a script's error, for example, does not.
fn away(error: &RedisError) -> bool {
    use ServerErrorKind::{BusyLoading, ClusterDown, MasterDown};
    let kind = error.kind();
    error.is_timeout()
        || error.is_io_error()
        || error.is_connection_dropped()
        || matches!(kind, ErrorKind::ClusterConnectionNotFound)
        || matches!(kind, ErrorKind::Server(BusyLoading | ClusterDown | MasterDown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scripts_error_is_an_answer_and_a_loading_server_is_away() {
        let error = |kind| RedisError::from((kind, "said the server"));
        assert_eq!(outcome(&Ok(vec![Err(error(ErrorKind::Server(ServerErrorKind::ResponseError)))])), Outcome::Success);
        assert_eq!(outcome(&Ok(vec![Err(error(ErrorKind::Server(ServerErrorKind::BusyLoading)))])), Outcome::Failure);
        assert_eq!(outcome(&Err(error(ErrorKind::Io))), Outcome::Failure);
    }
}
