//! What each line says of the work during which it is logged: which request or event that is, and which function's.
//!
//! It is no span: of those the subscriber keeps a record each, which costs a request more than its line.

use std::fmt::{self, Write};

use super::json::field;

tokio::task_local! {
    static CONTEXT: Context;
}

/// Fields of every line that is logged during some work.
#[derive(Debug, Clone)]
pub struct Context(String);

impl Context {
    /// The context that says `fields`, names with values. Fields of events have other names.
    pub fn of<const N: usize>(fields: [(&str, &str); N]) -> Self {
        let mut text = String::with_capacity(160);
        for (name, value) in fields {
            field(&mut text, name, value).expect("a string takes what is written to it");
        }
        Self(text)
    }

    /// Does `work`, in each of whose lines the fields stand. Another context within it stands in place of this one. A task that is spawned
    /// has none.
    pub fn during<T>(self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        // Not an `async fn`: its future would have room for `work` twice.
        CONTEXT.scope(self, work)
    }

    /// Writes the fields of the work that is done now, if it has any.
    pub(super) fn write(mut line: impl Write) -> fmt::Result {
        CONTEXT.try_with(|context| line.write_str(&context.0)).unwrap_or(Ok(()))
    }
}
