//! How often somebody may fail to log in. What succeeds costs nothing, so that an office of twenty people behind one address
//! comes in every morning.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Failures of one login within [`WINDOW`], after which it waits.
const OF_ONE_LOGIN: u32 = 5;

/// Failures from one address within [`WINDOW`], whoever it tries to be: an office shares one.
const OF_ONE_ADDRESS: u32 = 20;

/// Hints from one address within a minute: a system that saves a thousand records at once is not heard on each.
const HINTS: u32 = 600;

/// Hints from one address with a wrong secret within [`WINDOW`].
const FORGED_HINTS: u32 = 20;

/// How long hints count.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// How long failures count, from the first of them.
const WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// Failures of one login, or from one address.
#[derive(Clone, Copy)]
struct Failures {
    since: Timestamp,
    count: u32,
}

/// Counts failures to log in. They are forgotten with the process: whoever can restart it needs no password.
#[derive(Default)]
pub(crate) struct Throttle {
    failures: Mutex<HashMap<String, Failures>>,
    hints: Mutex<HashMap<String, Failures>>,
}

impl Throttle {
    /// Whether another attempt may be made now.
    pub(crate) fn admits(&self, login: &str, address: &str, now: Timestamp) -> bool {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.retain(|_, failures| now.duration_since(failures.since) < WINDOW);
        let count = |key: String| failures.get(&key).map_or(0, |failures| failures.count);
        count(of_login(login)) < OF_ONE_LOGIN && count(of_address(address)) < OF_ONE_ADDRESS
    }

    /// Notes a failure.
    pub(crate) fn note_failure(&self, login: &str, address: &str, now: Timestamp) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        for key in [of_login(login), of_address(address)] {
            failures.entry(key).or_insert(Failures { since: now, count: 0 }).count += 1;
        }
    }
}

impl Throttle {
    /// Whether another hint may come from this address now; it is counted.
    pub(crate) fn admits_hint(&self, address: &str, now: Timestamp) -> bool {
        let forged = {
            let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
            failures.retain(|_, failures| now.duration_since(failures.since) < WINDOW);
            failures.get(&of_hints(address)).map_or(0, |failures| failures.count)
        };
        let mut hints = self.hints.lock().unwrap_or_else(PoisonError::into_inner);
        hints.retain(|_, hints| now.duration_since(hints.since) < MINUTE);
        let hints = hints.entry(address.to_owned()).or_insert(Failures { since: now, count: 0 });
        hints.count = hints.count.saturating_add(1);
        forged < FORGED_HINTS && hints.count <= HINTS
    }

    /// Notes a hint with a wrong secret.
    pub(crate) fn note_forged_hint(&self, address: &str, now: Timestamp) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.entry(of_hints(address)).or_insert(Failures { since: now, count: 0 }).count += 1;
    }
}

fn of_hints(address: &str) -> String {
    format!("hints of {address}")
}

fn of_login(login: &str) -> String {
    format!("login {login}")
}

fn of_address(address: &str) -> String {
    format!("address {address}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn after_five_failures_a_login_waits_and_others_do_not() {
        let throttle = Throttle::default();
        for _ in 0..5 {
            assert!(throttle.admits("ana@example.test", "127.0.0.1", NOW));
            throttle.note_failure("ana@example.test", "127.0.0.1", NOW);
        }
        assert!(!throttle.admits("ana@example.test", "127.0.0.2", NOW), "from wherever");
        assert!(throttle.admits("luis@example.test", "127.0.0.1", NOW));
        assert!(throttle.admits("ana@example.test", "127.0.0.1", NOW + WINDOW), "it passes");
    }

    #[test]
    fn hints_are_bounded_by_address_and_a_guesser_is_heard_no_more() {
        let throttle = Throttle::default();
        for _ in 0..HINTS {
            assert!(throttle.admits_hint("127.0.0.1", NOW));
        }
        assert!(!throttle.admits_hint("127.0.0.1", NOW));
        assert!(throttle.admits_hint("127.0.0.2", NOW));
        assert!(throttle.admits_hint("127.0.0.1", NOW + MINUTE), "it passes");
        for _ in 0..FORGED_HINTS {
            assert!(throttle.admits_hint("127.0.0.3", NOW));
            throttle.note_forged_hint("127.0.0.3", NOW);
        }
        assert!(!throttle.admits_hint("127.0.0.3", NOW + MINUTE));
        assert!(throttle.admits("ana@example.test", "127.0.0.3", NOW), "who logs in is another matter");
    }

    #[test]
    fn one_address_cannot_try_many_logins() {
        let throttle = Throttle::default();
        for n in 0..20 {
            throttle.note_failure(&format!("{n}@example.test"), "127.0.0.1", NOW);
        }
        assert!(!throttle.admits("luis@example.test", "127.0.0.1", NOW));
        assert!(throttle.admits("luis@example.test", "127.0.0.2", NOW));
    }
}
