//! `bloghub streams`.

use clap::Args;
use serde_json::{Value, json};
use shared::{adapters::system::OperatingSystem, ports::system::System as _};

use super::{
    deployment::{Deployment, Target, told},
    print,
    table::{age, table},
    tell,
};
use crate::{
    dynamodb,
    ledger::Ledger,
    sources::{Consumer, Records},
    template::Template,
};

/// How far behind each consumer of a change stream is: the records that it has not passed, and the age of the oldest.
///
/// Over a data folder it works whether or not the program runs. On AWS, DynamoDB tells where the streams are but not how far
/// their consumers have come: that is the metric IteratorAge of each function, in milliseconds, in CloudWatch.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// Print JSON, one object for each stream and consumer
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), String> {
    let sources = Template::read().and_then(|template| template.sources()).map_err(|error| error.to_string())?;
    let consumers: Vec<_> = sources.streams.iter().map(Consumer::of).collect();
    let Some(folder) = arguments.target.folder() else {
        return on_aws(&arguments.target.deployment()?, &consumers, arguments.json).await;
    };
    let cannot = |error: rusqlite::Error| format!("cannot read {}: {error}", folder.display());
    let ledger = Ledger::peek(folder).map_err(cannot)?;
    let records = Records::peek(&folder.join(dynamodb::FILE)).map_err(cannot)?;
    let (Some(ledger), Some(records)) = (ledger, records) else {
        return Err(format!("{} holds no data of bloghub: choose another with --data", folder.display()));
    };
    let now = OperatingSystem::default().now().as_secs();
    let (mut rows, mut objects) = (Vec::new(), Vec::new());
    for consumer in consumers {
        let lag = consumer.lag(&ledger, &records).map_err(cannot)?;
        let oldest = lag.oldest.map(|made| (now - made).max(0));
        objects.push(json!({
            "stream": consumer.table, "consumer": consumer.function, "records": lag.records, "oldestSeconds": oldest,
        }));
        rows.push(vec![consumer.table, consumer.function, lag.records.to_string(), age(oldest)]);
    }
    show(arguments.json, &["stream", "consumer", "records behind", "oldest"], &rows, objects);
    Ok(())
}

/// What can be known of a stack.
async fn on_aws(deployment: &Deployment, consumers: &[Consumer], json: bool) -> Result<(), String> {
    let (mut rows, mut objects) = (Vec::new(), Vec::new());
    for consumer in consumers {
        let name = deployment.table(&consumer.table).await?;
        let described = deployment.dynamodb.describe_table().table_name(&name).send().await.map_err(told)?;
        let stream = described.table.and_then(|table| table.latest_stream_arn);
        objects.push(json!({
            "stream": consumer.table, "consumer": consumer.function, "arn": stream,
            "metric": {"namespace": "AWS/Lambda", "name": "IteratorAge"},
        }));
        rows.push(vec![
            consumer.table.clone(),
            consumer.function.clone(),
            stream.unwrap_or_else(|| "has no stream".to_owned()),
        ]);
    }
    show(json, &["stream", "consumer", "address"], &rows, objects);
    tell("how far behind the consumers are is CloudWatch's metric IteratorAge of each function (namespace AWS/Lambda)");
    Ok(())
}

fn show(json: bool, header: &[&str], rows: &[Vec<String>], objects: Vec<Value>) {
    if json {
        print(&format!("{:#}\n", Value::from(objects)));
    } else {
        print(&table(header, rows));
    }
}
