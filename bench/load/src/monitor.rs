//! What a request asks Redis, as Redis itself tells: by its `MONITOR`.

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

use crate::Result;

/// A command with its arguments.
pub(crate) type Words = Vec<Vec<u8>>;

/// What clients send to the Redis on `port` while `work` is done, scripts' own commands left out.
pub(crate) async fn watch(port: u16, work: impl Future<Output = Result<()>>) -> Result<Vec<Words>> {
    const MARK: &str = "the work is done";
    let mut lines = BufReader::new(TcpStream::connect(("127.0.0.1", port)).await?).lines();
    lines.get_mut().get_mut().write_all(b"MONITOR\r\n").await?;
    if lines.next_line().await?.as_deref() != Some("+OK") {
        return Err("Redis does not let itself be watched".into());
    }
    work.await?;
    let mut other = TcpStream::connect(("127.0.0.1", port)).await?;
    other.write_all(format!("ECHO \"{MARK}\"\r\n").as_bytes()).await?;
    let mut commands = Vec::new();
    loop {
        let line = lines.next_line().await?.ok_or("Redis has ended")?;
        // `+1339518083.107412 [0 127.0.0.1:60866] "get" "x"`; of a script, `[0 lua]`.
        let (_, rest) = line.split_once('[').ok_or_else(|| format!("Redis tells nothing by {line:?}"))?;
        let (source, words) = rest.split_once("] ").unwrap_or((rest, ""));
        let words = words_of(words)?;
        if words.get(1).is_some_and(|word| word == MARK.as_bytes()) {
            return Ok(commands);
        }
        if !source.ends_with("lua") {
            commands.push(words);
        }
    }
}

/// The words of `"get" "a\x00b"`.
fn words_of(text: &str) -> Result<Words> {
    let problem = || format!("Redis tells nothing by {text:?}");
    let (mut words, mut letters) = (Vec::new(), text.bytes());
    while let Some(quote) = letters.find(|byte| *byte != b' ') {
        if quote != b'"' {
            return Err(problem().into());
        }
        let mut word = Vec::new();
        loop {
            word.push(match letters.next().ok_or_else(problem)? {
                b'"' => break,
                b'\\' => match letters.next().ok_or_else(problem)? {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'a' => 7,
                    b'b' => 8,
                    b'x' => {
                        let digits = [letters.next().ok_or_else(problem)?, letters.next().ok_or_else(problem)?];
                        u8::from_str_radix(std::str::from_utf8(&digits)?, 16)?
                    }
                    other => other,
                },
                other => other,
            });
        }
        words.push(word);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_redis_quotes_them() {
        let words = words_of(r#""EVALSHA" "a b" "\"\\\x00\xff\n""#).unwrap();
        assert_eq!(words, [b"EVALSHA".to_vec(), b"a b".to_vec(), b"\"\\\x00\xff\n".to_vec()]);
        assert!(words_of(r#""open"#).is_err() && words_of("bare").is_err());
    }
}
