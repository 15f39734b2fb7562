//! How often somebody may try to log in.

use std::num::NonZeroU32;

use governor::clock::DefaultClock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

/// Attempts that a login has at once; after them one a minute.
const OF_ONE_LOGIN: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// Attempts that an address has at once, whoever it tries to be; after them twenty a minute: an office shares one.
const OF_ONE_ADDRESS: NonZeroU32 = NonZeroU32::new(20).unwrap();

type Limiter = RateLimiter<String, HashMapStateStore<String>, DefaultClock>;

/// Counts attempts to log in.
pub(crate) struct Throttle {
    logins: Limiter,
    addresses: Limiter,
}

impl Throttle {
    pub(crate) fn new() -> Self {
        let one_a_minute = Quota::per_minute(NonZeroU32::MIN).allow_burst(OF_ONE_LOGIN);
        Self {
            logins: RateLimiter::hashmap(one_a_minute),
            addresses: RateLimiter::hashmap(Quota::per_minute(OF_ONE_ADDRESS)),
        }
    }

    /// Whether another attempt may be made now; counts it.
    pub(crate) fn admits(&self, login: &str, address: &str) -> bool {
        self.logins.retain_recent();
        self.addresses.retain_recent();
        let address = self.addresses.check_key(&address.to_owned()).is_ok();
        address && self.logins.check_key(&login.to_owned()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_attempt_for_one_login_waits_and_others_do_not() {
        let throttle = Throttle::new();
        let admitted = (0..6).filter(|_| throttle.admits("ana@example.test", "127.0.0.1")).count();
        assert_eq!(admitted, 5);
        assert!(throttle.admits("luis@example.test", "127.0.0.1"));
    }

    #[test]
    fn one_address_cannot_try_many_logins() {
        let throttle = Throttle::new();
        let admitted = (0..30).filter(|n| throttle.admits(&format!("{n}@example.test"), "127.0.0.1")).count();
        assert_eq!(admitted, 20);
    }
}
