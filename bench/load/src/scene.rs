//! The community, the two that take turns, and the load.

use std::{path::Path, time::Duration};

use program::Program;
use seed::{Api, Made};

use crate::{
    Plan, Result,
    baseline::Part,
    calls,
    generator::{self, Heard},
    monitor::{self, Words},
    process::{self, Baseline},
    report::{CACHED, FROM_MEMORY, Figures, Row, Side},
    tell,
};

/// Limits are counted as always, and nobody reaches them.
pub(crate) const QUOTAS: &str = "read user 1000000/1, read address 1000000/1";
/// How long the program may take to make a hot list.
const HOT_WITHIN: Duration = Duration::from_secs(180);
/// How many of the most read articles are asked for.
const POPULAR: usize = 64;

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) name: &'static str,
    paths: Vec<String>,
    token: Option<String>,
    /// How much of the minimal handler's rate it should reach, if everything that it takes is at hand.
    target: Option<f64>,
    /// Which function answers.
    pub(crate) function: &'static str,
}

impl Reading {
    pub(crate) fn requests(&self, host: &str) -> Vec<Vec<u8>> {
        self.paths.iter().map(|path| generator::request(host, path, self.token.as_deref())).collect()
    }
}

/// Everything, from an empty folder on.
pub(crate) async fn run(plan: &Plan) -> Result<Figures> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let made = fill(plan, folder.path(), &data).await?;
    let settings = [("RATE_LIMIT_QUOTAS", QUOTAS), ("ACCESS_TOKEN_TTL", "86400")];
    let program = Program::start(&plan.program, folder.path(), &data, &settings).await?;
    let host = program.url().trim_start_matches("http://").to_owned();
    let readings = if plan.hot { vec![hot(&host).await?] } else { readings(&made)? };
    let mut rows = Vec::new();
    for reading in &readings {
        tell(&format!("measuring {}", reading.name));
        rows.push(compare(plan, &program, &host, &data, reading).await?);
    }
    let memory = process::memory(program.pid().ok_or("the program has ended")?)?;
    program.stop().await?;
    let calls = calls::count(&data, &readings).await?;
    Ok(Figures { articles: made.slugs.len(), concurrency: plan.concurrency, rows, calls, memory })
}

/// Makes the community.
async fn fill(plan: &Plan, folder: &Path, data: &Path) -> Result<Made> {
    let settings = [("RATE_LIMITS", "off"), ("ACCESS_TOKEN_TTL", "86400"), ("LOG_LEVEL", "error")];
    let program = Program::start(&plan.program, folder, data, &settings).await?;
    let large = seed::Plan::LARGE;
    let scaled = |count: usize| count * plan.users / large.users;
    let community = seed::Plan {
        users: plan.users,
        articles: scaled(large.articles),
        follows: scaled(large.follows),
        likes: scaled(large.likes),
        comments: scaled(large.comments),
        ..large
    };
    let progress = |what: &'static str, done: usize, all: usize| {
        if done == 0 {
            tell(&format!("making {all} {what}"));
        }
    };
    let made = seed::seed(&community, &Api::at(program.url())?, &progress).await?;
    program.stop().await?;
    Ok(made)
}

/// What is read: by strangers, but for the feed, which is somebody's of middling interests.
fn readings(made: &Made) -> Result<Vec<Reading>> {
    let reader = made.members.get(made.members.len() / 2).ok_or("there is nobody")?;
    let function = "article";
    let one =
        |name, path: &str| Reading { name, paths: vec![path.to_owned()], token: None, target: Some(CACHED), function };
    let popular = made.slugs.iter().take(POPULAR).map(|slug| format!("/api/articles/{slug}")).collect();
    Ok(vec![
        one("latest", "/api/articles"),
        Reading { name: "detail", paths: popular, token: None, target: Some(CACHED), function },
        one("tags", "/api/tags"),
        Reading {
            name: "feed",
            paths: vec!["/api/articles/feed".to_owned()],
            token: Some(reader.token.clone()),
            target: None,
            function,
        },
    ])
}

/// The hot list, once the program has made one of the community's articles: it does so every minute.
async fn hot(host: &str) -> Result<Reading> {
    let (path, target) = ("/api/articles/hot".to_owned(), Some(FROM_MEMORY));
    let reading = Reading { name: "hot list", paths: vec![path], token: None, target, function: "ranking" };
    let requests = reading.requests(host);
    tell("waiting for a hot list");
    for _ in 0..HOT_WITHIN.as_secs() {
        let list: serde_json::Value = serde_json::from_slice(&generator::ask(host, &requests[0]).await?.body)?;
        if list["articlesCount"].as_u64() > Some(0) {
            return Ok(reading);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Err("the program makes no hot list".into())
}

/// The program and the minimal handler under the same load, by turns.
async fn compare(plan: &Plan, program: &Program, host: &str, data: &Path, reading: &Reading) -> Result<Row> {
    let requests = reading.requests(host);
    // The first reading caches what is asked for, the second what is asked for along with what is known already, and has Redis learn
    // the scripts that the next ones use.
    for request in requests.iter().chain(&requests) {
        generator::ask(host, request).await?;
    }
    let redis = redis_port(data)?;
    let mut heard = Heard::default();
    let commands: Vec<Words> = if plan.hot {
        // One request in two seconds looks for a newer list; what others are answered asks nobody.
        heard = generator::ask(host, &requests[0]).await?;
        Vec::new()
    } else {
        monitor::watch(redis, async {
            heard = generator::ask(host, &requests[0]).await?;
            Ok(())
        })
        .await?
    };
    let bytes = heard.body.len();
    let Heard { headers, body } = heard;
    let baseline = Baseline::start(&Part { redis, commands: commands.clone(), headers, body }).await?;
    let other = format!("127.0.0.1:{}", baseline.port);
    let pid = program.pid().ok_or("the program has ended")?;
    let (mut ours, mut least) = (Side::default(), Side::default());
    for _ in 0..plan.turns {
        turn(plan, host, &requests, pid, redis, &mut ours).await?;
        turn(plan, &other, &requests, baseline.pid()?, redis, &mut least).await?;
    }
    Ok(Row { name: reading.name, target: reading.target, bytes, commands: commands.len(), ours, least })
}

/// One turn, with the CPU time that the process used for it and the scripts that Redis ran.
async fn turn(plan: &Plan, host: &str, requests: &[Vec<u8>], pid: u32, redis: u16, side: &mut Side) -> Result<()> {
    generator::read(host, requests, plan.concurrency, plan.turn / 4).await?;
    let (cpu, scripts) = (process::cpu(pid)?, process::scripts(redis).await?);
    let turn = generator::read(host, requests, plan.concurrency, plan.turn).await?;
    side.add(turn, process::cpu(pid)? - cpu, process::scripts(redis).await? - scripts);
    Ok(())
}

/// Where the program's Redis is, by its log: `… Running mode=standalone, port=6379.`
fn redis_port(data: &Path) -> Result<u16> {
    let log = std::fs::read_to_string(data.join("redis/redis.log"))?;
    let port = log.rsplit_once(", port=").and_then(|(_, rest)| rest.split('.').next()?.parse().ok());
    port.ok_or_else(|| "the log of Redis names no port".into())
}
