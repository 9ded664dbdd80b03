//! The newest of all values that were offered, for many who read it and few who offer.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::cache::Versioned;

/// A value that is only ever replaced by a newer one. Reading takes no lock.
#[derive(Debug)]
pub struct Newest<T>(ArcSwapOption<T>);

impl<T> Default for Newest<T> {
    fn default() -> Self {
        Self(ArcSwapOption::const_empty())
    }
}

impl<T: Versioned> Newest<T> {
    /// The value; none if there was no offer yet.
    pub fn load(&self) -> Option<Arc<T>> {
        self.0.load_full()
    }

    /// Puts `value` in the place of an older one; `false` if what is there is as new.
    pub fn offer(&self, value: Arc<T>) -> bool {
        let mut seen = self.0.load_full();
        loop {
            if seen.as_ref().is_some_and(|seen| seen.version() >= value.version()) {
                return false;
            }
            let there = arc_swap::Guard::into_inner(self.0.compare_and_swap(&seen, Some(value.clone())));
            let swapped = match (&there, &seen) {
                (Some(there), Some(seen)) => Arc::ptr_eq(there, seen),
                (None, None) => true,
                _ => false,
            };
            if swapped {
                return true;
            }
            seen = there;
        }
    }
}
