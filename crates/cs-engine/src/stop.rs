//! How a run is told to end before its end: asked for between units and between pages, never in the middle of one.

use std::pin::pin;
use std::sync::Arc;

use cs_domain::{Advice, Failure, RunStatus};
use futures_util::future::{Either, select};
use tokio::sync::watch;

use crate::error::EngineError;

/// Why a run is to end before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stop {
    /// A person wants it.
    Cancelled,
    /// It takes longer than it may.
    TimedOut,
    /// The program ends; the work goes on when it is started again.
    ShuttingDown,
}

impl Stop {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Cancelled, Self::TimedOut, Self::ShuttingDown];

    /// The stable code of a run that ended for this reason.
    pub fn code(self) -> &'static str {
        match self {
            Self::Cancelled => "run.cancelled",
            Self::TimedOut => "run.timed_out",
            Self::ShuttingDown => "run.parked",
        }
    }

    /// The reason that has this code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stop| stop.code() == code)
    }

    /// How a run ends that is stopped for this reason.
    pub fn status(self) -> RunStatus {
        match self {
            Self::Cancelled | Self::ShuttingDown => RunStatus::Cancelled,
            Self::TimedOut => RunStatus::TimedOut,
        }
    }

    /// What is stored with the run and shown to people.
    pub fn failure(self) -> Failure {
        let (cause, remedy, advice) = match self {
            Self::Cancelled => (
                "somebody stopped it; the unit at hand was finished, the others wait as they were",
                "Start it again when you want: it goes on where it stopped.",
                Advice::NeedsPerson,
            ),
            Self::TimedOut => (
                "it took longer than its time limit; the unit at hand was finished, the others wait as they were",
                "Start it again: it goes on where it stopped. If it always takes so long, give it more time.",
                Advice::NeedsPerson,
            ),
            Self::ShuttingDown => (
                "the program was ended; the unit at hand was finished, the others wait as they were",
                "Nothing to do: it goes on by itself when the program runs again.",
                Advice::RetryLater,
            ),
        };
        Failure {
            code: self.code().to_owned(),
            cause: cause.to_owned(),
            remedy: remedy.to_owned(),
            advice,
            place: None,
        }
    }
}

/// Whoever may stop something. The first reason given is the one that counts.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<watch::Sender<Option<Stop>>>);

impl Default for Stopper {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Stopper {
    /// Asks whoever has the signal to stop.
    pub fn stop(&self, reason: Stop) {
        self.0.send_if_modified(|asked| {
            let first = asked.is_none();
            if first {
                *asked = Some(reason);
            }
            first
        });
    }

    /// What is given to those who are to stop.
    pub fn signal(&self) -> StopSignal {
        StopSignal(Some(self.0.subscribe()))
    }

    /// What was asked for so far.
    pub fn asked(&self) -> Option<Stop> {
        *self.0.borrow()
    }
}

/// Tells whether something is to stop; cheap to clone and to ask. The default never does.
#[derive(Clone, Debug, Default)]
pub struct StopSignal(Option<watch::Receiver<Option<Stop>>>);

impl StopSignal {
    /// The signal that is never given.
    pub fn never() -> Self {
        Self::default()
    }

    /// Why it is to stop, where it is.
    pub fn asked(&self) -> Option<Stop> {
        self.0.as_ref().and_then(|asked| *asked.borrow())
    }

    /// Returns when it is to stop; never, where nobody can ask any more.
    pub async fn raised(&self) -> Stop {
        if let Some(asked) = &self.0
            && let Ok(reason) = asked.clone().wait_for(Option::is_some).await
            && let Some(reason) = *reason
        {
            return reason;
        }
        std::future::pending().await
    }

    /// [`Self::asked`], as an error where it is to stop.
    pub(crate) fn go_on(&self) -> Result<(), EngineError> {
        self.asked().map_or(Ok(()), |stop| Err(stop.into()))
    }

    /// Does something that may be dropped at any moment, for it only reads: until it is done, or is to stop.
    pub(crate) async fn unless<T>(
        &self,
        reading: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<T, EngineError> {
        match select(pin!(self.raised()), pin!(reading)).await {
            Either::Left((stop, _)) => Err(stop.into()),
            Either::Right((read, _)) => read,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn the_first_reason_is_the_one_that_counts() {
        let stopper = Stopper::default();
        let signal = stopper.signal();
        assert_eq!((signal.asked(), signal.raised().now_or_never()), (None, None));
        stopper.stop(Stop::TimedOut);
        stopper.stop(Stop::Cancelled);
        assert_eq!(signal.asked(), Some(Stop::TimedOut));
        assert_eq!(signal.raised().now_or_never(), Some(Stop::TimedOut));
        assert_eq!(stopper.signal().asked(), Some(Stop::TimedOut), "whoever asks later hears it too");
    }

    #[test]
    fn nobody_is_stopped_by_a_signal_without_a_stopper() {
        assert_eq!(StopSignal::never().raised().now_or_never(), None);
        let signal = Stopper::default().signal();
        assert_eq!((signal.asked(), signal.raised().now_or_never()), (None, None), "its stopper is gone");
    }

    #[test]
    fn reasons_survive_their_codes() {
        for stop in Stop::ALL {
            assert_eq!(Stop::of_code(&stop.failure().code), Some(stop));
            assert!(stop.status().is_final());
        }
        assert_eq!(Stop::of_code("run.busy"), None);
    }
}
