//! How large a binary is, and how large in the archive that Lambda loads.

use std::{fs::File, io, path::Path};

use flate2::{Compression, write::DeflateEncoder};

use crate::Result;

/// Sizes in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// The stripped binary.
    pub(crate) binary: u64,
    /// The same deflated: a zip file of one entry is this and a hundred bytes or so.
    pub(crate) zip: u64,
}

impl Size {
    /// The sizes of the binary at `path`.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let mut counted = Counter(0);
        let mut encoder = DeflateEncoder::new(&mut counted, Compression::default());
        let binary = io::copy(&mut File::open(path)?, &mut encoder)?;
        encoder.finish()?;
        Ok(Self { binary, zip: counted.0 })
    }
}

/// Counts what is written and keeps nothing.
struct Counter(u64);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
