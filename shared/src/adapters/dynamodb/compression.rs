//! Texts are stored compressed (RFC 1951): most of them are written in a few words, and units are counted by size.

use std::io::{Read as _, Write as _};

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};

use super::error::corrupt;
use crate::ports::StoreError;

/// `bytes` compressed.
pub(super) fn deflate(bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut compressor = DeflateEncoder::new(Vec::new(), Compression::default());
    compressor.write_all(bytes).map_err(corrupt)?;
    compressor.finish().map_err(corrupt)
}

/// What [`deflate`] compressed.
pub(super) fn inflate(compressed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    DeflateDecoder::new(compressed).read_to_end(&mut bytes).map_err(corrupt)?;
    Ok(bytes)
}
