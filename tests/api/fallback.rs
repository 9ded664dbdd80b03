//! Tests of `fallback`.
