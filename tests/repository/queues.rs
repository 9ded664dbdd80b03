//! The queues in `template.yaml`: each has a consumer, a dead-letter queue and alarms.

use serde_yaml_ng::Value;
use shared::{ports::permission::Queue, queue::MAX_RECEIVES};

use crate::{
    template::resource,
    triggers::{events, properties, template, text},
};

/// As long as SQS keeps messages at the most.
const FOURTEEN_DAYS: u64 = 14 * 24 * 3_600;

/// Each queue's resource without `Queue`, such as `CacheEvict`, and the queue.
fn queues() -> impl Iterator<Item = (String, Queue)> {
    Queue::ALL.into_iter().map(|queue| (format!("{queue:?}"), queue))
}

#[test]
fn each_queue_is_named_after_the_stack_and_its_consumer() {
    let template = template();
    for (resource, queue) in queues() {
        let name = format!("${{AWS::StackName}}-{}", queue.name());
        assert_eq!(text(&properties(&template, &format!("{resource}Queue"))["QueueName"]), name);
        let dead = properties(&template, &format!("{resource}DeadLetterQueue"));
        assert_eq!(text(&dead["QueueName"]), format!("{name}-dead-letters"));
    }
    let made = template["Resources"].as_mapping().unwrap().values();
    let made = made.filter(|resource| resource["Type"] == "AWS::SQS::Queue").count();
    assert_eq!(made, 2 * Queue::ALL.len());
}

#[test]
fn a_message_is_given_up_after_as_many_tries_as_consumers_believe_and_kept_for_14_days() {
    let template = template();
    for (resource, _) in queues() {
        let policy = &properties(&template, &format!("{resource}Queue"))["RedrivePolicy"];
        assert_eq!(policy["maxReceiveCount"], u64::from(MAX_RECEIVES), "{resource}");
        assert_eq!(text(&policy["deadLetterTargetArn"]), format!("{resource}DeadLetterQueue.Arn"));
        let dead = properties(&template, &format!("{resource}DeadLetterQueue"));
        assert_eq!(dead["MessageRetentionPeriod"], FOURTEEN_DAYS, "{resource}");
    }
}

#[test]
fn queues_are_encrypted() {
    let template = template();
    for (resource, _) in queues() {
        for queue in [format!("{resource}Queue"), format!("{resource}DeadLetterQueue")] {
            assert_eq!(properties(&template, &queue)["SqsManagedSseEnabled"], true, "{queue}");
        }
    }
}

/// The properties of the event source that feeds `queue`'s consumer, which bears its name.
fn source(template: &Value, queue: Queue) -> Value {
    let of = |(kind, properties): &(String, Value)| {
        kind == "SQS" && text(&properties["Queue"]) == format!("{queue:?}Queue.Arn")
    };
    let source = events(template, queue.name()).into_iter().find(of);
    source.unwrap_or_else(|| panic!("{} does not take from {queue:?}Queue", queue.name())).1
}

#[test]
fn a_message_stays_hidden_for_six_times_its_consumers_time_out() {
    let template = template();
    for (name, queue) in queues() {
        let own = &properties(&template, &resource(queue.name()))["Timeout"];
        let timeout = own.as_u64().or(template["Globals"]["Function"]["Timeout"].as_u64()).unwrap();
        let window = source(&template, queue)["MaximumBatchingWindowInSeconds"].as_u64().unwrap_or(0);
        let hidden = properties(&template, &format!("{name}Queue"))["VisibilityTimeout"].as_u64().unwrap();
        assert!(hidden >= 6 * timeout + window, "{name}: {hidden} s");
    }
}

#[test]
fn an_old_message_and_a_dead_one_raise_alarms() {
    let template = template();
    for (queue, _) in queues() {
        for (alarm, metric, watched) in [
            ("AgeAlarm", "ApproximateAgeOfOldestMessage", "Queue"),
            ("DeadLettersAlarm", "ApproximateNumberOfMessagesVisible", "DeadLetterQueue"),
        ] {
            let alarm = properties(&template, &format!("{queue}{alarm}"));
            assert_eq!(text(&alarm["MetricName"]), metric, "{queue}");
            assert_eq!(text(&alarm["Dimensions"][0]["Value"]), format!("{queue}{watched}.QueueName"));
        }
    }
}
