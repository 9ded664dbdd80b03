//! Which part of a list is asked for.

use super::{Violation, Violations};

/// Entries of a page when nothing else is asked for.
pub const DEFAULT_LIMIT: usize = 20;
/// Entries of a page at the most; a larger `limit` gets this many.
pub const MAX_LIMIT: usize = 100;
/// How deep `offset` may reach: everything before it is read and skipped.
pub const MAX_OFFSET: usize = 10_000;

/// A slice of a list, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Entries to skip, at most [`MAX_OFFSET`].
    pub offset: usize,
    /// Entries to return, 1 to [`MAX_LIMIT`].
    pub limit: usize,
}

impl Page {
    /// Parses what a query string says of `limit` and `offset`.
    ///
    /// # Errors
    /// Values that are no whole numbers, a `limit` below 1, an `offset` beyond [`MAX_OFFSET`].
    pub fn parse(limit: Option<&str>, offset: Option<&str>) -> Result<Self, Violations> {
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
                Some(Ok(n)) if n <= MAX_OFFSET as u64 => Ok(n as usize),
                Some(_) => Err(Violation::must_be(&format!("a whole number from 0 to {MAX_OFFSET}"))),
            },
        );
        let page = limit.zip(offset).map(|(limit, offset)| Self { offset, limit });
        violations.finish(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_values_mean_the_first_twenty() {
        assert_eq!(Page::parse(None, None), Ok(Page { offset: 0, limit: 20 }));
    }

    #[test]
    fn a_limit_beyond_the_most_gets_the_most() {
        assert_eq!(Page::parse(Some("18446744073709551615"), None).unwrap().limit, MAX_LIMIT);
    }

    #[test]
    fn both_bad_values_are_named_at_once() {
        let violations = Page::parse(Some("0"), Some("10001")).unwrap_err().into_map();
        assert_eq!(violations.keys().collect::<Vec<_>>(), ["limit", "offset"]);
    }
}
