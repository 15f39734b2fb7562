//! The server's clock and zone, as far as its own words show them.
//!
//! VTiger writes `modifiedtime` in its `$default_timezone` and never says which that is; the `time_zone` of a login is
//! the *user's*, for display. What it does tell is the time (`serverTime` of a challenge, seconds since 1970). A stamp
//! that the server puts on a record that we just wrote, held against that clock, shows the zone's offset. Versions and
//! feeds never need it (they stay in the server's own strings); only date-time *fields* do, to become instants.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use cs_ports::Clock;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// No evidence yet.
const NONE: i64 = i64::MIN;

/// How late a stamp may be noticed, in seconds, and still count as fresh.
const FRESH: i64 = 300;

/// What is known of the server's clock.
pub(crate) struct ServerClock {
    clock: Arc<dyn Clock>,
    configured: Option<TimeZone>,
    /// Server minus us, in seconds.
    ahead: AtomicI64,
    /// Seconds east of UTC that fresh stamps showed.
    observed: AtomicI64,
}

impl ServerClock {
    pub(crate) fn new(clock: Arc<dyn Clock>, configured: Option<TimeZone>) -> Self {
        Self { clock, configured, ahead: AtomicI64::new(NONE), observed: AtomicI64::new(NONE) }
    }

    /// Takes the server's word for its time.
    pub(crate) fn set(&self, server_time: i64) {
        let ours = self.clock.now().as_second();
        self.ahead.store(server_time.saturating_sub(ours), Ordering::Relaxed);
    }

    /// How far the server's clock is ahead of ours, in seconds; none before the first challenge.
    pub(crate) fn ahead(&self) -> Option<i64> {
        known(&self.ahead)
    }

    /// Learns from the stamp of a record that was written just now.
    pub(crate) fn learn(&self, stamp: &str) {
        let (Some(ahead), Ok(local)) = (self.ahead(), stamp.parse::<DateTime>()) else {
            return;
        };
        let Ok(as_utc) = local.to_zoned(TimeZone::UTC) else {
            return;
        };
        let server_now = self.clock.now().as_second().saturating_add(ahead);
        let difference = as_utc.timestamp().as_second().saturating_sub(server_now);
        // Offsets are whole quarters of an hour; the stamp lies up to FRESH seconds back.
        let offset = (difference + FRESH).div_euclid(900) * 900;
        if (difference - offset).abs() > FRESH || offset.abs() > 15 * 3600 {
            return;
        }
        let before = self.observed.swap(offset, Ordering::Relaxed);
        if before != offset && self.contradicts() {
            tracing::warn!(
                seconds_east = offset,
                "VTiger's own stamps show another time zone than configured (vtiger.server_zone)"
            );
        }
    }

    /// Seconds east of UTC that the server's stamps showed.
    pub(crate) fn observed(&self) -> Option<i64> {
        known(&self.observed)
    }

    /// Whether the configured zone (or UTC as shipped) is not what stamps show.
    pub(crate) fn contradicts(&self) -> bool {
        let Some(zone) = &self.configured else {
            return false;
        };
        let now = self.clock.now();
        self.observed().is_some_and(|seen| i64::from(zone.to_offset(now).seconds()) != seen)
    }

    /// The zone that the server's strings are read in: as configured, else as observed, else UTC as shipped.
    pub(crate) fn zone(&self) -> TimeZone {
        self.known_zone().unwrap_or(TimeZone::UTC)
    }

    /// The zone as configured, else as observed; none where nothing but the shipped default speaks for one.
    pub(crate) fn known_zone(&self) -> Option<TimeZone> {
        let observed = || {
            let seconds = i32::try_from(self.observed()?).ok()?;
            Offset::from_seconds(seconds).ok().map(Offset::to_time_zone)
        };
        self.configured.clone().or_else(observed)
    }
}

fn known(cell: &AtomicI64) -> Option<i64> {
    let value = cell.load(Ordering::Relaxed);
    (value != NONE).then_some(value)
}

/// The instant that a string of the server's means.
pub(crate) fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let local: DateTime = text.parse().ok()?;
    Some(local.to_zoned(zone.clone()).ok()?.timestamp())
}

/// How the server would write an instant.
pub(crate) fn server_text(instant: Timestamp, zone: &TimeZone) -> String {
    instant.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// How far a zone's clocks jump back near `local`: during such an hour stamps come twice, and a feed has to reach
/// behind it. Zero nearly always.
pub(crate) fn fold_near(local: DateTime, zone: &TimeZone) -> SignedDuration {
    let Ok(zoned) = local.to_zoned(zone.clone()) else {
        return SignedDuration::ZERO;
    };
    let day = SignedDuration::from_hours(24);
    let offset_at = |at: Timestamp| zone.to_offset(at).seconds();
    let at = zoned.timestamp();
    let (Ok(before), Ok(after)) = (at.checked_sub(day), at.checked_add(day)) else {
        return SignedDuration::ZERO;
    };
    let back = offset_at(before).saturating_sub(offset_at(after)).max(0);
    SignedDuration::from_secs(i64::from(back))
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use std::time::Duration;

    struct At(Timestamp);

    #[async_trait]
    impl Clock for At {
        fn now(&self) -> Timestamp {
            self.0
        }
        async fn sleep(&self, _pause: Duration) {}
    }

    fn at(now: &str, configured: Option<TimeZone>) -> ServerClock {
        ServerClock::new(Arc::new(At(now.parse().unwrap())), configured)
    }

    #[test]
    fn a_fresh_stamp_shows_the_servers_zone() {
        for (stamp, east) in [
            ("2026-11-22 12:00:00", 0),
            ("2026-11-22 11:58:30", 0),
            ("2026-11-22 06:59:59", -5 * 3600),
            ("2026-11-22 17:29:58", 5 * 3600 + 1800),
        ] {
            let server = at("2026-11-22T11:00:10Z", None);
            server.set("2026-11-22T12:00:10Z".parse::<Timestamp>().unwrap().as_second());
            server.learn(stamp);
            assert_eq!(server.observed(), Some(east), "{stamp}");
        }
        let server = at("2026-11-22T11:00:00Z", None);
        server.learn("2026-11-22 11:00:00");
        assert_eq!(server.observed(), None, "no challenge, no evidence");
    }

    #[test]
    fn a_configured_zone_stands_and_is_held_against_the_evidence() {
        let bogota = TimeZone::get("America/Bogota").unwrap();
        let server = at("2026-11-22T12:00:00Z", Some(bogota.clone()));
        server.set("2026-11-22T12:00:00Z".parse::<Timestamp>().unwrap().as_second());
        server.learn("2026-11-22 07:00:00");
        assert!(!server.contradicts());
        server.learn("2026-11-22 12:00:00");
        assert!(server.contradicts());
        assert_eq!(server.zone(), bogota);
    }

    #[test]
    fn a_feed_knows_of_the_hour_that_comes_twice() {
        let york = TimeZone::get("America/New_York").unwrap();
        let near: DateTime = "2026-11-01 12:00:00".parse().unwrap();
        assert_eq!(fold_near(near, &york), SignedDuration::from_hours(1));
        let far: DateTime = "2026-06-01 12:00:00".parse().unwrap();
        assert_eq!(fold_near(far, &york), SignedDuration::ZERO);
        assert_eq!(fold_near(near, &TimeZone::UTC), SignedDuration::ZERO);
    }
}
