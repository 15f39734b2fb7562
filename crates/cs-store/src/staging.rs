//! What a sighting does to a unit, and what a conclusion leaves, decided without a database.

use cs_domain::Verdict;
use cs_ports::{StagedState, UnitOutcome};

/// What is known of a unit when it is seen again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// The version last seen.
    pub(crate) version: String,
    /// Whether it waits with no time set: due at any time.
    pub(crate) due_at_once: bool,
}

/// What a sighting means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sighting {
    /// The version is known: nothing changes.
    Known,
    /// The version is new, and so is being due.
    NewlyDue,
    /// The version is new; the unit was due already.
    StillDue,
}

/// What seeing `version` means for a unit.
pub(crate) fn sight(known: Option<&Known>, version: &str) -> Sighting {
    match known {
        Some(known) if known.version == version => Sighting::Known,
        Some(known) if known.due_at_once => Sighting::StillDue,
        Some(_) | None => Sighting::NewlyDue,
    }
}

/// Whether people are to see a unit with this outcome among those in trouble.
pub(crate) fn is_trouble(outcome: &UnitOutcome) -> bool {
    matches!(outcome.verdict, Verdict::Failed | Verdict::Conflicted) || outcome.state == StagedState::Parked
}
