//! `ETag` and `If-Match` of things that have versions: of two editors of one version the second hears of the first.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::{HeaderValue, header::IF_MATCH, request::Parts};

use super::ApiError;

/// The `ETag` of a thing at `version`, such as `"3"`.
pub fn version_tag(version: u64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).expect("digits in quotes are a header's characters")
}

/// The versions that a request may change (RFC 9110, 13.1.1); without the header, and with `*`, any.
///
/// The comparison is strong: a weak tag is nobody's. So is whatever else is no version's tag, and a list of such tags refuses
/// every change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Option<Vec<u64>>);

impl IfMatch {
    fn of(header: &str) -> Self {
        let tags = || header.split(',').map(str::trim);
        if tags().any(|tag| tag == "*") {
            return Self(None);
        }
        let version = |tag: &str| {
            let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
            digits.parse().ok().filter(|version: &u64| version.to_string() == digits)
        };
        Self(Some(tags().filter_map(version).collect()))
    }

    /// Whether a `thing` at version `current` may be changed.
    ///
    /// # Errors
    /// 412, which names both versions.
    pub fn allows(&self, thing: &'static str, current: u64) -> Result<(), ApiError> {
        match &self.0 {
            Some(wanted) if !wanted.contains(&current) => {
                Err(ApiError::PreconditionFailed { thing, current, wanted: wanted.clone() })
            }
            _ => Ok(()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let lines: Vec<_> = parts.headers.get_all(IF_MATCH).iter().collect();
        if lines.is_empty() {
            return Ok(Self(None));
        }
        // Bytes that are no text make a tag that nothing has.
        Ok(Self::of(&lines.iter().map(|line| line.to_str().unwrap_or_default()).collect::<Vec<_>>().join(",")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_that_is_named_and_any_if_none_has_to_be_may_be_changed() {
        for header in ["\"3\"", " \"3\" ", "\"2\", \"3\"", "*", "\"x\",\"3\""] {
            assert!(IfMatch::of(header).allows("draft", 3).is_ok(), "{header}");
        }
        assert!(IfMatch(None).allows("draft", 3).is_ok());
    }

    #[test]
    fn another_version_a_weak_tag_and_what_is_no_tag_refuse_the_change() {
        for header in ["\"2\"", "W/\"3\"", "3", "\"03\"", "\"+3\"", "", "\"", "\"3", "\"18446744073709551616\""] {
            assert!(IfMatch::of(header).allows("draft", 3).is_err(), "{header}");
        }
    }
}
