//! A short form of `make attack`.

use attack::Plan;

#[tokio::test]
async fn no_token_that_is_forged_or_replayed_gets_in() {
    let plan = Plan { program: env!("CARGO_BIN_EXE_bloghub").into(), only: Some("tokens".to_owned()) };
    let report = attack::run(&plan, |_| {}).await.unwrap();
    assert_eq!(report.attacks.len(), 2, "{report}");
    assert!(report.is_clean(), "{report}");
}
