//! Which part of a list a query string asks for.

use std::str::FromStr;

use serde::Deserialize;
use utoipa::IntoParams;

use crate::domain::{Violations, page::Page};

/// Which part of a list that is read from one page to the next.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CursorQuery {
    /// How many; more than 100 get 100.
    #[param(value_type = Option<u64>, format = "uint64", minimum = 1, default = 20)]
    limit: Option<String>,
    /// What the page before answered as `cursor`.
    cursor: Option<String>,
}

impl CursorQuery {
    /// The part of a list that is sorted by `K`.
    ///
    /// # Errors
    /// As [`Page::parse`].
    pub fn page<K: FromStr>(&self) -> Result<Page<K>, Violations> {
        Page::parse(self.limit.as_deref(), None, self.cursor.as_deref())
    }
}

/// Which part of a list that can also be entered by number.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many; more than 100 get 100.
    #[param(value_type = Option<u64>, format = "uint64", minimum = 1, default = 20)]
    limit: Option<String>,
    /// How many of the newest to skip.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 10000, default = 0)]
    offset: Option<String>,
    /// What the page before answered as `cursor`, in place of an offset.
    cursor: Option<String>,
}

impl PageQuery {
    /// The part of a list that is sorted by `K`.
    ///
    /// # Errors
    /// As [`Page::parse`].
    pub fn page<K: FromStr>(&self) -> Result<Page<K>, Violations> {
        Page::parse(self.limit.as_deref(), self.offset.as_deref(), self.cursor.as_deref())
    }
}
