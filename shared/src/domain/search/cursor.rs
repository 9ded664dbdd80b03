//! The order and the part of what is found.

use std::{fmt, str::FromStr};

use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

use crate::domain::{ArticleId, Timestamp, Violation, page::MAX_OFFSET};

/// In which order articles are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Those that fit best first.
    Relevance,
    /// The latest first.
    Latest,
    /// The hottest first, as on the hot list.
    Hot,
}

impl Sort {
    /// Parses what a query string says; without a word, the best come first where something is `typed`, else the latest.
    ///
    /// # Errors
    /// Another word.
    pub fn parse(text: Option<&str>, typed: bool) -> Result<Self, Violation> {
        match text {
            None => Ok(if typed { Self::Relevance } else { Self::Latest }),
            Some("relevance") => Ok(Self::Relevance),
            Some("latest") => Ok(Self::Latest),
            Some("hot") => Ok(Self::Hot),
            Some(_) => Err(Violation::must_be("relevance, latest or hot")),
        }
    }
}

/// Where a page of what was found begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Behind this article: in an order that stays.
    Behind(ArticleId),
    /// After as many: in an order that moves with every change.
    After(usize),
}

impl Place {
    /// Whether a page of this order can begin there.
    pub fn is_of(self, sort: Sort) -> bool {
        matches!((self, sort), (Self::Behind(_), Sort::Latest) | (Self::After(_), Sort::Relevance | Sort::Hot))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Behind(article) => write!(f, "b{article}"),
            Self::After(count) => write!(f, "a{count}"),
        }
    }
}

/// What is no place.
#[derive(Debug, PartialEq, Eq)]
pub struct NoPlace;

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        if let Some(article) = text.strip_prefix('b') {
            return article.parse().map(Self::Behind).map_err(|_| NoPlace);
        }
        let count = text.strip_prefix('a').and_then(|count| count.parse().ok());
        count.filter(|count| *count <= MAX_OFFSET).map(Self::After).ok_or(NoPlace)
    }
}

/// A span of time, from and until: what begins it belongs to it, what ends it does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// Not before, if anything.
    pub from: Option<Timestamp>,
    /// Before, if anything.
    pub until: Option<Timestamp>,
}

const DATE: &[time::format_description::BorrowedFormatItem<'static>] = format_description!("[year]-[month]-[day]");
const DAY: i64 = 24 * 60 * 60 * 1000;

impl Span {
    /// Parses the beginning, a day (in UTC) or a moment.
    ///
    /// # Errors
    /// What is neither.
    pub fn from(text: &str) -> Result<Timestamp, Violation> {
        moment(text).map(|(at, _)| at)
    }

    /// Parses the end: a day, which belongs to the span, or the last moment that does.
    ///
    /// # Errors
    /// What is neither.
    pub fn until(text: &str) -> Result<Timestamp, Violation> {
        let (at, length) = moment(text)?;
        Ok(Timestamp::from_millis(at.as_millis() + length))
    }

    /// Whether `at` belongs to it.
    pub fn has(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }
}

/// The time that `text` names, and how many milliseconds it goes on for.
fn moment(text: &str) -> Result<(Timestamp, i64), Violation> {
    if let Ok(date) = Date::parse(text, DATE) {
        return Ok((Timestamp::from_millis(date.midnight().assume_utc().unix_timestamp() * 1000), DAY));
    }
    let nanos = OffsetDateTime::parse(text, &Rfc3339).map(OffsetDateTime::unix_timestamp_nanos);
    let millis = nanos.ok().and_then(|nanos| i64::try_from(nanos.div_euclid(1_000_000)).ok());
    let millis =
        millis.ok_or_else(|| Violation::must_be("a day such as 2026-11-23 or a time such as 2026-11-23T08:00:00Z"))?;
    Ok((Timestamp::from_millis(millis), 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_belongs_to_the_span_that_it_ends() {
        let span = Span { from: Span::from("2023-11-14").ok(), until: Span::until("2023-11-14").ok() };
        assert_eq!(span.from, Some(Timestamp::from_millis(1_699_920_000_000)));
        assert!(span.has(Timestamp::from_millis(1_699_920_000_000 + DAY - 1)));
        assert!(!span.has(Timestamp::from_millis(1_699_920_000_000 + DAY)));
        assert!(!span.has(Timestamp::from_millis(1_699_919_999_999)));
    }

    #[test]
    fn a_moment_may_have_an_offset_and_nonsense_is_refused() {
        assert_eq!(Span::from("2023-11-14T08:00:00+08:00"), Ok(Timestamp::from_millis(1_699_920_000_000)));
        assert_eq!(Span::until("2023-11-14T00:00:00.005Z"), Ok(Timestamp::from_millis(1_699_920_000_006)));
        for text in ["", "yesterday", "2023-02-30", "2023-11-14T25:00:00Z", "2023-11-14 08:00", "99999-01-01"] {
            assert!(Span::from(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_place_comes_back_as_it_was() {
        for place in [Place::After(0), Place::After(10_000), Place::Behind(ArticleId::from_bytes([7; 16]))] {
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for text in ["", "a", "b", "a10001", "a-1", "c1", "b01"] {
            assert_eq!(text.parse::<Place>(), Err(NoPlace), "{text}");
        }
    }
}
