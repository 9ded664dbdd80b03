//! A short form of `make chaos`.

use chaos::Plan;

#[tokio::test]
async fn nothing_is_lost_when_the_program_is_killed_under_load() {
    let program = env!("CARGO_BIN_EXE_bloghub").into();
    let plan = Plan { program, kills: 3, seed: chaos::any_seed(), writers: 4, answers: 80 };
    let report = chaos::run(&plan, |_| {}).await.unwrap();
    assert!(report.lost.is_empty(), "{report}");
    assert!(report.tried.values().any(|tally| tally.done > 0), "{report}");
}
