//! The adapter of SQS against a queue that refuses messages.

use std::sync::{Arc, Mutex};

use axum::{Json, Router, extract::State, routing::post};
use serde_json::{Value, json};
use shared::{
    adapters::{
        aws::{AwsCredentials, AwsRegion, AwsSettings, Timeouts},
        host::Host,
        sqs::{QueueUrl, QueueUrls, Sqs, SqsSettings},
        system::OperatingSystem,
    },
    domain::{
        article::Slug,
        change::{Change, Subject},
    },
    ports::{
        StoreError,
        changes::{CHANGE_QUEUES, ChangeQueues as _},
        permission::{Permission, Queue},
    },
};
use tokio::net::TcpListener;

/// Why a message is refused, if it is: by its body, and by how many calls there were before.
type Refuses = fn(body: &str, calls: usize) -> Option<Value>;

/// A queue, which keeps the bodies of each call.
#[derive(Clone)]
struct Refusing(Arc<Mutex<Vec<Vec<String>>>>, Refuses);

async fn send_message_batch(State(Refusing(calls, refuses)): State<Refusing>, body: String) -> Json<Value> {
    let request: Value = serde_json::from_str(&body).unwrap();
    let mut calls = calls.lock().unwrap();
    let (mut successful, mut failed, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    for entry in request["Entries"].as_array().unwrap() {
        let body = entry["MessageBody"].as_str().unwrap();
        bodies.push(body.to_owned());
        match refuses(body, calls.len()) {
            Some(mut reason) => {
                reason["Id"] = entry["Id"].clone();
                failed.push(reason);
            }
            None => successful.push(json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "-"})),
        }
    }
    calls.push(bodies);
    Json(json!({"Successful": successful, "Failed": failed}))
}

/// A client of such a queue for a function with `permissions`, and the calls that it makes.
async fn queue(permissions: &[Permission], refuses: Refuses) -> (Sqs, Arc<Mutex<Vec<Vec<String>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let refusing = Refusing(Arc::default(), refuses);
    let calls = refusing.0.clone();
    let router = Router::new().route("/", post(send_message_batch)).with_state(refusing);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let key = || "local".to_owned();
    let credentials = AwsCredentials { access_key_id: key(), secret_access_key: key(), session_token: None };
    let region = AwsRegion("eu-central-1".to_owned());
    let queues = QueueUrls {
        cache_evict: Some(QueueUrl(format!("{endpoint}/000000000000/cache-evict"))),
        ..QueueUrls::default()
    };
    let timeouts = Timeouts::default();
    let settings = SqsSettings(AwsSettings { region, credentials, endpoint: Some(endpoint), timeouts });
    let host = Host::local(Arc::new(OperatingSystem::default()), 1).for_function(permissions.to_vec());
    (host.sqs(&settings, queues), calls)
}

fn changes(count: u64) -> Vec<Change> {
    let change = |version| Change {
        subject: Subject::Article(Slug::parse("how-to").unwrap()),
        version: Some(version),
        gone: false,
    };
    (0..count).map(change).collect()
}

fn body(change: &Change) -> String {
    serde_json::to_string(change).unwrap()
}

#[tokio::test]
async fn each_change_is_a_message_and_ten_are_a_call() {
    let (sqs, calls) = queue(CHANGE_QUEUES, |_, _| None).await;
    let changes = changes(23);
    sqs.send(Queue::CacheEvict, &changes).await.unwrap();
    let mut calls = calls.lock().unwrap().clone();
    calls.sort_by_key(Vec::len);
    assert_eq!(calls.iter().map(Vec::len).collect::<Vec<_>>(), [3, 10, 10]);
    let mut sent: Vec<_> = calls.concat();
    let mut expected: Vec<_> = changes.iter().map(body).collect();
    sent.sort();
    expected.sort();
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn what_is_refused_of_a_batch_is_sent_again_alone() {
    let busy = |body: &str, calls: usize| {
        (calls < 2 && body.contains(r#""version":1,"#)).then(|| json!({"Code": "InternalError", "SenderFault": false}))
    };
    let (sqs, calls) = queue(CHANGE_QUEUES, busy).await;
    let changes = changes(3);
    sqs.send(Queue::CacheEvict, &changes).await.unwrap();
    let again = vec![body(&changes[1])];
    assert_eq!(*calls.lock().unwrap(), [changes.iter().map(body).collect(), again.clone(), again]);
}

#[tokio::test]
async fn what_stays_refused_is_named_with_its_place() {
    let busy = |body: &str, _| {
        body.contains(r#""version":12,"#).then(|| json!({"Code": "InternalError", "SenderFault": false}))
    };
    let (sqs, calls) = queue(CHANGE_QUEUES, busy).await;
    let not_sent = sqs.send(Queue::CacheEvict, &changes(15)).await.unwrap_err();
    assert_eq!(not_sent.places, [12]);
    assert!(matches!(not_sent.source, StoreError::Unavailable { .. }));
    assert_eq!(calls.lock().unwrap().len(), 2 + 4, "two batches, and four tries more of one message");
}

#[tokio::test]
async fn what_is_refused_for_what_it_is_is_not_tried_again() {
    let bad = |_: &str, _| Some(json!({"Code": "InvalidMessageContents", "SenderFault": true}));
    let (sqs, calls) = queue(CHANGE_QUEUES, bad).await;
    let not_sent = sqs.send(Queue::CacheEvict, &changes(2)).await.unwrap_err();
    assert_eq!(not_sent.places, [0, 1]);
    assert!(matches!(not_sent.source, StoreError::Fault { .. }));
    assert_eq!(calls.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_function_without_the_permission_sends_nothing() {
    let (sqs, calls) = queue(&[], |_, _| None).await;
    let not_sent = sqs.send(Queue::CacheEvict, &changes(1)).await.unwrap_err();
    assert!(std::error::Error::source(&not_sent.source).unwrap().to_string().contains("is not granted"));
    assert!(calls.lock().unwrap().is_empty());
}
