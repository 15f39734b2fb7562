//! The agency's own program, run as its people run it.

// `cfg(test)` is what tells clippy that helpers here may unwrap, as tests may.
#[cfg(test)]
mod own;
