//! Findings: the statements of the SQL store, and how a finding follows what a report shows.

pub(crate) mod sql;

use cs_domain::RunId;
use cs_ports::{FindingState, FoundFinding, LoadedReport, StandingFinding};

use crate::word::Word;

impl Word for FindingState {
    const ALL: &'static [Self] = &[Self::Open, Self::Closed];
    const WHAT: &'static str = "state of a finding";

    fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// A finding after a report showed it. [`sql::PUT_FINDINGS`] says the same; the story is told to both.
pub(crate) fn shown(
    known: Option<&StandingFinding>,
    found: &FoundFinding,
    report: &LoadedReport,
) -> StandingFinding {
    let run = |known: &StandingFinding| -> RunId {
        let news = known.found != *found
            || known.state == FindingState::Closed
            || report.as_of > known.last_seen
            || report.as_of < known.first_seen;
        if news { report.run.clone() } else { known.last_run.clone() }
    };
    StandingFinding {
        found: found.clone(),
        book: report.book.clone(),
        state: FindingState::Open,
        first_seen: known.map_or(report.as_of, |known| known.first_seen.min(report.as_of)),
        first_run: known.map_or_else(|| report.run.clone(), |known| known.first_run.clone()),
        last_seen: known.map_or(report.as_of, |known| known.last_seen.max(report.as_of)),
        last_run: known.map_or_else(|| report.run.clone(), run),
        review: known.map(|known| known.review.clone()).unwrap_or_default(),
        description: known.map(|known| known.description.clone()).unwrap_or_default(),
    }
}
