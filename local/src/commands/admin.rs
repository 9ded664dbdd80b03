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
    beside_services,
    deployment::{Target, local},
    tell,
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
    beside_services(folder, async || grant.give_locally().await).await
}

impl Grant {
    async fn give_locally(&self) -> Result<(), String> {
        let found = self.target.addresses()?;
        self.give(&DynamoSettings(local(found.dynamodb)), "UsersTable", Some(&found.redis)).await
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
