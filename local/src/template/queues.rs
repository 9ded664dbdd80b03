//! The queues of the template.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Template;
use crate::StartError;

/// A queue of the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueDefinition {
    /// The queue's resource, such as `CacheEvictQueue`.
    pub resource: String,
    /// Its name, in which `${AWS::StackName}` stands for the stack's.
    name: String,
    /// Seconds for which a message that was received stays invisible to others.
    pub visibility_seconds: u32,
    /// Seconds after which a message that was sent can be received.
    pub delay_seconds: u32,
    /// Where messages go that are received too often.
    pub redrive: Option<Redrive>,
}

/// Where messages go that are received too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// The resource of the dead-letter queue.
    pub dead_letters: String,
    /// How often a message is received at the most.
    pub max_receives: u32,
}

impl QueueDefinition {
    /// Its name in the stack `stack`.
    pub fn name(&self, stack: &str) -> String {
        self.name.replace("${AWS::StackName}", stack)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    queue_name: String,
    #[serde(default = "visibility")]
    visibility_timeout: u32,
    #[serde(default)]
    delay_seconds: u32,
    redrive_policy: Option<RedrivePolicy>,
    #[serde(default)]
    fifo_queue: bool,
}

/// SQS's own default.
const fn visibility() -> u32 {
    30
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RedrivePolicy {
    dead_letter_target_arn: String,
    max_receive_count: u32,
}

impl Template {
    /// The queues, dead-letter queues before those that send to them.
    ///
    /// # Errors
    /// [`StartError::Template`] if one has no name, is first-in-first-out, or sends dead letters to none of them.
    pub fn queues(&self) -> Result<Vec<QueueDefinition>, StartError> {
        let mut queues = BTreeMap::new();
        for (resource, properties) in self.resources("AWS::SQS::Queue") {
            let Properties { queue_name, visibility_timeout, delay_seconds, redrive_policy, fifo_queue } =
                self.known(&resource, properties)?;
            if fifo_queue {
                return Err(StartError::Template(format!("{resource}: queues are not first-in-first-out here")));
            }
            let redrive = redrive_policy.map(|policy| Redrive {
                dead_letters: policy.dead_letter_target_arn.trim_end_matches(".Arn").to_owned(),
                max_receives: policy.max_receive_count,
            });
            let definition = QueueDefinition {
                resource: resource.clone(),
                name: queue_name,
                visibility_seconds: visibility_timeout,
                delay_seconds,
                redrive,
            };
            queues.insert(resource, definition);
        }
        for queue in queues.values() {
            if let Some(missing) = queue.redrive.as_ref().filter(|to| !queues.contains_key(&to.dead_letters)) {
                let problem = format!("{}: {} is no queue", queue.resource, missing.dead_letters);
                return Err(StartError::Template(problem));
            }
        }
        let mut queues: Vec<_> = queues.into_values().collect();
        queues.sort_by_key(|queue| queue.redrive.is_some());
        Ok(queues)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queues(properties: &str) -> Result<Vec<QueueDefinition>, StartError> {
        let dead = r#"D: { Type: "AWS::SQS::Queue", Properties: { QueueName: !Sub "${AWS::StackName}-d" } }"#;
        let text = format!("Resources:\n  A: {{ Type: \"AWS::SQS::Queue\", Properties: {properties} }}\n  {dead}\n");
        Template::parse(&text).unwrap().queues()
    }

    #[test]
    fn a_queue_comes_after_its_dead_letter_queue_and_is_named_after_the_stack() {
        let redrive = "RedrivePolicy: { deadLetterTargetArn: !GetAtt D.Arn, maxReceiveCount: 5 }";
        let queues = queues(&format!("{{ QueueName: !Sub \"${{AWS::StackName}}-a\", {redrive} }}")).unwrap();
        assert_eq!((queues[0].name("blog"), queues[1].name("blog")), ("blog-d".to_owned(), "blog-a".to_owned()));
        assert_eq!(queues[1].redrive, Some(Redrive { dead_letters: "D".to_owned(), max_receives: 5 }));
        assert_eq!(queues[1].visibility_seconds, 30);
    }

    #[test]
    fn what_the_embedded_queues_cannot_do_is_an_error() {
        for properties in [
            "{ QueueName: a.fifo, FifoQueue: true }",
            "{ VisibilityTimeout: 1 }",
            "{ QueueName: a, RedrivePolicy: { deadLetterTargetArn: !GetAtt X.Arn, maxReceiveCount: 5 } }",
        ] {
            assert!(matches!(queues(properties), Err(StartError::Template(_))), "{properties}");
        }
    }
}
