//! Logs: one JSON object a line, each with the id, function and route of the request that it belongs to.

mod context;
mod json;

use std::{error::Error, fs::File, io, os::fd::AsFd as _, panic, sync::Arc};

use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    fmt::{self, MakeWriter, writer::BoxMakeWriter},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

pub use self::context::Context;
use self::json::Json;

/// Logs lines of `level` and above to what `writer` makes, and panics as lines like any other. Called again, it changes
/// nothing: the first caller owns the process's log.
pub fn start<W>(level: LevelFilter, own: &[&str], writer: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    if tracing_subscriber::registry().with(layer(writer)).with(levels(level, own)).try_init().is_ok() {
        panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, "{}", panic.payload_as_str().unwrap_or("a panic without a message"));
        }));
    }
}

/// Standard output without the lock that the library keeps on it: a line is one `write`, which the system does not mix with others, and
/// nobody waits while another's line is written.
pub fn output() -> BoxMakeWriter {
    match io::stdout().as_fd().try_clone_to_owned() {
        Ok(output) => BoxMakeWriter::new(Arc::new(File::from(output))),
        // Whoever closed it wants no lines.
        Err(_) => BoxMakeWriter::new(io::sink),
    }
}

/// Writes each event as a line.
fn layer<S, W>(writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    fmt::layer().fmt_fields(Json).event_format(Json).with_writer(writer)
}

/// What is ours says as much as `level` asks for. Others say what went wrong at the most: in detail they show what they
/// carry, which is people's data.
fn levels(level: LevelFilter, own: &[&str]) -> Targets {
    let others = Targets::new().with_default(level.min(LevelFilter::WARN)).with_target("shared", level);
    own.iter().fold(others, |targets, name| targets.with_target(name.replace('-', "_"), level))
}

/// An error and its causes in one line.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
