//! What `sms-dispatch` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{BreakerTable, DynamoSettings, FailureTable, TableNames, TaskTable},
        host::Host,
        sms::{SmsProviders, Surroundings},
    },
    batch::BatchAnswer,
    config::{FromEnvironment, Reader, settings},
    domain::sms::TaskKey,
    ports::{StoreError, breakers, failures, permission::Permission, sms},
    queue::{Delivery, QueueEvent},
    sms::ATTEMPT,
    worker::{Worker, WorkerError},
};

use crate::Dispatcher;

/// The function.
pub struct SmsDispatch;

/// What the function reads from the environment.
pub struct Config {
    dynamo: DynamoSettings,
    tasks_table: String,
    coordination_table: String,
    key: Arc<TaskKey>,
    providers: Option<SmsProviders>,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let dynamo = DynamoSettings::take(reader);
        let tasks_table = reader.take(&settings::TASKS_TABLE);
        let coordination_table = reader.take(&settings::COORDINATION_TABLE);
        let key = reader.take(&settings::SMS_TASK_KEY);
        let providers = reader.take_optional(&settings::SMS_PROVIDERS);
        Some(Self {
            dynamo: dynamo?,
            tasks_table: tasks_table?,
            coordination_table: coordination_table?,
            key: Arc::new(key?),
            providers: providers?,
        })
    }
}

impl Worker for SmsDispatch {
    const NAME: &'static str = "sms-dispatch";
    const PERMISSIONS: &'static [&'static [Permission]] = &[sms::SMS_TASKS, breakers::BREAKERS, failures::FAILURES];
    type Config = Config;
    type State = Delivery<Dispatcher>;
    type Event = QueueEvent;
    type Answer = BatchAnswer;

    fn wire(config: &Config, host: &Host) -> Result<Delivery<Dispatcher>, StoreError> {
        let names = TableNames {
            tasks: Some(config.tasks_table.clone()),
            coordination: Some(config.coordination_table.clone()),
            ..TableNames::default()
        };
        let dynamo = host.dynamo(&config.dynamo, names);
        let surroundings = Surroundings {
            breakers: Arc::new(BreakerTable::new(dynamo.clone(), &config.coordination_table)),
            figures: host.sms_figures(),
            attempt: ATTEMPT,
            system: host.system.clone(),
        };
        let provider = match &config.providers {
            Some(providers) => providers.connect(&surroundings),
            None => surroundings.together(Vec::new()),
        };
        Ok(Delivery {
            consumer: Dispatcher {
                tasks: Arc::new(TaskTable::new(dynamo.clone(), &config.tasks_table)),
                provider,
                key: config.key.clone(),
                figures: surroundings.figures,
                system: host.system.clone(),
            },
            failures: Arc::new(FailureTable::new(dynamo, &config.coordination_table)),
            system: host.system.clone(),
        })
    }

    async fn handle(state: &Delivery<Dispatcher>, event: QueueEvent) -> Result<BatchAnswer, WorkerError> {
        Ok(state.deliver(event).await)
    }
}
