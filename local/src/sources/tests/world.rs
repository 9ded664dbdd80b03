//! A template, workers that note what they see, and the event sources over them.

use std::{
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::FutureExt as _;
use rustack_sqs_model::input::{ReceiveMessageInput, SendMessageInput};
use serde_json::{Value, json};
use shared::adapters::system::OperatingSystem;

use super::super::*;
use crate::{backends::Backends, data::DataFolder, services::Ports};

pub(super) const TEMPLATE: &str = r#"
Resources:
  ThingsTable:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
      StreamSpecification: { StreamViewType: NEW_AND_OLD_IMAGES }
  RelayFunction:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Changes:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt ThingsTable.StreamArn
            StartingPosition: TRIM_HORIZON
            BatchSize: 10
            BisectBatchOnFunctionError: true
            MaximumRetryAttempts: 1
            FunctionResponseTypes: [ReportBatchItemFailures]
            FilterCriteria: { Filters: [{ Pattern: '{"dynamodb": {"Keys": {"pk": {"S": [{"anything-but": {"prefix": "SECRET#"}}]}}}}' }] }
  NamesQueue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub ${AWS::StackName}-names
      RedrivePolicy: { deadLetterTargetArn: !GetAtt NamesDeadLetterQueue.Arn, maxReceiveCount: 2 }
  NamesDeadLetterQueue: { Type: "AWS::SQS::Queue", Properties: { QueueName: !Sub "${AWS::StackName}-names-dead-letters" } }
  NamesFunction:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Names:
          Type: SQS
          Properties: { Queue: !GetAtt NamesQueue.Arn, FunctionResponseTypes: [ReportBatchItemFailures] }
"#;

/// What workers do and note.
#[derive(Default)]
pub(super) struct World {
    pub(super) queues: Mutex<Option<Arc<Queues>>>,
    /// How many records the relay was called with, each time.
    pub(super) batches: Mutex<Vec<usize>>,
    /// Records as the relay saw them, in order.
    pub(super) relayed: Mutex<Vec<Value>>,
    /// Names that were consumed.
    pub(super) consumed: Mutex<Vec<String>>,
    /// Consumers never end while this is set.
    pub(super) stuck: AtomicBool,
}

pub(super) fn name(record: &Value) -> String {
    record["dynamodb"]["Keys"]["pk"]["S"].as_str().unwrap().to_owned()
}

impl World {
    /// Sends the name of each changed thing; fails at `POISON`, as a whole if that is the first.
    async fn relay(&self, event: Value) -> Result<Value, shared::worker::WorkerError> {
        let records = event["Records"].as_array().unwrap();
        self.batches.lock().unwrap().push(records.len());
        for (place, record) in records.iter().enumerate() {
            if name(record) == "POISON" && place == 0 {
                return Err("poison".into());
            }
            if name(record) == "POISON" {
                return Ok(json!({"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}));
            }
            let queues = self.queues.lock().unwrap().clone().unwrap();
            let url = queues.url("NamesQueue").unwrap().to_owned();
            let input = SendMessageInput { queue_url: url, message_body: name(record), ..SendMessageInput::default() };
            queues.send(input).await.map_err(|error| error.message)?;
            self.relayed.lock().unwrap().push(record.clone());
        }
        Ok(Value::Null)
    }

    /// Notes names; fails at `BITTER`.
    async fn consume(&self, event: Value) -> Result<Value, shared::worker::WorkerError> {
        if self.stuck.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let mut failed = Vec::new();
        for message in event["Records"].as_array().unwrap() {
            match message["body"].as_str().unwrap() {
                "BITTER" => failed.push(json!({"itemIdentifier": message["messageId"]})),
                name => self.consumed.lock().unwrap().push(name.to_owned()),
            }
        }
        Ok(json!({"batchItemFailures": failed}))
    }

    pub(super) fn consumed(&self) -> Vec<String> {
        let mut names = self.consumed.lock().unwrap().clone();
        names.sort();
        names
    }
}

/// The database, the queues and the event sources over a folder.
pub(super) struct Running {
    pub(super) data: DataFolder,
    pub(super) backends: Backends,
    pub(super) sources: EventSources,
    pub(super) http: reqwest::Client,
}

impl Running {
    pub(super) async fn start(folder: &Path, world: &Arc<World>) -> Self {
        Self::of(TEMPLATE, folder, world).await
    }

    pub(super) async fn of(template: &str, folder: &Path, world: &Arc<World>) -> Self {
        let template = Template::parse(template).unwrap();
        let data = DataFolder::open(folder).unwrap();
        let backends = Backends::start(&template, &data, Ports::default(), "redis://127.0.0.1:1").await.unwrap();
        *world.queues.lock().unwrap() = Some(backends.sqs.queues.clone());
        let (relay, names) = (world.clone(), world.clone());
        let relay: Handler = Arc::new(move |event| {
            let world = relay.clone();
            async move { world.relay(event).await }.boxed()
        });
        let names: Handler = Arc::new(move |event| {
            let world = names.clone();
            async move { world.consume(event).await }.boxed()
        });
        let ground = Ground {
            template: &template,
            records: backends.records.clone(),
            failed_changes: folder.join("failed-changes"),
            ledger: backends.ledger.clone(),
            queues: backends.sqs.queues.clone(),
            system: Arc::new(OperatingSystem::default()),
            scheduled: true,
        };
        let workers = HashMap::from([("relay".to_owned(), relay), ("names".to_owned(), names)]);
        let sources = EventSources::start(ground, &workers).unwrap();
        Self { data, backends, sources, http: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    pub(super) async fn put(&self, name: &str) {
        let put = json!({"TableName": "ThingsTable", "Item": {"pk": {"S": name}}});
        let request =
            self.http.post(&self.backends.dynamodb.endpoint).header("x-amz-target", "DynamoDB_20120810.PutItem");
        let signed = request.header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=a/20260101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
        );
        let signed =
            signed.header("x-amz-date", "20260101T000000Z").header("content-type", "application/x-amz-json-1.0");
        let answer = signed.body(put.to_string()).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    pub(super) async fn dead_letters(&self) -> Vec<(String, String)> {
        let url = self.backends.sqs.queues.url("NamesDeadLetterQueue").unwrap();
        let input = ReceiveMessageInput {
            queue_url: url.to_owned(),
            visibility_timeout: Some(0),
            ..ReceiveMessageInput::default()
        };
        let found = self.backends.sqs.queues.receive(input).await.unwrap().messages;
        found.into_iter().map(|message| (message.message_id.unwrap(), message.body.unwrap())).collect()
    }

    pub(super) async fn stop(self) {
        self.sources.stop().await;
        self.backends.stop(&self.data).await;
    }
}
