//! One round trip: all that is asked goes out at once, each command to the node that has its key.

use std::sync::LazyLock;

use futures_util::future::join_all;
use redis::{Cmd, FromRedisValue, Pipeline, RedisError, RedisResult, ToRedisArgs, Value, aio::ConnectionLike};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::{Connection, Redis, store_error};
use crate::ports::StoreError;

/// A Lua script. It is sent by its hash; a server that does not know it gets the text.
pub(super) struct Script {
    text: &'static str,
    hash: LazyLock<String, fn() -> String>,
}

impl Script {
    /// The script of `text`, whose hash `hash` makes by [`sha1`].
    pub(super) const fn new(text: &'static str, hash: fn() -> String) -> Self {
        Self { text, hash: LazyLock::new(hash) }
    }
}

/// The name by which Redis knows a script.
pub(super) fn sha1(text: &str) -> String {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Declares a script that is kept in a file of its own.
macro_rules! script {
    ($(#[$doc:meta])* $name:ident = $file:literal) => {
        $(#[$doc])*
        static $name: $crate::adapters::redis::wave::Script = $crate::adapters::redis::wave::Script::new(
            include_str!($file),
            || $crate::adapters::redis::wave::sha1(include_str!($file)),
        );
    };
}
pub(super) use script;

/// A command, or a script over keys that share a hash tag.
pub(super) struct Ask {
    command: Cmd,
    /// The script by its text, for a server that does not know its hash.
    by_text: Option<Cmd>,
}

impl From<Cmd> for Ask {
    fn from(command: Cmd) -> Self {
        Self { command, by_text: None }
    }
}

impl Ask {
    /// Runs `script` over `keys` with `args`.
    pub(super) fn script<K: ToRedisArgs, A: ToRedisArgs>(script: &Script, keys: &[K], args: A) -> Self {
        let call = |name: &str, which: &str| {
            let mut command = redis::cmd(name);
            command.arg(which).arg(keys.len()).arg(keys).arg(&args);
            command
        };
        Self { command: call("EVALSHA", &script.hash), by_text: Some(call("EVAL", script.text)) }
    }
}

impl Redis {
    /// Sends everything in one round trip and answers in the order of `asks`. Scripts that a server does not know yet take one
    /// more.
    ///
    /// # Errors
    /// If any of it fails; the rest may have been done.
    pub(super) async fn wave(&self, asks: Vec<Ask>) -> Result<Vec<Value>, StoreError> {
        let (commands, mut texts): (Vec<_>, Vec<_>) = asks.into_iter().map(|ask| (ask.command, ask.by_text)).unzip();
        let mut answers = self.send(commands).await?;
        let unknown = |answer: &RedisResult<Value>| matches!(answer, Err(error) if error.code() == Some("NOSCRIPT"));
        let again: Vec<_> = (0..answers.len()).filter(|&n| unknown(&answers[n])).collect();
        if !again.is_empty() {
            let known = self.send(again.iter().filter_map(|&n| texts[n].take()).collect()).await?;
            for (n, answer) in again.into_iter().zip(known) {
                answers[n] = answer;
            }
        }
        answers.into_iter().collect::<RedisResult<_>>().map_err(store_error)
    }

    /// One command or script in a round trip of its own.
    pub(super) async fn ask<T: FromRedisValue>(&self, ask: impl Into<Ask>) -> Result<T, StoreError> {
        read(self.wave(vec![ask.into()]).await?.pop().unwrap_or(Value::Nil))
    }

    /// What each command was answered, in their order.
    async fn send(&self, commands: Vec<Cmd>) -> Result<Vec<RedisResult<Value>>, StoreError> {
        self.calls.called("Redis", &[]);
        match &*self.connection {
            Connection::One(connection) => {
                let (mut pipeline, count) = (Pipeline::new(), commands.len());
                for command in commands {
                    pipeline.add_command(command);
                }
                let answers = connection.clone().req_packed_commands(&pipeline, 0, count).await.map_err(store_error)?;
                Ok(answers.into_iter().map(Value::extract_error).collect())
            }
            Connection::Cluster(client, connection) => {
                let connection =
                    connection.get_or_try_init(|| client.get_async_connection()).await.map_err(store_error)?;
                let one = |command: Cmd| {
                    let mut connection = connection.clone();
                    // A server's refusal, such as of an unknown script, may come as a value.
                    async move { connection.req_packed_command(&command).await.and_then(Value::extract_error) }
                };
                Ok(join_all(commands.into_iter().map(one)).await)
            }
        }
    }
}

/// An answer as what it should be.
pub(super) fn read<T: FromRedisValue>(answer: Value) -> Result<T, StoreError> {
    redis::from_redis_value(answer).map_err(|error| store_error(RedisError::from(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scripts_hash_is_what_redis_calls_it() {
        // `SCRIPT LOAD "return 1"` answers this.
        assert_eq!(sha1("return 1"), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
    }
}
