//! Tests of `article`.
