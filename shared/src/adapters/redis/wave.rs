//! One round trip: all that is asked goes out at once, each command to the node that has its key.

use std::sync::{Arc, LazyLock};

use futures_util::future::join_all;
use redis::{Arg, Cmd, FromRedisValue, Pipeline, RedisError, RedisResult, ToRedisArgs, Value, aio::ConnectionLike};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::{
    Connection, Redis, away,
    guard::{Answers, Away},
    store_error,
};
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

/// What the arguments of a script take, about: what fits is not moved while it is written.
const USUAL_BYTES: usize = 256;

/// A command, or a script over keys that share a hash tag.
pub(super) struct Ask {
    command: Cmd,
    script: Option<&'static Script>,
}

impl From<Cmd> for Ask {
    fn from(command: Cmd) -> Self {
        Self { command, script: None }
    }
}

impl Ask {
    /// Runs `script` over `keys` with `args`.
    pub(super) fn script<K: ToRedisArgs, A: ToRedisArgs>(script: &'static Script, keys: &[K], args: A) -> Self {
        let (arguments, bytes) = (3 + keys.len() + args.num_of_args(), USUAL_BYTES);
        let mut command = Cmd::with_capacity(arguments, bytes);
        command.arg("EVALSHA").arg(&*script.hash).arg(keys.len()).arg(keys).arg(args);
        Self { command, script: Some(script) }
    }
}

/// `command`, which runs `script` by its hash, with the script's text, for a server that does not know it.
fn by_text(script: &Script, command: &Cmd) -> Cmd {
    let mut by_text = redis::cmd("EVAL");
    by_text.arg(script.text);
    // The name and the hash come before the keys and arguments.
    for arg in command.args_iter().skip(2) {
        match arg {
            Arg::Simple(bytes) => by_text.arg(bytes),
            Arg::Cursor => by_text.cursor_arg(0),
            _ => &mut by_text,
        };
    }
    by_text
}

impl Redis {
    /// Sends everything in one round trip and answers in the order of `asks`. Scripts that a server does not know yet take one
    /// more.
    ///
    /// # Errors
    /// If any of it fails; the rest may have been done.
    pub(super) async fn wave(&self, asks: Vec<Ask>) -> Result<Vec<Value>, StoreError> {
        let answers = self.exchange(asks).await.map_err(away)?;
        answers.into_iter().collect::<RedisResult<_>>().map_err(store_error)
    }

    /// As [`wave`](Self::wave), for asks that have nothing to do with one another: each has an answer or an error of its own.
    ///
    /// # Errors
    /// If none of them was answered.
    pub(super) async fn exchange(&self, asks: Vec<Ask>) -> Result<Vec<RedisResult<Value>>, Away> {
        if asks.is_empty() {
            return Ok(Vec::new());
        }
        let (mut commands, mut scripts) = (Pipeline::with_capacity(asks.len()), Vec::with_capacity(asks.len()));
        for Ask { command, script } in asks {
            commands.add_command(command);
            scripts.push(script);
        }
        let commands = Arc::new(commands);
        let mut answers = self.send(commands.clone()).await?;
        let unknown = |answer: &RedisResult<Value>| matches!(answer, Err(error) if error.code() == Some("NOSCRIPT"));
        if answers.iter().any(unknown) {
            let (mut places, mut texts) = (Vec::new(), Pipeline::new());
            for (place, (command, script)) in commands.cmd_iter().zip(scripts).enumerate() {
                if let Some(script) = script.filter(|_| unknown(&answers[place])) {
                    texts.add_command(by_text(script, command));
                    places.push(place);
                }
            }
            for (place, answer) in places.into_iter().zip(self.send(Arc::new(texts)).await?) {
                answers[place] = answer;
            }
        }
        Ok(answers)
    }

    /// One command or script in a round trip of its own.
    pub(super) async fn ask<T: FromRedisValue>(&self, ask: impl Into<Ask>) -> Result<T, StoreError> {
        read(&self.wave(vec![ask.into()]).await?.pop().unwrap_or(Value::Nil))
    }

    /// What each command was answered, in their order.
    async fn send(&self, commands: Arc<Pipeline>) -> Result<Vec<RedisResult<Value>>, Away> {
        self.guard.pass(|| self.transmit(commands.clone())).await
    }

    async fn transmit(&self, commands: Arc<Pipeline>) -> Answers {
        self.calls.called("Redis", &[]);
        match &*self.connection {
            Connection::One(connection) => {
                let answers = connection.clone().req_packed_commands(&commands, 0, commands.len()).await?;
                Ok(answers.into_iter().map(Value::extract_error).collect())
            }
            Connection::Cluster(client, connection) => {
                let connection = connection.get_or_try_init(|| client.get_async_connection()).await?;
                let one = |command| {
                    let mut connection = connection.clone();
                    // A server's refusal, such as of an unknown script, may come as a value.
                    async move { connection.req_packed_command(command).await.and_then(Value::extract_error) }
                };
                Ok(join_all(commands.cmd_iter().map(one)).await)
            }
        }
    }
}

/// An answer as what it should be.
pub(super) fn read<T: FromRedisValue>(answer: &Value) -> Result<T, StoreError> {
    redis::from_redis_value_ref(answer).map_err(|error| store_error(RedisError::from(error)))
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
