//! The crate against the shared fixtures, and as a whole: files in every dress, properties, bytes of any kind.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test ends at the first thing that is not as it should be; the clippy.toml exceptions do not reach helper functions"
)]

mod fixtures;
mod fuzzing;
mod properties;
mod readers;
mod rules;
mod support;
