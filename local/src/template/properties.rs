//! The properties of event sources as the template writes them. What means nothing here is read all the same: a property that is
//! unknown is an error, as it might be one that matters.

use serde::Deserialize;
use serde_json::Value as Json;

use super::StartingPosition;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[allow(dead_code, reason = "read to know that they are known")]
pub(super) struct StreamProperties {
    pub(super) stream: String,
    pub(super) starting_position: StartingPosition,
    #[serde(default = "hundred")]
    pub(super) batch_size: usize,
    #[serde(default)]
    pub(super) maximum_batching_window_in_seconds: u32,
    #[serde(default)]
    pub(super) bisect_batch_on_function_error: bool,
    #[serde(default = "endless")]
    pub(super) maximum_retry_attempts: i64,
    /// Nothing gets too old here: a machine may be off for days.
    pub(super) maximum_record_age_in_seconds: Option<i64>,
    /// One shard, one reader: a higher factor changes order within a shard's keys by nothing.
    pub(super) parallelization_factor: Option<u32>,
    /// Nothing is kept from call to call of a window; with one, calls are told of which shard their records are.
    #[serde(default)]
    pub(super) tumbling_window_in_seconds: u32,
    #[serde(default)]
    pub(super) function_response_types: Vec<String>,
    pub(super) filter_criteria: Option<FilterCriteria>,
    /// Here it is always the data folder.
    pub(super) destination_config: Option<Json>,
    pub(super) enabled: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct FilterCriteria {
    pub(super) filters: Vec<Filter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Filter {
    pub(super) pattern: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[allow(dead_code, reason = "read to know that they are known")]
pub(super) struct QueueProperties {
    pub(super) queue: String,
    #[serde(default = "ten")]
    pub(super) batch_size: usize,
    /// Nobody waits here for a batch to fill.
    pub(super) maximum_batching_window_in_seconds: Option<u32>,
    #[serde(default)]
    pub(super) function_response_types: Vec<String>,
    /// Here there are always a few.
    pub(super) scaling_config: Option<Json>,
    pub(super) enabled: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[allow(dead_code, reason = "read to know that they are known")]
pub(super) struct ScheduleProperties {
    #[serde(alias = "Schedule")]
    pub(super) schedule_expression: String,
    pub(super) schedule_expression_timezone: Option<String>,
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) input: Option<String>,
    pub(super) state: Option<String>,
    pub(super) enabled: Option<bool>,
    /// A run that failed is not tried again here: the next one comes.
    pub(super) retry_policy: Option<Json>,
    /// Nor is it kept.
    pub(super) dead_letter_config: Option<Json>,
    /// It comes on time here.
    pub(super) flexible_time_window: Option<Json>,
}

const fn hundred() -> usize {
    100
}

const fn ten() -> usize {
    10
}

const fn endless() -> i64 {
    -1
}
