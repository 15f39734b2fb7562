//! One of each that a program can be built with besides what comes with it. `docs/EXTENDING.md` walks through them.

pub mod acme;
pub mod connector;
pub mod observer;
pub mod transform;

pub use acme::{ACME, NoPlaceholders};
pub use connector::JsonFolders;
pub use observer::Ticker;
pub use transform::ProducerNumber;
