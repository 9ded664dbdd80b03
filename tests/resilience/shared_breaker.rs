//! One breaker for several instances.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use shared::{
    domain::Timestamp,
    resilience::{
        breaker::{Outcome, Rules},
        shared_breaker::{InProcess, Refused, SharedBreaker},
    },
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

/// `N` instances that share their states.
fn instances<const N: usize>(name: &str) -> [SharedBreaker; N] {
    let second = Duration::from_secs(1);
    let rules = Rules { consecutive: 3, share: None, pause: second, longest_pause: 8 * second, probes: 2 };
    let states = Arc::new(InProcess::default());
    [(); N].map(|()| SharedBreaker::new(name, rules.clone(), states.clone()))
}

#[tokio::test]
async fn what_fails_for_one_instance_is_spared_by_all_and_probed_by_few() {
    let instances = instances::<8>("vendor");
    for instance in &instances[..3] {
        let permit = instance.admit(at(0)).await.unwrap();
        instance.report(permit, Outcome::Failure, at(0)).await.unwrap();
    }
    for instance in &instances {
        assert!(matches!(instance.admit(at(0)).await, Err(Refused::Open(_))));
    }
    let admitted = join_all(instances.iter().map(|instance| instance.admit(at(1)))).await;
    let probes: Vec<_> = admitted.into_iter().filter_map(Result::ok).collect();
    assert_eq!(probes.len(), 2);
    for (instance, probe) in instances.iter().zip(probes) {
        instance.report(probe, Outcome::Success, at(1)).await.unwrap();
    }
    assert!(instances[7].admit(at(1)).await.is_ok());
}
