//! The web-service client against the sandbox, over HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that stops at any trouble"
)]

mod contents;
mod faulty;
mod pacing;
mod reading;
mod sessions;
mod world;
mod writing;
