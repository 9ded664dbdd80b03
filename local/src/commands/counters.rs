//! `bloghub counters`.

use std::{path::Path, sync::Arc, time::Duration};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared::{
    adapters::{
        dynamodb::{DynamoSettings, InteractionTable, TableNames},
        host::Host,
        system::OperatingSystem,
    },
    config,
    domain::{ArticleId, counting::Moved},
    ports::counters::{Audited, COUNTER_AUDITS, CounterAudits},
    telemetry::chain,
};

use super::{
    beside_services,
    deployment::{Target, local},
    print,
    table::table,
    tell,
};
use crate::{
    dynamodb,
    ledger::Ledger,
    sources::{Consumer, Records},
    template::Template,
};

/// Who counts.
const COUNTER: &str = "counter-sync";

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compare the counters of likes and collections with the likes and collections that are there, and repair what differs
    ///
    /// All of the table is read, twice if something differs: what is on its way through the change stream is no fault. Only what is the
    /// same wrong number after the wait is repaired, and only if it has not moved until then. The wait must be longer than the stream's
    /// lag: over a data folder a lag is noticed and nothing is repaired; on AWS somebody has to look first, and says so by --drained.
    Reconcile(Reconcile),
}

#[derive(Args)]
struct Reconcile {
    #[command(flatten)]
    target: Target,
    /// Seconds between looking and looking again
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    wait: u64,
    /// Repair nothing, and end with a failure if something differs
    #[arg(long)]
    check: bool,
    /// Say that the stream of an AWS deployment is read: the event source of counter-sync is enabled, and the function's metric
    /// IteratorAge has values of the last minutes, which are below the wait
    #[arg(long)]
    drained: bool,
    /// Print JSON, one object for each article that differs
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), String> {
    let Command::Reconcile(reconcile) = arguments.command;
    let Some(folder) = reconcile.target.folder() else {
        if !reconcile.check && !reconcile.drained {
            return Err(UNDRAINED.to_owned());
        }
        let name = reconcile.target.deployment()?.table("InteractionsTable").await?;
        let settings = config::read::<DynamoSettings>().map_err(|error| error.to_string())?;
        return reconcile.over(&settings, &name, None).await;
    };
    beside_services(folder, async || reconcile.locally(folder).await).await
}

/// A source that is disabled has no lag that an alarm could see, and what waits there looks like what was lost.
const UNDRAINED: &str = "while the change stream waits, what is on its way would be repaired and counted a second time: see that the event source \
    of counter-sync is enabled and that IteratorAge has values below the wait, then add --drained; --check repairs nothing";

/// An article whose counters differ from what they count, and what became of it.
struct Difference {
    article: ArticleId,
    audited: Audited,
    outcome: &'static str,
}

impl Reconcile {
    async fn locally(&self, folder: &Path) -> Result<(), String> {
        let addresses = self.target.addresses()?;
        self.over(&DynamoSettings(local(addresses.dynamodb)), "InteractionsTable", Some(folder)).await
    }

    async fn over(&self, settings: &DynamoSettings, name: &str, folder: Option<&Path>) -> Result<(), String> {
        let host = Host::local(Arc::new(OperatingSystem::default()), 1).for_function(COUNTER_AUDITS.to_vec());
        let names = TableNames { interactions: Some(name.to_owned()), ..TableNames::default() };
        let audits = InteractionTable::new(host.dynamo(settings, names), name);
        let differences = self.reconcile(&audits, folder).await?;
        self.show(&differences);
        match differences.iter().filter(|difference| difference.outcome != REPAIRED).count() {
            0 => Ok(()),
            left => Err(format!("{left} articles have counters that differ from what they count")),
        }
    }

    async fn reconcile(&self, audits: &dyn CounterAudits, folder: Option<&Path>) -> Result<Vec<Difference>, String> {
        let survey = || async { audits.survey().await.map_err(|error| chain(&error)) };
        let first = survey().await?;
        tell(&format!("{} articles have likes, collections or counters", first.len()));
        let differs = |audited: &Audited| audited.missing() != Moved::default();
        if !first.values().any(differs) {
            return Ok(Vec::new());
        }
        tell(&format!("something differs or is on its way: looking again in {} s", self.wait));
        tokio::time::sleep(Duration::from_secs(self.wait)).await;
        let behind = folder.map(behind).transpose()?.unwrap_or(0);
        let second = survey().await?;
        let mut differences = Vec::new();
        for (article, audited) in second.into_iter().filter(|(_, audited)| differs(audited)) {
            let outcome = if first.get(&article) != Some(&audited) {
                "moves: look again later"
            } else if behind > 0 {
                "the change stream is behind: start the program, and look again later"
            } else if self.check {
                "differs"
            } else if audits.repair(article, &audited).await.map_err(|error| chain(&error))? {
                REPAIRED
            } else {
                "moved in this moment: look again"
            };
            differences.push(Difference { article, audited, outcome });
        }
        Ok(differences)
    }

    fn show(&self, differences: &[Difference]) {
        if self.json {
            let objects = differences.iter().map(|Difference { article, audited, outcome }| {
                let of = |(likes, collects): (i64, i64)| json!({"likes": likes, "collects": collects});
                json!({
                    "article": article.to_string(), "there": of(audited.there), "counted": of(audited.counted),
                    "outcome": outcome,
                })
            });
            return print(&format!("{:#}\n", Value::from_iter(objects)));
        }
        if differences.is_empty() {
            return print("every counter equals what it counts\n");
        }
        let header = ["article", "likes", "counted", "collections", "counted", "outcome"];
        let row = |Difference { article, audited: Audited { there, counted, .. }, outcome }: &Difference| {
            let numbers = [there.0, counted.0, there.1, counted.1].map(|number| number.to_string());
            let cells = [article.to_string()].into_iter().chain(numbers).chain([(*outcome).to_owned()]);
            cells.collect::<Vec<_>>()
        };
        print(&table(&header, &differences.iter().map(row).collect::<Vec<_>>()));
    }
}

const REPAIRED: &str = "repaired";

/// How many records of the change stream are not counted yet.
fn behind(folder: &Path) -> Result<u64, String> {
    let cannot = |error: rusqlite::Error| format!("cannot read {}: {error}", folder.display());
    let sources = Template::read().and_then(|template| template.sources()).map_err(|error| error.to_string())?;
    let counter = sources.streams.iter().find(|source| source.function == COUNTER).map(Consumer::of);
    let counter = counter.ok_or("the template has no counter-sync")?;
    let ledger = Ledger::peek(folder).map_err(cannot)?.ok_or("the data folder has no ledger")?;
    let records =
        Records::peek(&folder.join(dynamodb::FILE)).map_err(cannot)?.ok_or("the data folder has no tables")?;
    Ok(counter.lag(&ledger, &records).map_err(cannot)?.records)
}
