//! Logs: one JSON object a line, each with the id, function and route of the request that it belongs to.

use std::{error::Error, panic};

use json_subscriber::JsonLayer;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Registry,
    fmt::{MakeWriter, time::SystemTime},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Logs lines of `level` and above to what `writer` makes, and panics as lines like any other. Called again, it changes
/// nothing: the first caller owns the process's log.
pub fn start<W>(level: LevelFilter, writer: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let mut lines = JsonLayer::<Registry>::new(writer);
    lines.with_timer("timestamp", SystemTime);
    lines.with_level("level");
    lines.with_target("target");
    lines.with_flattened_event();
    lines.with_top_level_flattened_span_list();
    if tracing_subscriber::registry().with(lines).with(level).try_init().is_ok() {
        panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, "{}", panic.payload_as_str().unwrap_or("a panic without a message"));
        }));
    }
}

/// An error and its causes in one line.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
