//! How far a feed was read: both faces keep the same book.
//!
//! A pass goes through rows by (stamp, id). The next pass begins an overlap before the newest row *there was when the
//! pass began*: whatever is stamped later is seen by the next pass, however long this one took. The overlap is longer
//! than the hour that clocks show twice.

use cs_ports::Cursor;
use jiff::SignedDuration;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

/// An hour that comes twice, and the two minutes that a slow request may be late.
const OVERLAP: SignedDuration = SignedDuration::from_secs(3600 + 150);

/// The inside of a cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// Stamps from this one on are looked at.
    pub(crate) from: Option<String>,
    /// Within a pass: the last row that was told.
    pub(crate) after: Option<(String, String)>,
    /// Within a pass: the newest stamp there was at its beginning.
    pub(crate) horizon: Option<String>,
    /// Within a pass: whether what is told first (deletes, renames) was told.
    #[serde(default)]
    pub(crate) begun: bool,
}

impl Position {
    pub(crate) fn of(cursor: Option<&Cursor>) -> Self {
        cursor.and_then(|cursor| serde_json::from_str(&cursor.0).ok()).unwrap_or_default()
    }

    pub(crate) fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }

    /// Whether a row is still to be told in this pass.
    pub(crate) fn awaits(&self, stamp: &str, id: &str) -> bool {
        match &self.after {
            Some((last, told)) => (stamp, id) > (last.as_str(), told.as_str()),
            None => self.from.as_deref().is_none_or(|from| stamp >= from),
        }
    }

    /// Where the next pass begins.
    pub(crate) fn finished(&self) -> Self {
        let back = self.horizon.as_deref().and_then(earlier);
        Self { from: back.max(self.from.clone()), ..Self::default() }
    }
}

fn earlier(stamp: &str) -> Option<String> {
    let wall: DateTime = stamp.parse().ok()?;
    let earlier = wall.checked_sub(OVERLAP).ok()?;
    let fraction = if stamp.contains('.') { "%Y-%m-%d %H:%M:%S.%6f" } else { "%Y-%m-%d %H:%M:%S" };
    Some(earlier.strftime(fraction).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_that_lasts_forgets_nothing() {
        let begun = Position { horizon: Some("2026-10-25 02:50:00".into()), ..Position::default() };
        let late = Position { after: Some(("2026-10-25 09:00:00".into(), "12x4".into())), ..begun };
        assert!(!late.awaits("2026-10-25 02:10:00", "12x3"));
        let next = late.finished();
        assert!(next.awaits("2026-10-25 02:10:00", "12x3"));
        assert_eq!(Position::of(Some(&next.cursor())), next);
    }
}
