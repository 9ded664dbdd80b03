//! What a subcommand looks at: the program that runs over a data folder, or a stack on AWS.

use std::path::PathBuf;

use aws_sdk_dynamodb::error::DisplayErrorContext;
use clap::Args;
use shared::{
    adapters::{
        aws::{AwsCredentials, AwsRegion, AwsSettings, Timeouts, http_client, sdk_config},
        dynamodb::DynamoSettings,
        sqs::SqsSettings,
    },
    config,
};

use super::folder;
use crate::{
    addresses::{self, Addresses},
    sqs::STACK,
};

#[derive(Args)]
pub(super) struct Target {
    /// The data folder of the program to look at
    #[arg(
        long = "data", value_name = "DIR", env = "BLOGHUB_DATA", default_value = "data", value_parser = folder, global = true
    )]
    folder: PathBuf,
    /// Look at this stack on AWS instead; AWS_REGION and AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for a role,
    /// AWS_SESSION_TOKEN say where and in whose name
    #[arg(long, value_name = "NAME", global = true)]
    stack: Option<String>,
}

impl Target {
    /// The data folder, unless it is a stack that is looked at.
    pub(super) fn folder(&self) -> Option<&PathBuf> {
        self.stack.is_none().then_some(&self.folder)
    }

    /// Where the services of the program over the data folder are.
    ///
    /// # Errors
    /// A line that says that none runs.
    pub(super) fn addresses(&self) -> Result<Addresses, String> {
        let shown = self.folder.display();
        let found = addresses::read(&self.folder).map_err(|error| format!("cannot read {shown}: {error}"))?;
        found.ok_or_else(|| format!("no bloghub runs over {shown}: start one, or choose --data"))
    }

    /// Clients of what is looked at.
    ///
    /// # Errors
    /// A line that says what is missing.
    pub(super) fn deployment(&self) -> Result<Deployment, String> {
        let (stack, dynamodb, sqs) = match &self.stack {
            Some(stack) => {
                let dynamodb = config::read::<DynamoSettings>().map_err(|error| error.to_string())?;
                let sqs = config::read::<SqsSettings>().map_err(|error| error.to_string())?;
                (stack.clone(), dynamodb.0, sqs.0)
            }
            None => {
                let found = self.addresses()?;
                (STACK.to_owned(), local(found.dynamodb), local(found.sqs))
            }
        };
        let http = http_client();
        Ok(Deployment {
            is_local: self.stack.is_none(),
            stack,
            dynamodb: aws_sdk_dynamodb::Client::new(&sdk_config(&dynamodb, http.clone())),
            sqs: aws_sdk_sqs::Client::new(&sdk_config(&sqs, http)),
        })
    }
}

/// An emulator at `endpoint`, in nobody's name.
pub(super) fn local(endpoint: String) -> AwsSettings {
    let name = || "local".to_owned();
    let credentials = AwsCredentials { access_key_id: name(), secret_access_key: name(), session_token: None };
    AwsSettings { region: AwsRegion(name()), credentials, endpoint: Some(endpoint), timeouts: Timeouts::default() }
}

/// Clients of a running program or of a stack.
pub(super) struct Deployment {
    pub(super) stack: String,
    pub(super) dynamodb: aws_sdk_dynamodb::Client,
    pub(super) sqs: aws_sdk_sqs::Client,
    is_local: bool,
}

impl Deployment {
    /// The name of the table that is the resource `resource`: CloudFormation adds a suffix of its own to the stack's and the
    /// resource's names.
    ///
    /// # Errors
    /// A line that says that there is none, or that the question failed.
    pub(super) async fn table(&self, resource: &str) -> Result<String, String> {
        if self.is_local {
            return Ok(resource.to_owned());
        }
        let prefix = format!("{}-{resource}-", self.stack);
        let mut after = None;
        loop {
            let page = self.dynamodb.list_tables().set_exclusive_start_table_name(after).send().await.map_err(told)?;
            if let Some(name) = page.table_names().iter().find(|name| name.starts_with(&prefix)) {
                return Ok(name.clone());
            }
            let Some(last) = page.last_evaluated_table_name else {
                return Err(format!("there is no table {prefix}…: is {} the stack's name?", self.stack));
            };
            after = Some(last);
        }
    }
}

/// An error of a client in one line.
pub(super) fn told(error: impl std::error::Error) -> String {
    DisplayErrorContext(error).to_string()
}
