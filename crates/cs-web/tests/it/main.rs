//! The service as browsers and programs meet it: a store in memory, an invented office, requests through the
//! whole router.

mod entrance;
mod office;
mod world;
