//! What `sms-code` reads from the environment and which adapters it gets.

use std::sync::Arc;

use axum::http::Method;
use shared::{
    adapters::{
        dynamodb::{DynamoSettings, TableNames},
        host::Host,
        redis::RedisUrl,
    },
    config::{FromEnvironment, Reader, settings},
    domain::limit::RouteClass,
    function::{Function, Wired},
    ports::{StoreError, codes, permission::Permission},
    wiring::{CodeSendConfig, strangers_entrance},
};

use crate::CodeRequests;

/// The function.
pub struct SmsCode;

/// What the function reads from the environment.
pub struct Config {
    dynamo: DynamoSettings,
    redis: RedisUrl,
    codes: CodeSendConfig,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let dynamo = DynamoSettings::take(reader);
        let redis = reader.take(&settings::REDIS_URL);
        let codes = CodeSendConfig::take(reader);
        Some(Self { dynamo: dynamo?, redis: redis?, codes: codes? })
    }
}

impl Function for SmsCode {
    const NAME: &'static str = "sms-code";
    const PERMISSIONS: &'static [&'static [Permission]] = &[codes::CODE_SENDS];
    type Config = Config;
    type State = CodeRequests;

    const CLASS: fn(&Method) -> RouteClass = |_| RouteClass::Code;

    shared::routes![send_code];

    fn wire(config: &Config, host: &Host) -> Result<Wired<CodeRequests>, StoreError> {
        let names = TableNames { tasks: Some(config.codes.table().to_owned()), ..TableNames::default() };
        let dynamo = host.dynamo(&config.dynamo, names);
        let redis = Arc::new(host.redis(&config.redis)?);
        let codes = config.codes.wire(dynamo, &redis, host.system.clone());
        let state = CodeRequests { codes, system: host.system.clone() };
        Ok(Wired { state, entrance: Some(strangers_entrance(redis, host)) })
    }
}
