//! What calls the functions that no route calls: change streams, queues and schedules.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value as Json;

use super::{
    Template, kebab,
    properties::{QueueProperties, ScheduleProperties, StreamProperties},
};
use crate::StartError;

/// All event sources of the template.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sources {
    /// Change streams of tables.
    pub streams: Vec<StreamSource>,
    /// Queues.
    pub queues: Vec<QueueSource>,
    /// Schedules.
    pub schedules: Vec<ScheduleSource>,
}

/// A function that a table's change stream calls.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamSource {
    /// The function's name, such as `change-relay`.
    pub function: String,
    /// The table's resource.
    pub table: String,
    /// Where it begins that never ran before.
    pub starting: StartingPosition,
    /// Records in one event at the most.
    pub batch_size: usize,
    /// How long a batch may wait to fill.
    pub window: Duration,
    /// Whether a batch that fails is split in two.
    pub bisect: bool,
    /// How often a batch is tried again; `None` is without end.
    pub retries: Option<u32>,
    /// Whether the function's answer says which record failed.
    pub reports_failures: bool,
    /// Whether calls are told of which shard their records are, as those of a tumbling window are.
    pub names_shard: bool,
    /// Patterns of which a record must match one, as JSON; none let everything pass.
    pub filters: Vec<Json>,
}

/// Where a stream's consumer begins that never ran before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StartingPosition {
    /// With the oldest record that is left.
    TrimHorizon,
    /// With what is written from now on.
    Latest,
}

/// A function that a queue's messages call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSource {
    /// The function's name, such as `cache-evict`.
    pub function: String,
    /// The queue's resource.
    pub queue: String,
    /// Messages in one event at the most.
    pub batch_size: usize,
    /// Whether the function's answer says which messages failed.
    pub reports_failures: bool,
}

/// A function that a schedule calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleSource {
    /// The function's name.
    pub function: String,
    /// The schedule's name within the function.
    pub name: String,
    /// Which of EventBridge's two services it is.
    pub service: ScheduleService,
    /// `rate(…)` or `cron(…)`, in UTC.
    pub expression: String,
    /// What the function is called with instead of the service's own event.
    pub input: Option<String>,
}

/// EventBridge's two services that call by the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleService {
    /// EventBridge Scheduler: `Type: ScheduleV2`.
    Scheduler,
    /// A rule of EventBridge: `Type: Schedule`.
    Rule,
}

fn reports_failures(types: &[String]) -> bool {
    types.iter().any(|kind| kind == "ReportBatchItemFailures")
}

impl Template {
    /// What calls functions besides requests. What is not enabled is left out.
    ///
    /// # Errors
    /// [`StartError::Template`] for an event source or a property that the program does not know.
    pub fn sources(&self) -> Result<Sources, StartError> {
        let mut sources = Sources::default();
        for (resource, properties) in self.resources("AWS::Serverless::Function") {
            let function = kebab(resource.strip_suffix("Function").unwrap_or(&resource));
            for (name, event) in properties["Events"].as_mapping().into_iter().flatten() {
                let name = name.as_str().unwrap_or_default();
                let whose = format!("{resource}, event {name}");
                let properties = &event["Properties"];
                match event["Type"].as_str().unwrap_or_default() {
                    "HttpApi" => {}
                    "DynamoDB" => sources.streams.extend(stream(&function, self.known(&whose, properties)?, &whose)?),
                    "SQS" => sources.queues.extend(queue(&function, self.known(&whose, properties)?)),
                    kind @ ("ScheduleV2" | "Schedule") => {
                        let service =
                            if kind == "Schedule" { ScheduleService::Rule } else { ScheduleService::Scheduler };
                        let found = schedule(&function, name, service, self.known(&whose, properties)?);
                        sources.schedules.extend(found.map_err(|problem| unknown(&whose, problem))?);
                    }
                    kind => return Err(unknown(&whose, format!("the program has no event source {kind:?}"))),
                }
            }
        }
        Ok(sources)
    }
}

fn unknown(whose: &str, problem: impl std::fmt::Display) -> StartError {
    StartError::Template(format!("{whose}: {problem}"))
}

fn stream(function: &str, found: StreamProperties, whose: &str) -> Result<Option<StreamSource>, StartError> {
    let filters = found.filter_criteria.into_iter().flat_map(|criteria| criteria.filters);
    let filters = filters.map(|filter| serde_json::from_str(&filter.pattern));
    let filters = filters.collect::<Result<_, _>>().map_err(|error| unknown(whose, format!("a pattern: {error}")))?;
    let source = StreamSource {
        function: function.to_owned(),
        table: found.stream.trim_end_matches(".StreamArn").to_owned(),
        starting: found.starting_position,
        batch_size: found.batch_size.max(1),
        window: Duration::from_secs(found.maximum_batching_window_in_seconds.into()),
        bisect: found.bisect_batch_on_function_error,
        retries: u32::try_from(found.maximum_retry_attempts).ok(),
        reports_failures: reports_failures(&found.function_response_types),
        names_shard: found.tumbling_window_in_seconds > 0,
        filters,
    };
    Ok(Some(source).filter(|_| found.enabled != Some(false)))
}

fn queue(function: &str, found: QueueProperties) -> Option<QueueSource> {
    let source = QueueSource {
        function: function.to_owned(),
        queue: found.queue.trim_end_matches(".Arn").to_owned(),
        // One call of SQS brings ten at the most.
        batch_size: found.batch_size.clamp(1, 10),
        reports_failures: reports_failures(&found.function_response_types),
    };
    Some(source).filter(|_| found.enabled != Some(false))
}

fn schedule(
    function: &str,
    name: &str,
    service: ScheduleService,
    found: ScheduleProperties,
) -> Result<Option<ScheduleSource>, String> {
    if let Some(zone) = found.schedule_expression_timezone.filter(|zone| zone != "UTC") {
        return Err(format!("schedules run in UTC here, not in {zone}"));
    }
    let source = ScheduleSource {
        function: function.to_owned(),
        name: name.to_owned(),
        service,
        expression: found.schedule_expression,
        input: found.input,
    };
    let on = found.enabled != Some(false) && found.state.as_deref() != Some("DISABLED");
    Ok(Some(source).filter(|_| on))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(event: &str) -> Result<Sources, StartError> {
        let text = format!(
            "Resources:\n  ChangeRelayFunction: {{ Type: \"AWS::Serverless::Function\", Properties: {{ Events: {{ E: {event} }} }} }}\n"
        );
        Template::parse(&text).unwrap().sources()
    }

    #[test]
    fn a_stream_is_read_with_its_filters_and_its_bounds() {
        let found = sources(
            r#"{ Type: DynamoDB, Properties: { Stream: !GetAtt ArticlesTable.StreamArn, StartingPosition: TRIM_HORIZON,
            BatchSize: 7, BisectBatchOnFunctionError: true, MaximumRetryAttempts: 3, MaximumBatchingWindowInSeconds: 1,
            TumblingWindowInSeconds: 900, FunctionResponseTypes: [ReportBatchItemFailures], FilterCriteria: { Filters: [{ Pattern: '{"a": ["b"]}' }] },
            DestinationConfig: { OnFailure: { Destination: !GetAtt FailedChangesBucket.Arn } } } }"#,
        );
        let expected = StreamSource {
            function: "change-relay".to_owned(),
            table: "ArticlesTable".to_owned(),
            starting: StartingPosition::TrimHorizon,
            batch_size: 7,
            window: Duration::from_secs(1),
            bisect: true,
            retries: Some(3),
            reports_failures: true,
            names_shard: true,
            filters: vec![serde_json::json!({"a": ["b"]})],
        };
        assert_eq!(found.unwrap().streams, [expected]);
    }

    #[test]
    fn a_queue_gives_ten_messages_at_the_most_and_a_disabled_schedule_none() {
        let found =
            sources("{ Type: SQS, Properties: { Queue: !GetAtt CacheEvictQueue.Arn, BatchSize: 100 } }").unwrap();
        assert_eq!((found.queues[0].queue.as_str(), found.queues[0].batch_size), ("CacheEvictQueue", 10));
        let schedule = "{ Type: ScheduleV2, Properties: { ScheduleExpression: rate(5 minutes), State: DISABLED } }";
        assert_eq!(sources(schedule).unwrap(), Sources::default());
    }

    #[test]
    fn what_is_a_parameter_of_the_template_is_that_parameters_default() {
        let text = "Parameters: { Often: { Type: String, Default: rate(3 minutes) } }\nResources: { SweepFunction: { Type: \"AWS::Serverless::Function\", \
            Properties: { Events: { E: { Type: ScheduleV2, Properties: { ScheduleExpression: !Ref Often } } } } } }";
        let found = Template::parse(text).unwrap().sources().unwrap();
        assert_eq!(found.schedules[0].expression, "rate(3 minutes)");
    }

    #[test]
    fn what_the_program_does_not_know_is_an_error_that_names_it() {
        for (event, word) in [
            ("{ Type: Kinesis, Properties: {} }", "Kinesis"),
            ("{ Type: SQS, Properties: { Queue: a, FilterCriteria: {} } }", "FilterCriteria"),
            ("{ Type: DynamoDB, Properties: { Stream: a, StartingPosition: LATEST, Tumbling: 1 } }", "Tumbling"),
            (
                "{ Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 day), ScheduleExpressionTimezone: Asia/Shanghai } }",
                "Asia/Shanghai",
            ),
        ] {
            let error = sources(event).unwrap_err().to_string();
            assert!(error.contains("ChangeRelayFunction") && error.contains(word), "{error}");
        }
    }
}
