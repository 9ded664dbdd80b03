//! Which part of a list is asked for.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Violation, Violations};

/// Entries of a page when nothing else is asked for.
pub const DEFAULT_LIMIT: usize = 20;
/// Entries of a page at the most; a larger `limit` gets this many.
pub const MAX_LIMIT: usize = 100;
/// How deep `offset` may reach: everything before it is read and skipped. A cursor reaches any depth.
pub const MAX_OFFSET: usize = 10_000;

/// A place in a list: behind the entry with this sort key. It stays good when entries come and go, that entry included. To clients
/// it is opaque: base64url of the sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor<K>(pub K);

impl<K: FromStr> Cursor<K> {
    /// Parses what a client got as [`Display`](fmt::Display).
    ///
    /// # Errors
    /// What is no cursor of a list that is sorted by `K`.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let decoded = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let key = decoded.and_then(|key| key.parse().ok());
        key.map(Self).ok_or_else(|| Violation::must_be("the cursor of a page of this list"))
    }
}

impl<K: fmt::Display> fmt::Display for Cursor<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0.to_string()))
    }
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start<K> {
    /// After this many entries, at most [`MAX_OFFSET`].
    Offset(usize),
    /// Behind the entry with this sort key.
    Behind(K),
}

/// A slice of a list that is sorted by `K`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<K> {
    /// Where it begins.
    pub start: Start<K>,
    /// Entries to return, 1 to [`MAX_LIMIT`].
    pub limit: usize,
}

impl<K: FromStr> Page<K> {
    /// Parses what a query string says of `limit`, `offset` and `cursor`. A list that knows no `offset` hands over `None`.
    ///
    /// # Errors
    /// Values that are no whole numbers, a `limit` below 1, an `offset` beyond [`MAX_OFFSET`], what is no cursor, and an offset
    /// beside a cursor.
    pub fn parse(limit: Option<&str>, offset: Option<&str>, cursor: Option<&str>) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        let limit = violations.check(
            "limit",
            match limit.map(str::parse::<u64>) {
                None => Ok(DEFAULT_LIMIT),
                Some(Ok(n)) if n >= 1 => Ok(usize::try_from(n).unwrap_or(MAX_LIMIT).min(MAX_LIMIT)),
                Some(_) => Err(Violation::must_be("a whole number of at least 1")),
            },
        );
        let offset = violations.check(
            "offset",
            match offset.map(str::parse::<u64>) {
                None => Ok(0),
                Some(Ok(n)) if n > 0 && cursor.is_some() => Err(Violation("cannot be used with a cursor".into())),
                Some(Ok(n)) if n <= MAX_OFFSET as u64 => Ok(n as usize),
                Some(_) => Err(Violation::must_be(&format!("a whole number from 0 to {MAX_OFFSET}"))),
            },
        );
        let cursor = violations.check("cursor", cursor.map(Cursor::parse).transpose());
        let page = limit.zip(offset).zip(cursor).map(|((limit, offset), cursor)| Self {
            start: cursor.map_or(Start::Offset(offset), |cursor| Start::Behind(cursor.0)),
            limit,
        });
        violations.finish(page)
    }
}

impl<K> Page<K> {
    /// How many entries it skips by number.
    pub fn offset(&self) -> usize {
        match self.start {
            Start::Offset(offset) => offset,
            Start::Behind(_) => 0,
        }
    }

    /// Where the next page begins, if `entries`, of which one more than [`limit`](Self::limit) was asked for, show that there is one;
    /// what does not stand on this page is taken off them. `key` is an entry's sort key.
    pub fn next<T>(&self, entries: &mut Vec<T>, key: impl Fn(&T) -> K) -> Option<Cursor<K>> {
        let more = entries.len() > self.limit;
        entries.truncate(self.limit);
        entries.last().filter(|_| more).map(|last| Cursor(key(last)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ArticleId;

    fn parse(limit: Option<&str>, offset: Option<&str>, cursor: Option<&str>) -> Result<Page<ArticleId>, Violations> {
        Page::parse(limit, offset, cursor)
    }

    #[test]
    fn absent_values_mean_the_first_twenty() {
        assert_eq!(parse(None, None, None), Ok(Page { start: Start::Offset(0), limit: 20 }));
    }

    #[test]
    fn a_limit_beyond_the_most_gets_the_most() {
        assert_eq!(parse(Some("18446744073709551615"), None, None).unwrap().limit, MAX_LIMIT);
    }

    #[test]
    fn all_bad_values_are_named_at_once() {
        let violations = parse(Some("0"), Some("10001"), Some("?")).unwrap_err().into_map();
        assert_eq!(violations.keys().collect::<Vec<_>>(), ["cursor", "limit", "offset"]);
    }

    #[test]
    fn a_cursor_comes_back_as_it_was_and_stands_alone() {
        let id: ArticleId = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
        let text = Cursor(id).to_string();
        assert_eq!(parse(None, Some("0"), Some(&text)).unwrap().start, Start::Behind(id));
        assert!(parse(None, Some("1"), Some(&text)).is_err());
    }

    #[test]
    fn what_never_was_a_cursor_of_this_list_is_none() {
        for text in ["", "=", "a b", "é", &URL_SAFE_NO_PAD.encode([0xff]), &Cursor(7).to_string()] {
            assert!(Cursor::<ArticleId>::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_next_page_is_there_if_one_more_entry_was_found() {
        let page = Page { start: Start::Offset(0), limit: 2 };
        for (mut found, next) in [(vec![1, 2, 3], Some(Cursor(2))), (vec![1, 2], None), (vec![], None)] {
            assert_eq!(page.next(&mut found, |n| *n), next);
            assert!(found.len() <= 2);
        }
    }
}
