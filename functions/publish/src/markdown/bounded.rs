//! A text that refuses to grow beyond a limit.

use std::fmt;

/// Takes what is written up to a limit.
pub(super) struct Bounded {
    /// What was written so far.
    pub(super) text: String,
    most: usize,
}

impl Bounded {
    /// Nothing yet, and at most so many bytes.
    pub(super) fn new(most: usize) -> Self {
        Self { text: String::new(), most }
    }
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.text.len() + text.len() > self.most {
            return Err(fmt::Error);
        }
        self.text.push_str(text);
        Ok(())
    }
}
