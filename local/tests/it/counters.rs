//! `bloghub counters reconcile`, beside a running program.

use serde_json::{Value, json};

use crate::support::{Ended, Running, Sandbox};

async fn reconcile(sandbox: &Sandbox, arguments: &[&str]) -> Ended {
    let all = [&["counters", "reconcile", "--data", "data", "--wait", "3"], arguments].concat();
    Running::start(sandbox, sandbox.bloghub(&all)).end().await
}

#[tokio::test]
async fn a_deployment_is_repaired_only_if_somebody_says_that_its_stream_is_read() {
    let sandbox = Sandbox::new();
    let refused = reconcile(&sandbox, &["--stack", "blog"]).await;
    assert!(refused.code == Some(1) && refused.stderr.contains("--drained"), "{refused:?}");
}

/// Calls the program's database, where its addresses say that it is.
async fn dynamodb(sandbox: &Sandbox, operation: &str, request: Value) -> Value {
    let addresses: Value =
        serde_json::from_str(&std::fs::read_to_string(sandbox.path("data/addresses.json")).unwrap()).unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let call = client.post(addresses["dynamodb"].as_str().unwrap()).body(request.to_string());
    let call = call
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .header("x-amz-date", "20260101T000000Z")
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
        );
    let answer = call.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{operation}: {status} {text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn a_counter_that_was_broken_is_found_and_repaired_and_one_that_is_right_is_left_alone() {
    let sandbox = Sandbox::new();
    let (running, api) = Running::bloghub(&sandbox, "data").await;
    let ada = api.sign_up("ada").await;
    let slugs = [ada.publish("Knots", &[]).await, ada.publish("Ropes", &[]).await];
    for slug in &slugs {
        ada.post(&format!("/api/articles/{slug}/favorite"), Value::Null).await.expect(200);
    }
    let right = reconcile(&sandbox, &["--check"]).await;
    assert_eq!((right.code, right.stdout.as_str()), (Some(0), "every counter equals what it counts\n"), "{right:?}");

    let found = dynamodb(&sandbox, "Scan", json!({"TableName": "InteractionsTable"})).await;
    let counters = |item: &&Value| item["sk"]["S"] == "COUNTERS";
    let broken = found["Items"].as_array().unwrap().iter().find(counters).unwrap();
    let request = json!({
        "TableName": "InteractionsTable", "Key": {"pk": broken["pk"], "sk": broken["sk"]},
        "UpdateExpression": "ADD likes :more", "ExpressionAttributeValues": {":more": {"N": "6"}},
    });
    dynamodb(&sandbox, "UpdateItem", request).await;

    let wrong = reconcile(&sandbox, &["--check", "--json"]).await;
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    let told: Value = serde_json::from_str(&wrong.stdout).unwrap();
    assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
    let numbers = |what: &str| told[0][what]["likes"].as_i64().unwrap();
    assert_eq!((numbers("there"), numbers("counted"), told[0]["outcome"].as_str()), (1, 7, Some("differs")));

    let repaired = reconcile(&sandbox, &[]).await;
    assert!(repaired.code == Some(0) && repaired.stdout.contains("repaired"), "{repaired:?}");
    let right = reconcile(&sandbox, &["--check"]).await;
    assert_eq!(right.code, Some(0), "{right:?}");
    running.interrupt().await;
}
