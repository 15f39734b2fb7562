//! The drift sentinel: does this report look like the company's earlier ones, and how much of the book would it turn?

mod profile;
mod verdict;

pub(crate) use profile::Profiler;
pub use profile::{Profile, RequiredColumn};
pub use verdict::{DriftSettings, Reason, Turn, Verdict, judge, turn_of_book};
