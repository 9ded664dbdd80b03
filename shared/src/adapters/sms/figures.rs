//! Figures about messages.

use std::{io::Write as _, time::Duration};

use serde_json::{Value, json};

use crate::{domain::Timestamp, ports::sms::SmsFigures};

/// Lines in CloudWatch's embedded metric format, which become metrics of the namespace `BlogHub/Sms` by being printed
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).
#[derive(Debug, Clone, Copy, Default)]
pub struct EmbeddedMetrics;

/// A line: `values` with their units, and the dimensions by which they are added up.
fn line(now: Timestamp, dimensions: &[(&str, &str)], sets: &[&[&str]], values: &[(&str, &str, f64)]) -> Value {
    let metrics: Vec<_> = values.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
    let mut line = json!({"_aws": {
        "Timestamp": now.as_millis(),
        "CloudWatchMetrics": [{"Namespace": "BlogHub/Sms", "Dimensions": sets, "Metrics": metrics}],
    }});
    for (name, value) in dimensions {
        line[*name] = json!(value);
    }
    for (name, _, value) in values {
        line[*name] = json!(value);
    }
    line
}

fn asked(provider: &str, outcome: &str, took: Duration, now: Timestamp) -> Value {
    let values = [("Attempts", "Count", 1.0), ("Duration", "Milliseconds", took.as_secs_f64() * 1_000.0)];
    let sets: [&[&str]; 2] = [&["Provider"], &["Provider", "Outcome"]];
    line(now, &[("Provider", provider), ("Outcome", outcome)], &sets, &values)
}

fn ended(end: &str, tasks: u32, now: Timestamp) -> Value {
    line(now, &[("End", end)], &[&["End"]], &[("Tasks", "Count", f64::from(tasks))])
}

fn print(line: &Value) {
    // Figures are worth no failure.
    if let Err(error) = writeln!(std::io::stdout().lock(), "{line}") {
        tracing::warn!(error = error.to_string(), "a figure is not printed");
    }
}

impl SmsFigures for EmbeddedMetrics {
    fn asked(&self, provider: &str, outcome: &'static str, took: Duration, now: Timestamp) {
        print(&asked(provider, outcome, took, now));
    }

    fn ended(&self, end: &'static str, tasks: u32, now: Timestamp) {
        print(&ended(end, tasks, now));
    }
}

/// The same as lines of the log, where nobody makes metrics of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoggedFigures;

impl SmsFigures for LoggedFigures {
    fn asked(&self, provider: &str, outcome: &'static str, took: Duration, _: Timestamp) {
        tracing::info!(provider, outcome, milliseconds = took.as_secs_f64() * 1_000.0, "a provider was asked to send");
    }

    fn ended(&self, end: &'static str, tasks: u32, _: Timestamp) {
        tracing::info!(end, tasks, "messages");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_its_metrics_and_dimensions_and_holds_their_values() {
        let line = asked("tencent", "throttled", Duration::from_millis(120), Timestamp::from_millis(5));
        let metrics = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(metrics["Dimensions"], json!([["Provider"], ["Provider", "Outcome"]]));
        for set in metrics["Dimensions"].as_array().unwrap() {
            assert!(set.as_array().unwrap().iter().all(|name| line[name.as_str().unwrap()].is_string()));
        }
        for metric in metrics["Metrics"].as_array().unwrap() {
            assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{metric}");
        }
        assert_eq!((line["_aws"]["Timestamp"].as_i64(), line["Duration"].as_f64()), (Some(5), Some(120.0)));
    }
}
