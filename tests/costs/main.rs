//! What each operation costs in calls to backing services, and that each function uses all that it is granted.
//!
//! One test, as the counts of a function are of its process: nothing else may call meanwhile.

mod accounts;
mod comments;
mod drafts;
mod hot;
mod identities;
mod messages;
mod meter;
mod operations;
mod reactions;
mod search;
mod sessions;
mod sweeps;
mod table;

use std::{collections::BTreeMap, sync::Arc};

use bloghub::{
    functions,
    platform::{Options, Platform},
};

use test_servers::Clock;

#[tokio::test(flavor = "multi_thread")]
async fn each_operation_costs_what_the_table_says_and_each_grant_is_used() {
    let data = tempfile::tempdir().unwrap();
    let vendors = identities::Vendors::start();
    let options = vendors.known_to(Options::new(0, data.path().join("data")).unscheduled());
    let clock = Arc::new(Clock::ahead());
    let platform = Platform::start_on(&options, clock.clone(), |_| {}).await.unwrap();
    let (rows, used) = operations::all(&platform, &clock, &vendors).await;
    platform.stop().await.unwrap();

    let wrong: Vec<_> = rows.iter().filter(|row| row.calls != row.expected).collect();
    for row in &wrong {
        println!("{}: {:?} instead of {:?}", row.operation, row.calls, row.expected);
    }
    assert!(wrong.is_empty(), "{} operations cost something else", wrong.len());
    assert_eq!(table::without_a_row(&rows), Vec::<String>::new(), "operations whose costs nobody has looked at");
    let http = functions::all().into_iter().map(|entry| (entry.name, entry.permissions));
    // A consumer of a queue uses its grant when it fails, which `tests/consumers` has it do.
    let workers = functions::workers()
        .into_iter()
        .filter(|worker| !["cache-evict", "search-sync", "sms-dispatch"].contains(&worker.name));
    let workers = workers.map(|worker| (worker.name, worker.permissions));
    let granted: BTreeMap<_, _> = http
        .chain(workers)
        .map(|(name, permissions)| (name, permissions().into_iter().collect()))
        .filter(|(_, permissions): &(_, std::collections::BTreeSet<_>)| !permissions.is_empty())
        .collect();
    assert_eq!(used, granted, "a grant that no operation uses, or the other way round");

    let printed = table::markdown(&rows);
    println!("{printed}");
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/cost.md")).unwrap();
    assert!(page.contains(&printed), "docs/cost.md is out of date: put the table that `make costs` prints into it");
}
