//! What can be typed of the simulation.

use clap::{Args, ValueEnum};

/// `simulate`.
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// How many histories
    #[arg(long, default_value_t = 100)]
    pub(crate) seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 0)]
    pub(crate) start: u64,
    /// Do this wrong on purpose, to see that it is found
    #[arg(long, value_enum, hide = true)]
    pub(crate) sabotage: Option<SabotageName>,
}

/// What the simulation does wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SabotageName {
    /// Writes no longer look whether the record is still what the decision was made on
    NoComparison,
    /// The feeds leave out every third record
    LostObservation,
    /// What a write reads back is always said to be the write's own doing
    FalseUntouched,
    /// Creates are not refused although their key is taken
    NoUniqueKey,
}

impl SabotageName {
    /// As it is typed.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NoComparison => "no-comparison",
            Self::LostObservation => "lost-observation",
            Self::FalseUntouched => "false-untouched",
            Self::NoUniqueKey => "no-unique-key",
        }
    }
}
