//! `bloghub queues`.

mod letters;
mod redrive;
mod report;

use clap::{Args, Subcommand};

use super::{deployment::Target, print};

/// How many messages each queue holds, how old the oldest is, and its dead letters with the errors that made them so.
///
/// A dead letter that is looked at stays in its queue; on AWS nobody else receives it for a moment. How old the oldest message
/// is, SQS does not tell: on AWS it is CloudWatch's metric ApproximateAgeOfOldestMessage.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = false)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    target: Target,
    /// Print JSON, one object for each queue
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Action {
    /// Send dead letters back to the queue that they died in
    Redrive(redrive::Arguments),
}

pub(super) async fn run(arguments: Arguments) -> Result<(), String> {
    let deployment = arguments.target.deployment()?;
    match arguments.action {
        Some(Action::Redrive(chosen)) => redrive::run(&deployment, &chosen, arguments.json).await,
        None => {
            let reports = report::reports(&deployment).await?;
            print(&if arguments.json { report::json(&reports)? } else { report::text(&reports) });
            Ok(())
        }
    }
}
