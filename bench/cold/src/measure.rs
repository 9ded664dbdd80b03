//! Starts the binaries, asks them, and takes the times.

use std::{collections::HashMap, path::Path};

use crate::{
    Result,
    gate::Gates,
    instance::{Answer, Deployment, Instance},
    samples::Visitor,
    size::Size,
    statistics::Samples,
    tell,
};

/// What the functions are measured against.
const HELLO: &str = "hello";
/// The functions that make what the others are asked for, in order.
const PREPARATIONS: [&str; 2] = ["signup", "publish"];

/// How much to measure.
pub(crate) struct Plan {
    /// Starts of each binary, both with and without a first request.
    pub(crate) runs: u32,
    /// Requests to a warm instance.
    pub(crate) requests: u32,
    /// The names of the functions.
    pub(crate) functions: Vec<String>,
}

/// Times from the start to the first `/invocation/next`.
#[derive(Debug, Default)]
pub(crate) struct Starts {
    /// CPU time.
    pub(crate) cpu: Samples,
    /// What the clock says.
    pub(crate) wall: Samples,
}

/// What was measured of one function.
pub(crate) struct Figures {
    /// Its name.
    pub(crate) name: String,
    /// Starts without the time for connections.
    pub(crate) bare: Starts,
    /// Starts with all connections open.
    pub(crate) connected: Starts,
    /// Answers to the first event.
    pub(crate) first: Samples,
    /// Answers to later events.
    pub(crate) warm: Samples,
    /// The most memory that any instance had, in bytes.
    pub(crate) peak: u64,
    /// The binary.
    pub(crate) size: Size,
}

impl Figures {
    fn new(name: &str, binary: &Path) -> Result<Self> {
        let size = Size::of(binary).map_err(|error| format!("{}: {error}", binary.display()))?;
        let (bare, connected) = (Starts::default(), Starts::default());
        let (first, warm) = (Samples::default(), Samples::default());
        Ok(Self { name: name.to_owned(), bare, connected, first, warm, peak: 0, size })
    }

    /// Whether this is what the others are compared with.
    pub(crate) fn is_hello(&self) -> bool {
        self.name == HELLO
    }
}

/// Measures `hello` and the functions of `plan`, whose binaries are in the folder `binaries`, over the services of
/// `environment`. They take turns, so that a disturbance of the machine meets all of them alike.
pub(crate) async fn all(
    plan: &Plan,
    binaries: &Path,
    log: &Path,
    environment: &HashMap<String, String>,
) -> Result<Vec<Figures>> {
    let deployment = |name| -> Deployment<'_> {
        Deployment { name, binary: binaries.join::<&Path>(name.as_ref()), log, environment }
    };
    let mut visitor = Visitor::default();
    for name in PREPARATIONS {
        tell(&format!("preparing with {name}"));
        let mut instance = Instance::start(&deployment(name), &HashMap::new()).await?;
        ask(&mut instance, name, &mut visitor).await?;
        instance.end().await?;
    }
    let names = std::iter::once(HELLO).chain(plan.functions.iter().map(String::as_str));
    let mut subjects = names
        .map(|name| {
            let deployment = deployment(name);
            let figures = Figures::new(name, &deployment.binary)?;
            Ok((deployment, figures))
        })
        .collect::<Result<Vec<_>>>()?;
    for run in 1..=plan.runs {
        tell(&format!("starting each binary: {run} of {}", plan.runs));
        for (deployment, figures) in &mut subjects {
            start_watched(deployment, figures).await?;
            start_and_ask(deployment, figures, &mut visitor).await?;
        }
    }
    for (deployment, figures) in &mut subjects {
        tell(&format!("asking a warm {}", deployment.name));
        ask_warm(deployment, figures, &mut visitor, plan.requests).await?;
    }
    Ok(subjects.into_iter().map(|(_, figures)| figures).collect())
}

/// One start in which the connections lead through gates, for the time without them.
async fn start_watched(deployment: &Deployment<'_>, figures: &mut Figures) -> Result<()> {
    let gates = Gates::before(deployment.environment).await?;
    let mut instance = Instance::start(deployment, &gates.environment).await?;
    let watch = gates.open(&instance);
    let bare = watch.without_connections(instance.ready().await?);
    figures.bare.cpu.add(bare.cpu);
    figures.bare.wall.add(bare.wall);
    figures.peak = figures.peak.max(instance.end().await?);
    Ok(())
}

/// One start with connections that lead to the services themselves, and the answer to a first event.
async fn start_and_ask(deployment: &Deployment<'_>, figures: &mut Figures, visitor: &mut Visitor) -> Result<()> {
    let mut instance = Instance::start(deployment, &HashMap::new()).await?;
    let ready = instance.ready().await?;
    figures.connected.cpu.add(ready.cpu);
    figures.connected.wall.add(ready.wall);
    if let Some(answer) = ask(&mut instance, deployment.name, visitor).await? {
        figures.first.add(answer.took);
    }
    figures.peak = figures.peak.max(instance.end().await?);
    Ok(())
}

/// One instance that answers many events.
async fn ask_warm(
    deployment: &Deployment<'_>,
    figures: &mut Figures,
    visitor: &mut Visitor,
    requests: u32,
) -> Result<()> {
    let mut instance = Instance::start(deployment, &HashMap::new()).await?;
    // The first is not warm yet.
    ask(&mut instance, deployment.name, visitor).await?;
    for _ in 0..requests {
        if let Some(answer) = ask(&mut instance, deployment.name, visitor).await? {
            figures.warm.add(answer.took);
        }
    }
    figures.peak = figures.peak.max(instance.end().await?);
    Ok(())
}

async fn ask(instance: &mut Instance, function: &str, visitor: &mut Visitor) -> Result<Option<Answer>> {
    let Some(request) = visitor.request(function) else { return Ok(None) };
    let answer = instance.invoke(&request).await.map_err(|error| format!("{function}: {error}"))?;
    visitor.learn(&answer.body);
    Ok(Some(answer))
}
