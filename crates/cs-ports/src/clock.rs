//! Time and chance, taken from outside so that a seed replays a run exactly.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// Tells the time and lets it pass.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;

    /// Returns when `pause` has passed on this clock.
    async fn sleep(&self, pause: Duration);
}

/// Where chance comes from: run ids, jitter.
pub trait Entropy: Send + Sync {
    /// The next number.
    fn next(&self) -> u64;
}
