//! The service as browsers and programs meet it: a store in memory, an invented office, requests through the
//! whole router.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole crate is tests; the lints' own exception reaches only functions marked as tests"
)]

mod api;
mod catalogue;
mod codes;
mod conflicts;
mod engine;
mod entrance;
mod errors;
mod hints;
mod log;
mod mappings;
mod office;
mod people;
mod records;
mod runs;
mod scheduler;
mod settings;
mod setup;
mod syncs;
mod trying;
mod walk;
mod workspace;
mod world;
