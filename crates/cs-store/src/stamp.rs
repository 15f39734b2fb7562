//! Times as text that sorts: RFC 3339 in UTC with six places.

use std::time::Duration;

use cs_ports::StoreError;
use jiff::{SignedDuration, Timestamp};

use crate::error::corrupt;

/// The text of a time. What is finer than a microsecond is cut off, so that a deadline is never later than was asked.
pub(crate) fn write(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// The time of a text.
pub(crate) fn read(text: &str) -> Result<Timestamp, StoreError> {
    text.parse().map_err(|error: jiff::Error| corrupt("time", error))
}

/// A time as it comes back from a store.
pub(crate) fn cut(time: Timestamp) -> Timestamp {
    let micros = time.as_nanosecond().div_euclid(1_000) * 1_000;
    Timestamp::from_nanosecond(micros).unwrap_or(time)
}

/// The end of a term that begins now; the end of all time where that would lie beyond it.
pub(crate) fn end(now: Timestamp, term: Duration) -> Timestamp {
    SignedDuration::try_from(term).ok().and_then(|term| now.checked_add(term).ok()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Years 0 to 9999; before that the text would carry a sign and sort the wrong way round.
    fn times() -> impl Strategy<Value = Timestamp> {
        (-62_167_219_200_i64..253_402_200_000, 0..1_000_000_000_i32)
            .prop_map(|(second, nano)| Timestamp::new(second, nano).unwrap())
    }

    proptest! {
        #[test]
        fn texts_sort_like_times_and_read_back(a in times(), b in times()) {
            prop_assert_eq!(write(a).cmp(&write(b)), cut(a).cmp(&cut(b)));
            prop_assert_eq!(write(a).len(), 27);
            prop_assert_eq!(read(&write(a)).unwrap(), cut(a));
        }
    }

    #[test]
    fn a_term_without_end_ends_with_time() {
        let now = "2026-11-22T06:00:00Z".parse().unwrap();
        assert_eq!(end(now, Duration::MAX), Timestamp::MAX);
        assert_eq!(write(end(now, Duration::from_millis(1500))), "2026-11-22T06:00:01.500000Z");
    }
}
