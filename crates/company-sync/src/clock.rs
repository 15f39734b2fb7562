//! The real clock, and real chance.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use async_trait::async_trait;
use cs_ports::{Clock, Entropy};
use jiff::Timestamp;

/// This machine's clock.
pub(crate) struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}

/// Chance from the operating system, by way of the standard library's hash seeds.
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn next(&self) -> u64 {
        RandomState::new().build_hasher().finish()
    }
}
