//! What goes wrong here, as ports tell it.

use std::io;

use shared::ports::StoreError;
use tantivy::{TantivyError, directory::error::OpenReadError};

/// What the index is called in errors.
pub(crate) const SERVICE: &str = "search";

/// What went wrong with the folder or the index in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The index says so.
    #[error(transparent)]
    Index(#[from] TantivyError),
    /// What an index had was not what this program writes.
    #[error("the index has {0}")]
    Strange(&'static str),
    /// There is no such build.
    #[error("there is no build named {0}")]
    NoBuild(String),
}

impl Trouble {
    /// Whether the disk, or who else uses it, is the reason: another try may succeed.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Io(_) => true,
            Self::Index(error) => matches!(
                error,
                TantivyError::IoError(_)
                    | TantivyError::LockFailure(..)
                    | TantivyError::ErrorInThread(_)
                    | TantivyError::SystemError(_)
                    | TantivyError::OpenReadError(OpenReadError::IoError { .. })
                    | TantivyError::OpenWriteError(_)
                    | TantivyError::OpenDirectoryError(_)
            ),
            Self::Strange(_) | Self::NoBuild(_) => false,
        }
    }
}

impl From<Trouble> for StoreError {
    fn from(trouble: Trouble) -> Self {
        if trouble.may_pass() {
            Self::Unavailable { service: SERVICE, source: Box::new(trouble) }
        } else {
            Self::Fault { service: SERVICE, source: Box::new(trouble) }
        }
    }
}
