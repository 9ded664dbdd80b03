//! `bloghub search`.

use std::{sync::Arc, time::Duration};

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use shared::{
    adapters::{
        dynamodb::{DynamoSettings, RebuildTable, TableNames},
        host::Host,
        system::OperatingSystem,
    },
    config,
    ports::indexing::{REBUILD_ORDERS, RebuildOrders, Rebuilding},
    telemetry::chain,
};

use super::{
    deployment::{Target, local},
    tell,
};

/// How often it is looked how it stands.
const LOOK: Duration = Duration::from_millis(500);
/// Looks without any news after which somebody should know: three minutes.
const PATIENCE: u32 = 360;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the search index anew from the tables, beside the one that is searched, and swap them when it is whole
    ///
    /// This orders it, and `search-rebuild` does it: it begins within a minute, and a run that is killed is gone on with by the next. Who
    /// searches notices nothing. To interrupt this command interrupts nothing.
    Reindex(Reindex),
}

#[derive(Args)]
struct Reindex {
    #[command(flatten)]
    target: Target,
    /// Order it and do not wait for it
    #[arg(long)]
    no_wait: bool,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), String> {
    let Command::Reindex(Reindex { target, no_wait }) = arguments.command;
    let (settings, table) = match target.folder() {
        Some(_) => (DynamoSettings(local(target.addresses()?.dynamodb)), "CoordinationTable".to_owned()),
        None => {
            let settings = config::read::<DynamoSettings>().map_err(|error| error.to_string())?;
            (settings, target.deployment()?.table("CoordinationTable").await?)
        }
    };
    let host = Host::local(Arc::new(OperatingSystem::default()), 1).for_function(REBUILD_ORDERS.to_vec());
    let names = TableNames { coordination: Some(table.clone()), ..TableNames::default() };
    let orders = RebuildTable::new(host.dynamo(&settings, names), &table);
    let order = orders.order().await.map_err(|error| chain(&error))?;
    if no_wait {
        tell("ordered: it begins within a minute");
        return Ok(());
    }
    let standing = watch(&orders, order, LOOK).await?;
    tell(&format!("{} articles are in the new index, which is searched from now on", standing.filled));
    Ok(())
}

/// Shows how it stands with `order` until it is carried out.
async fn watch(orders: &dyn RebuildOrders, order: u64, look: Duration) -> Result<Rebuilding, String> {
    let bar = ProgressBar::new(0).with_style(style());
    let (mut last, mut without_news) = (None, 0);
    loop {
        let standing = orders.standing().await.map_err(|error| chain(&error))?;
        if standing.done >= order {
            bar.finish_and_clear();
            return Ok(standing);
        }
        show(&bar, &standing, order);
        without_news = if last == Some(standing) { without_news + 1 } else { 0 };
        if without_news == PATIENCE {
            bar.suspend(|| {
                tell("there is no news for minutes: the log of search-rebuild says what is in the way; waiting on")
            });
        }
        last = Some(standing);
        tokio::time::sleep(look).await;
    }
}

/// On standard error, and only if that is a terminal.
fn style() -> ProgressStyle {
    let template = "bloghub: {msg} {wide_bar} {pos}/{len}";
    ProgressStyle::with_template(template).expect("a template that a test has parsed")
}

fn show(bar: &ProgressBar, standing: &Rebuilding, order: u64) {
    if standing.begun < order {
        bar.set_message("ordered, it begins within a minute");
        return;
    }
    bar.set_message("filling the new index");
    // Articles may have come since they were counted.
    bar.set_length(standing.total.max(standing.filled));
    bar.set_position(standing.filled);
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use shared::ports::StoreError;

    use super::*;

    /// Says one thing after the other.
    struct Told(Mutex<Vec<Rebuilding>>);

    #[async_trait]
    impl RebuildOrders for Told {
        async fn order(&self) -> Result<u64, StoreError> {
            unreachable!("it was ordered")
        }

        async fn standing(&self) -> Result<Rebuilding, StoreError> {
            Ok(self.0.lock().unwrap().remove(0))
        }

        async fn report(&self, _: &Rebuilding) -> Result<(), StoreError> {
            unreachable!("only search-rebuild reports")
        }
    }

    #[tokio::test]
    async fn it_is_watched_until_this_order_is_carried_out_and_not_the_one_before() {
        let standing = |begun, done, filled| Rebuilding { ordered: 2, begun, done, filled, total: 9, at: None };
        let told = Told(Mutex::new(vec![standing(1, 0, 9), standing(1, 1, 9), standing(2, 1, 4), standing(2, 2, 9)]));
        let last = watch(&told, 2, Duration::ZERO).await.unwrap();
        assert_eq!((last.done, last.filled), (2, 9));
        assert!(told.0.lock().unwrap().is_empty());
    }

    #[test]
    fn the_bar_shows_articles_of_all_articles() {
        let bar = ProgressBar::hidden().with_style(style());
        show(&bar, &Rebuilding { ordered: 2, begun: 1, filled: 3, total: 9, ..Rebuilding::default() }, 2);
        assert_eq!((bar.position(), bar.message().contains("minute")), (0, true));
        show(&bar, &Rebuilding { ordered: 2, begun: 2, filled: 11, total: 9, ..Rebuilding::default() }, 2);
        assert_eq!((bar.position(), bar.length()), (11, Some(11)));
    }
}
