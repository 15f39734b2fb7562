//! The crate against the shared fixtures, and as a whole: files in every dress, properties, bytes of any kind.

mod fixtures;
mod properties;
mod readers;
mod rules;
mod support;
