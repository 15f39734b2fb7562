//! What a sighting does to a unit, and what a conclusion leaves, decided without a database.

use cs_domain::{Verdict, Version};
use cs_ports::{StagedState, UnitOutcome};

/// What is known of a unit when it is seen again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Before {
    /// The version last seen.
    pub(crate) version: Option<Version>,
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

/// What seeing a unit in this state means; `None` is news whatever was seen before.
pub(crate) fn sight(before: Option<&Before>, version: Option<&Version>) -> Sighting {
    match before {
        Some(before) if version.is_some() && before.version.as_ref() == version => Sighting::Known,
        Some(before) if before.due_at_once => Sighting::StillDue,
        Some(_) | None => Sighting::NewlyDue,
    }
}

/// Whether people are to see a unit with this outcome among those in trouble.
pub(crate) fn is_trouble(outcome: &UnitOutcome) -> bool {
    matches!(outcome.verdict, Verdict::Failed | Verdict::Conflicted) || outcome.state == StagedState::Parked
}
