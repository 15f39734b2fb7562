//! The conformance story and the laws that every store keeps, and what is particular to the one in a file.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole crate is tests; the lints' own exception reaches only functions marked as tests"
)]

mod conformance;
mod durability;
mod findings;
mod model;
mod opening;
mod samples;
mod service;
mod story;
