//! `bloghub admin`.

use std::sync::Arc;

use clap::{Args, Subcommand};
use shared::{
    adapters::{
        dynamodb::{DynamoSettings, TableNames, UserTable},
        host::Host,
        redis::Redis,
        system::OperatingSystem,
    },
    config,
    domain::user::{Role, Username},
    ports::{
        sessions::{ROLES, Roles as _, SessionCache as _},
        users::{USERS, Users as _},
    },
    telemetry::chain,
};

use super::{
    deployment::{Target, local},
    line, tell,
};
use crate::{
    StartError,
    data::DataFolder,
    services::{Ports, Services},
};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Give a user a role, as an admin does by the API: there has to be a first one
    ///
    /// Over a data folder it works whether or not the program runs, and holds at once. On AWS the cache is out of reach from here: what
    /// instances remember of the user's sessions holds for five more minutes at the most.
    Grant(Grant),
}

#[derive(Args)]
struct Grant {
    #[command(flatten)]
    target: Target,
    /// Whose role, regardless of case
    #[arg(value_name = "USERNAME", value_parser = |text: &str| Username::parse(text).map_err(|problem| problem.0))]
    username: Username,
    /// reader, author, moderator or admin
    #[arg(value_name = "ROLE", value_parser = |text: &str| text.parse::<Role>().map_err(|problem| problem.0))]
    role: Role,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), String> {
    let Command::Grant(grant) = arguments.command;
    let Some(folder) = grant.target.folder() else {
        let table = grant.target.deployment()?.table("UsersTable").await?;
        let settings = config::read::<DynamoSettings>().map_err(|error| error.to_string())?;
        return grant.give(&settings, &table, None).await;
    };
    if !DataFolder::exists(folder) {
        return Err(format!("{} holds no data of bloghub: choose another with --data", folder.display()));
    }
    match Services::start(folder, Ports::default(), tell).await {
        Ok(services) => {
            let addresses = grant.target.addresses();
            let given = match &addresses {
                Ok(found) => grant.give_locally(&found.dynamodb, &found.redis).await,
                Err(problem) => Err(problem.clone()),
            };
            services.stop().await;
            given
        }
        Err(StartError::InUse { .. }) => {
            let found = grant.target.addresses()?;
            grant.give_locally(&found.dynamodb, &found.redis).await
        }
        Err(error) => Err(line(error)),
    }
}

impl Grant {
    async fn give_locally(&self, dynamodb: &str, redis: &str) -> Result<(), String> {
        self.give(&DynamoSettings(local(dynamodb.to_owned())), "UsersTable", Some(redis)).await
    }

    /// Stores the role, and tells every instance if the cache is within reach.
    async fn give(&self, settings: &DynamoSettings, table: &str, redis: Option<&str>) -> Result<(), String> {
        let Self { username, role, .. } = self;
        let host = Host::local(Arc::new(OperatingSystem::default()), 1).for_function([USERS, ROLES].concat());
        let names = TableNames { users: Some(table.to_owned()), ..TableNames::default() };
        let users = UserTable::new(host.dynamo(settings, names), table);
        let told = |error| chain(&error);
        let missing = || format!("there is no user {}", username.as_str());
        let holder = users.holder(username).await.map_err(told)?.ok_or_else(missing)?;
        let rights = users.set_role(holder.id, *role).await.map_err(told)?.ok_or_else(missing)?;
        match redis {
            Some(url) => {
                let redis: Redis = host.redis(&url.parse()?).map_err(told)?;
                let told = redis.announce(holder.id, &rights).await;
                told.map_err(|error| format!("stored, but not told to every instance: repeat it: {}", chain(&error)))?;
                tell(&format!("{} is {role} now", username.as_str()));
            }
            None => tell(&format!(
                "{} is {role}; what is remembered of their sessions ends within 5 minutes",
                username.as_str()
            )),
        }
        Ok(())
    }
}
