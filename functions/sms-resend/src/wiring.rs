//! What `sms-resend` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{DynamoSettings, TableNames, TaskTable},
        host::Host,
    },
    config::{FromEnvironment, Reader, settings},
    ports::{StoreError, permission::Permission, sms},
    worker::{Tick, Worker, WorkerError},
};

use crate::{Report, Resender};

/// The function.
pub struct SmsResend;

/// What the function reads from the environment.
pub struct Config {
    dynamo: DynamoSettings,
    tasks_table: String,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let dynamo = DynamoSettings::take(reader);
        let tasks_table = reader.take(&settings::TASKS_TABLE);
        Some(Self { dynamo: dynamo?, tasks_table: tasks_table? })
    }
}

impl Worker for SmsResend {
    const NAME: &'static str = "sms-resend";
    const PERMISSIONS: &'static [&'static [Permission]] = &[sms::SMS_RESENDS];
    type Config = Config;
    type State = Resender;
    type Event = Tick;
    type Answer = Report;

    fn wire(config: &Config, host: &Host) -> Result<Resender, StoreError> {
        let names = TableNames { tasks: Some(config.tasks_table.clone()), ..TableNames::default() };
        let dynamo = host.dynamo(&config.dynamo, names);
        Ok(Resender {
            tasks: Arc::new(TaskTable::new(dynamo, &config.tasks_table)),
            figures: host.sms_figures(),
            system: host.system.clone(),
        })
    }

    async fn handle(resender: &Resender, _: Tick) -> Result<Report, WorkerError> {
        Ok(resender.run().await?)
    }
}
