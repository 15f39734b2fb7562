//! The site's time zone: Frappe stores wall-clock times without saying where the clock hangs (facts/FRAPPE.md,
//! "Reading"). Instants become the site's wall-clock times and back, and a feed learns how far it has to reach back.

use std::time::Duration;

use cs_domain::Moment;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::error::FrappeError;

const FORMAT: &str = "%Y-%m-%d %H:%M:%S%.6f";

/// A site's time zone.
#[derive(Clone, Debug)]
pub(crate) struct SiteZone {
    name: String,
    zone: TimeZone,
}

impl SiteZone {
    /// The zone of this name, as the IANA database knows it.
    pub(crate) fn named(name: &str) -> Result<Self, FrappeError> {
        let zone = TimeZone::get(name).map_err(|_| FrappeError::TimeZone { name: Some(name.to_owned()) })?;
        Ok(Self { name: name.to_owned(), zone })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The instant of a wall-clock time as Frappe writes it; of an hour that is shown twice the first.
    pub(crate) fn moment(&self, raw: &str) -> Option<Moment> {
        let wall = parse(raw)?;
        let utc = self.zone.to_ambiguous_timestamp(wall).compatible().ok()?;
        Some(Moment { utc, raw: raw.to_owned() })
    }

    /// What the site's clock shows at an instant, in Frappe's form; `None` where it would be read as another instant.
    pub(crate) fn wall_clock(&self, utc: Timestamp) -> Option<String> {
        let wall = utc.to_zoned(self.zone.clone()).datetime();
        let text = wall.strftime(FORMAT).to_string();
        let back = self.moment(&text)?;
        (back.utc == utc).then_some(text)
    }

    /// How far back a feed that has seen `newest` must start next time so as not to miss what is committed late with
    /// an earlier stamp: `overlap` before it and, where the clocks are put back around then, the hour that they show
    /// again.
    fn floor(&self, newest: DateTime, overlap: Duration) -> Option<DateTime> {
        let back = SignedDuration::try_from(overlap).ok()?;
        let plain = newest.checked_sub(back).ok()?;
        let ambiguous = self.zone.to_ambiguous_timestamp(newest);
        let earliest = ambiguous.earlier().ok()?.checked_sub(back).ok()?;
        // The next change of the clocks; whatever is written after it may bear a stamp before `newest`.
        let next = self.zone.following(earliest).next();
        let shown_again = next.map(|change| change.timestamp().to_zoned(self.zone.clone()).datetime());
        Some(shown_again.map_or(plain, |again| plain.min(again)))
    }
}

/// `YYYY-MM-DD HH:MM:SS[.ffffff]`.
fn parse(raw: &str) -> Option<DateTime> {
    raw.trim().parse().ok()
}

/// The stamp from which the next pass of a feed reads. Without a known zone the clocks may be put back at any time, so
/// an hour is added; a stamp that does not read as one is kept.
pub(crate) fn feed_floor(zone: Option<&SiteZone>, newest: &str, overlap: Duration) -> String {
    let Some(wall) = parse(newest) else {
        return newest.to_owned();
    };
    let floor = match zone {
        Some(zone) => zone.floor(wall, overlap),
        None => SignedDuration::try_from(overlap + Duration::from_hours(1))
            .ok()
            .and_then(|back| wall.checked_sub(back).ok()),
    };
    floor.map_or_else(|| newest.to_owned(), |floor| floor.strftime(FORMAT).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> SiteZone {
        SiteZone::named(name).unwrap()
    }

    const OVERLAP: Duration = Duration::from_mins(2);

    #[test]
    fn wall_clock_times_become_instants_and_back() {
        let mexico = zone("America/Mexico_City");
        let moment = mexico.moment("2026-11-20 10:00:00").unwrap();
        assert_eq!(moment.utc.to_string(), "2026-11-20T16:00:00Z");
        assert_eq!(mexico.wall_clock(moment.utc).unwrap(), "2026-11-20 10:00:00.000000");
        assert!(mexico.moment("0000-00-00 00:00:00").is_none());
    }

    #[test]
    fn the_second_showing_of_an_hour_cannot_be_written() {
        let madrid = zone("Europe/Madrid");
        let first: Timestamp = "2026-10-25T00:30:00Z".parse().unwrap();
        let second: Timestamp = "2026-10-25T01:30:00Z".parse().unwrap();
        assert_eq!(madrid.wall_clock(first).unwrap(), "2026-10-25 02:30:00.000000");
        assert!(madrid.wall_clock(second).is_none());
    }

    #[test]
    fn a_feed_reaches_back_by_the_overlap() {
        let floor = feed_floor(Some(&zone("Europe/Madrid")), "2026-06-01 12:00:00.000001", OVERLAP);
        assert_eq!(floor, "2026-06-01 11:58:00.000001");
        let unknown = feed_floor(None, "2026-06-01 12:00:00", OVERLAP);
        assert_eq!(unknown, "2026-06-01 10:58:00.000000");
    }

    #[test]
    fn when_the_clocks_are_put_back_the_hour_that_comes_again_is_read_again() {
        let madrid = zone("Europe/Madrid");
        let floor = |newest| feed_floor(Some(&madrid), newest, OVERLAP);
        // Seen just before 03:00 becomes 02:00: all that is stamped from 02:00 on may still come.
        assert_eq!(floor("2026-10-25 02:59:59.000000"), "2026-10-25 02:00:00.000000");
        assert_eq!(floor("2026-10-25 02:30:00.000000"), "2026-10-25 02:00:00.000000");
        // An hour later nothing earlier can come any more.
        assert_eq!(floor("2026-10-25 03:10:00.000000"), "2026-10-25 03:08:00.000000");
        // And in spring the clocks jump forward: the plain overlap is enough.
        assert_eq!(floor("2026-03-29 01:59:00.000000"), "2026-03-29 01:57:00.000000");
    }
}
