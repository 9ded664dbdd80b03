//! What triggers the functions that no request calls, as `template.yaml` has it.

use bloghub::functions;
use serde_yaml_ng::Value;

use crate::template::resource;

/// The template as YAML.
pub(crate) fn template() -> Value {
    serde_yaml_ng::from_str(&crate::file("template.yaml")).unwrap()
}

/// The properties of a resource.
pub(crate) fn properties<'a>(template: &'a Value, resource: &str) -> &'a Value {
    let properties = &template["Resources"][resource]["Properties"];
    assert!(properties.is_mapping(), "{resource} is not in the template");
    properties
}

/// A value's text, without the tag of an intrinsic function.
pub(crate) fn text(value: &Value) -> &str {
    match value {
        Value::Tagged(tagged) => tagged.value.as_str().unwrap_or_default(),
        other => other.as_str().unwrap_or_default(),
    }
}

/// The event sources of a function: their types and properties.
pub(crate) fn events(template: &Value, function: &str) -> Vec<(String, Value)> {
    let events = properties(template, &resource(function))["Events"].as_mapping().into_iter().flatten();
    events.map(|(_, event)| (text(&event["Type"]).to_owned(), event["Properties"].clone())).collect()
}

/// The tables and queues that trigger a function, by their resources.
pub(crate) fn sources(function: &str) -> Vec<String> {
    let source = |(_, properties): &(String, Value)| {
        let arn = text(&properties["Stream"]).to_owned() + text(&properties["Queue"]);
        arn.split_once('.').map(|(resource, _)| resource.to_owned())
    };
    events(&template(), function).iter().filter_map(source).collect()
}

#[test]
fn no_worker_has_a_route_and_each_has_a_trigger() {
    for worker in functions::workers() {
        let events = events(&template(), worker.name);
        assert!(!events.is_empty(), "{}", worker.name);
        assert!(events.iter().all(|(kind, _)| kind != "HttpApi"), "{}", worker.name);
    }
}

#[test]
fn a_batch_reports_what_failed_of_it() {
    for worker in functions::workers() {
        for (kind, properties) in events(&template(), worker.name) {
            if ["DynamoDB", "SQS"].contains(&kind.as_str()) {
                assert_eq!(properties["FunctionResponseTypes"][0], "ReportBatchItemFailures", "{}", worker.name);
            }
        }
    }
}
