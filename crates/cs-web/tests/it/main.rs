//! The service as browsers and programs meet it: a store in memory, an invented office, requests through the
//! whole router.

mod api;
mod catalogue;
mod conflicts;
mod engine;
mod entrance;
mod errors;
mod log;
mod office;
mod people;
mod records;
mod runs;
mod scheduler;
mod settings;
mod setup;
mod syncs;
mod walk;
mod workspace;
mod world;
