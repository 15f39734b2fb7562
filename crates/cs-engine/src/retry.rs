//! When to try again.

use std::future::Future;
use std::time::Duration;

use cs_domain::{Advice, Event};
use cs_ports::{Clock, Entropy, PeerError};
use jiff::Timestamp;

use crate::report::Reporter;
use crate::run::Engine;
use crate::scope::Scope;

/// How patient the engine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries of one request within a run, the first included.
    pub tries: u32,
    /// Pause after the first failed try; doubled each time.
    pub first_pause: Duration,
    /// The longest pause within a run.
    pub longest_pause: Duration,
    /// Pause of a failed unit until a later run takes it up; doubled each time, a day at most.
    pub unit_pause: Duration,
    /// Failures in a row after which a unit waits for a person.
    pub unit_tries: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            tries: 6,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(30),
            unit_pause: Duration::from_mins(1),
            unit_tries: 12,
        }
    }
}

impl RetryPolicy {
    /// How long to wait after the `failed`th failed try (counted from 1): what the system asks for, else doubling with up
    /// to a quarter of chance, so that several workers do not come back at once.
    pub fn pause(&self, failed: u32, asked: Option<Duration>, chance: u64) -> Duration {
        let doubled =
            self.first_pause.saturating_mul(1 << failed.saturating_sub(1).min(16)).min(self.longest_pause);
        let quarter = u64::try_from(doubled.as_millis() / 4).unwrap_or(0);
        let jitter = Duration::from_millis(if quarter == 0 { 0 } else { chance % quarter });
        asked.unwrap_or_default().max(doubled + jitter)
    }

    /// When a unit that failed `attempts` times in a row is taken up again.
    pub fn unit_due(&self, attempts: u32, now: Timestamp) -> Timestamp {
        let doubled = self.unit_pause.saturating_mul(1 << attempts.saturating_sub(1).min(12));
        now + doubled.min(Duration::from_hours(24))
    }
}

/// Tries again, as a policy says, on a clock and with chance from outside.
#[derive(Clone, Copy)]
pub(crate) struct Patience<'p> {
    pub(crate) policy: RetryPolicy,
    pub(crate) clock: &'p dyn Clock,
    pub(crate) entropy: &'p dyn Entropy,
    pub(crate) reporter: &'p Reporter,
}

impl Patience<'_> {
    /// Repeats a request that changes nothing until it answers, its error is no longer one that passes, or the tries are
    /// used up.
    pub(crate) async fn request<T, F, Fut>(&self, request: F) -> Result<T, PeerError>
    where
        F: Fn() -> Fut + Send,
        Fut: Future<Output = Result<T, PeerError>> + Send,
    {
        let mut failed = 0;
        loop {
            match request().await {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    failed += 1;
                    if !self.wait(failed, &error).await {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Waits where another try makes sense; answers whether it does.
    pub(crate) async fn wait(&self, failed: u32, error: &PeerError) -> bool {
        let policy = self.policy;
        if error.kind.advice() != Advice::RetryLater || failed >= policy.tries {
            return false;
        }
        let pause = policy.pause(failed, error.retry_after, self.entropy.next());
        let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        self.reporter.tell(Event::Retrying { failure: error.failure(), pause_ms });
        self.clock.sleep(pause).await;
        true
    }
}

impl Engine {
    fn patience<'p>(&'p self, reporter: &'p Reporter) -> Patience<'p> {
        Patience { policy: self.retry, clock: self.clock.as_ref(), entropy: self.entropy.as_ref(), reporter }
    }

    /// [`Patience::request`], as this engine is patient.
    pub(crate) async fn patiently<T, F, Fut>(&self, reporter: &Reporter, request: F) -> Result<T, PeerError>
    where
        F: Fn() -> Fut + Send,
        Fut: Future<Output = Result<T, PeerError>> + Send,
    {
        self.patience(reporter).request(request).await
    }
}

impl Scope<'_> {
    /// [`Engine::patiently`], told in this run's voice.
    pub(crate) async fn patiently<T, F, Fut>(&self, request: F) -> Result<T, PeerError>
    where
        F: Fn() -> Fut + Send,
        Fut: Future<Output = Result<T, PeerError>> + Send,
    {
        self.engine.patiently(&self.reporter, request).await
    }

    /// This run's patience.
    pub(crate) fn patience(&self) -> Patience<'_> {
        self.engine.patience(&self.reporter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_respect_what_was_asked() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.pause(1, None, 0), Duration::from_millis(200));
        assert_eq!(policy.pause(3, None, 0), Duration::from_millis(800));
        assert_eq!(policy.pause(40, None, 0), Duration::from_secs(30));
        assert_eq!(policy.pause(1, Some(Duration::from_secs(7)), 0), Duration::from_secs(7));
        assert!(policy.pause(1, None, u64::MAX) < Duration::from_millis(250));
    }

    #[test]
    fn a_failing_unit_waits_longer_and_longer_but_never_more_than_a_day() {
        let policy = RetryPolicy::default();
        let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        assert_eq!(policy.unit_due(1, now), now + Duration::from_secs(60));
        assert_eq!(policy.unit_due(2, now), now + Duration::from_secs(120));
        assert_eq!(policy.unit_due(50, now), now + Duration::from_secs(86_400));
    }
}
