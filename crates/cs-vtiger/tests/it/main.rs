//! The web-service client against the sandbox, over HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that stops at any trouble"
)]

mod census;
mod contents;
mod deleting;
mod faulty;
mod lost;
mod pacing;
mod reading;
mod sessions;
mod swallowing;
mod whole;
mod world;
mod writing;
