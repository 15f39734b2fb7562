//! How far a feed was read, in the server's own words.
//!
//! A position is the (modifiedtime, id) of the last row seen, both as the server wrote them: no clock of ours takes
//! part. At the end of a pass the position is set back by the overlap, so that what was being written meanwhile, with
//! an older stamp, is seen by the next pass.

use std::time::Duration;

use cs_ports::Cursor;
use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::zone::fold_near;

/// The inside of a [`Cursor`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// Rows with a younger stamp are next; none: from the beginning of time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<String>,
    /// Of the rows with that stamp those with a higher id are next; none: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// The newest believable stamp of this pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) newest: Option<String>,
    /// Where this pass began: a watermark never moves back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) began: Option<String>,
}

impl Position {
    /// Reads a cursor; one that cannot be read starts over, which costs time and loses nothing.
    pub(crate) fn of(cursor: Option<&Cursor>) -> Self {
        let Some(cursor) = cursor else {
            return Self::default();
        };
        let position: Self = serde_json::from_str(&cursor.0).unwrap_or_else(|_| {
            tracing::warn!("a VTiger feed cursor cannot be read: the feed starts over");
            Self::default()
        });
        let stamp = |text: Option<String>| text.filter(|text| text.parse::<DateTime>().is_ok());
        Self {
            at: stamp(position.at),
            newest: stamp(position.newest),
            began: stamp(position.began),
            id: position.id,
        }
    }

    pub(crate) fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }

    /// After the last row of a page that has more behind it. `horizon`: stamps beyond it are not believed (a clock
    /// that once ran ahead), and do not become the watermark.
    pub(crate) fn advance(&self, stamp: &str, id: &str, horizon: Option<&str>) -> Self {
        Self {
            at: Some(stamp.to_owned()),
            id: Some(id.to_owned()),
            newest: self.newer(stamp, horizon),
            began: self.began(),
        }
    }

    fn began(&self) -> Option<String> {
        if self.id.is_some() { self.began.clone() } else { self.at.clone() }
    }

    fn newer(&self, stamp: &str, horizon: Option<&str>) -> Option<String> {
        let believable = horizon.is_none_or(|horizon| stamp <= horizon);
        // Stamps of one server are strings of one form: their order is that of the times.
        let candidate = believable.then(|| stamp.to_owned());
        self.newest.clone().max(candidate)
    }

    /// After the last page of a pass.
    pub(crate) fn finish(&self, overlap: Duration, zone: &TimeZone) -> Self {
        let began = self.began();
        let reached = self.newest.as_deref().and_then(|newest| back(newest, overlap, zone));
        Self { at: began.max(reached), id: None, newest: None, began: None }
    }
}

/// `stamp` less the overlap, and less the hour that comes twice where clocks are set back near it.
fn back(stamp: &str, overlap: Duration, zone: &TimeZone) -> Option<String> {
    let local: DateTime = stamp.parse().ok()?;
    let overlap = SignedDuration::try_from(overlap).ok()?.checked_add(fold_near(local, zone))?;
    let earlier = local.checked_sub(overlap).ok()?;
    Some(earlier.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OVERLAP: Duration = Duration::from_mins(2);

    #[test]
    fn a_pass_ends_set_back_by_the_overlap() {
        let start = Position::default();
        let middle = start.advance("2026-11-22 01:43:17", "11x9", None);
        assert_eq!(middle.id.as_deref(), Some("11x9"));
        let end = middle.advance("2026-11-22 01:50:00", "11x3", None).finish(OVERLAP, &TimeZone::UTC);
        assert_eq!(end.at.as_deref(), Some("2026-11-22 01:48:00"));
        assert_eq!(end.id, None);
        assert_eq!(Position::of(Some(&end.cursor())), end);
    }

    #[test]
    fn an_empty_page_moves_nothing_and_no_watermark_moves_back() {
        let start = Position { at: Some("2026-11-22 01:48:00".into()), ..Position::default() };
        assert_eq!(start.finish(OVERLAP, &TimeZone::UTC), start);
        let seen = start.advance("2026-11-22 01:48:30", "11x3", None);
        assert_eq!(seen.finish(OVERLAP, &TimeZone::UTC).at.as_deref(), Some("2026-11-22 01:48:00"));
        assert_eq!(Position::default().finish(OVERLAP, &TimeZone::UTC), Position::default());
    }

    #[test]
    fn a_stamp_from_the_future_does_not_blind_the_feed() {
        let horizon = Some("2026-11-23 00:00:00");
        let seen = Position::default().advance("2026-11-22 01:50:00", "11x3", horizon).advance(
            "2031-01-01 00:00:00",
            "11x4",
            horizon,
        );
        assert_eq!(seen.at.as_deref(), Some("2031-01-01 00:00:00"));
        assert_eq!(seen.finish(OVERLAP, &TimeZone::UTC).at.as_deref(), Some("2026-11-22 01:48:00"));
    }

    #[test]
    fn a_broken_cursor_starts_over() {
        assert_eq!(Position::of(Some(&Cursor("{".into()))), Position::default());
        let odd = Cursor(r#"{"at":"yesterday' or 1","id":"11x2"}"#.into());
        assert_eq!(Position::of(Some(&odd)).at, None);
    }
}
