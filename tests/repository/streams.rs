//! The tables' change streams in `template.yaml`.

use serde_yaml_ng::Value;

use crate::triggers::{events, properties, template, text};

/// The event sources of the relay that are streams.
fn streams() -> Vec<Value> {
    let streams: Vec<_> =
        events(&template(), "change-relay").into_iter().filter(|(kind, _)| kind == "DynamoDB").collect();
    assert!(!streams.is_empty());
    streams.into_iter().map(|(_, properties)| properties).collect()
}

#[test]
fn a_table_with_a_stream_gives_both_images_and_the_relay_reads_it() {
    let template = template();
    let mut read: Vec<_> = streams().iter().map(|stream| text(&stream["Stream"]).to_owned()).collect();
    read.sort();
    let mut given = Vec::new();
    for (name, resource) in template["Resources"].as_mapping().unwrap() {
        let specification = &resource["Properties"]["StreamSpecification"];
        if resource["Type"] == "AWS::DynamoDB::Table" && !specification.is_null() {
            assert_eq!(specification["StreamViewType"], "NEW_AND_OLD_IMAGES", "{name:?}");
            given.push(format!("{}.StreamArn", text(name)));
        }
    }
    given.sort();
    assert_eq!(read, given);
}

#[test]
fn counters_are_told_the_shard_get_its_records_in_order_and_are_not_given_up_soon() {
    let template = template();
    let sources = events(&template, "counter-sync");
    let [(kind, source)] = &sources[..] else { panic!("one stream has what is counted: {sources:?}") };
    assert_eq!((kind.as_str(), text(&source["Stream"])), ("DynamoDB", "InteractionsTable.StreamArn"));
    assert!(source["TumblingWindowInSeconds"].as_u64().unwrap() > 0, "without a window no shard is named");
    assert_eq!(source["ParallelizationFactor"], 1, "more would take a shard's records apart");
    assert_eq!(
        (&source["BisectBatchOnFunctionError"], text(&source["StartingPosition"])),
        (&Value::from(true), "TRIM_HORIZON")
    );
    assert!(
        source["MaximumRetryAttempts"].as_u64().unwrap() >= 100 && !source["DestinationConfig"]["OnFailure"].is_null()
    );
    let filters = source["FilterCriteria"]["Filters"].as_sequence().unwrap();
    let prefix = |filter: &Value| {
        let pattern: serde_json::Value = serde_json::from_str(text(&filter["Pattern"])).unwrap();
        pattern["dynamodb"]["Keys"]["pk"]["S"][0]["prefix"].as_str().unwrap().to_owned()
    };
    assert_eq!(filters.iter().map(prefix).collect::<Vec<_>>(), ["LIKES#", "COLLECTS#", "COUNTERS#"]);
}

#[test]
fn a_record_that_fails_is_isolated_given_up_and_kept() {
    let template = template();
    for stream in streams() {
        assert_eq!(stream["BisectBatchOnFunctionError"], true);
        assert_eq!(stream["StartingPosition"], "TRIM_HORIZON");
        assert!(stream["MaximumRetryAttempts"].as_u64().unwrap() >= 5);
        let kept = &stream["DestinationConfig"]["OnFailure"];
        assert_eq!(kept["Type"], "S3");
        let bucket = properties(&template, text(&kept["Destination"]).strip_suffix(".Arn").unwrap());
        let access = bucket["PublicAccessBlockConfiguration"].as_mapping().unwrap();
        assert!(access.len() == 4 && access.iter().all(|(_, blocked)| *blocked == true));
        assert!(!bucket["BucketEncryption"].is_null() && !bucket["LifecycleConfiguration"].is_null());
    }
}

/// Whether a filter of one of the relay's streams lets an item's records through. Filters here know prefixes of `pk` and whole `sk`s only.
fn passes(pk: &str, sk: &str) -> bool {
    let streams = streams();
    let filters = streams.iter().flat_map(|stream| stream["FilterCriteria"]["Filters"].as_sequence().unwrap());
    filters.into_iter().any(|filter| {
        let pattern: serde_json::Value = serde_json::from_str(text(&filter["Pattern"])).unwrap();
        let keys = &pattern["dynamodb"]["Keys"];
        let exact = keys["sk"]["S"].as_array().is_none_or(|known| known.iter().any(|known| known == sk));
        exact && pk.starts_with(keys["pk"]["S"][0]["prefix"].as_str().unwrap())
    })
}

#[test]
fn filters_let_through_what_somebody_wants_and_nothing_else() {
    let (user, counters) = ("USER#01ARZ3NDEKTSV4RRFFQ69G5FAV", "COUNTERS#01ARZ3NDEKTSV4RRFFQ69G5FAV");
    for (pk, sk) in [
        ("ARTICLE#how-to", "LIVE"),
        (user, "USER"),
        ("USERNAME#ann", "GUARD"),
        (counters, "COUNTERS"),
        ("TASKS#7", "01ARZ3NDEKTSV4RRFFQ69G5FAV"),
    ] {
        assert!(passes(pk, sk), "{pk} {sk}");
    }
    assert!(!passes(user, "IDENTITY#x"));
    let (draft, revision) = ("DRAFTS#01ARZ3NDEKTSV4RRFFQ69G5FAV", "REVISION#01ARZ3NDEKTSV4RRFFQ69G5FAV");
    let like = "LIKES#01ARZ3NDEKTSV4RRFFQ69G5FAV";
    for unwanted in [
        draft,
        revision,
        like,
        "LIST#LATEST",
        "COUNT#0",
        "SMS#20000#ALL#0",
        "SWEEP",
        "EMAIL#ann@mail.example",
        "IDENTITY#x",
        "LOCKOUT#ADDRESS#192.0.2.1",
    ] {
        assert!(!passes(unwanted, "GUARD"), "{unwanted}");
    }
    assert!(!passes(user, "IDENTITY#x"));
}

#[test]
fn a_lag_raises_an_alarm_long_before_records_expire() {
    let template = template();
    for name in ["ChangeRelayLagAlarm", "CounterSyncLagAlarm"] {
        let alarm = properties(&template, name);
        assert_eq!((text(&alarm["Namespace"]), text(&alarm["MetricName"])), ("AWS/Lambda", "IteratorAge"));
        let hour = 3_600_000;
        assert!(alarm["Threshold"].as_u64().unwrap() <= hour);
    }
}
