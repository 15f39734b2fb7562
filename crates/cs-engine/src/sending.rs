//! Sends one write until it is known to be done or not done: the loop that runs and reports both go round.

use std::future::Future;

use cs_ports::{PeerError, Removal, WriteOutcome, Written};

use crate::error::EngineError;
use crate::retry::Patience;

/// What became of one write.
pub(crate) enum Sent {
    /// The peer holds it.
    Held(Written),
    /// The record is not there any more, as it should be.
    Gone,
    /// Nothing was written: the record is not as it was.
    Moved,
    /// Nothing was written, and nothing will be.
    Refused(PeerError),
}

/// One try.
pub(crate) enum Tried {
    /// Its end is known.
    Settled(Sent),
    /// Nothing was written; another try may do better.
    Failed(PeerError),
    /// Nobody knows: the peer has to be asked.
    Unknown(PeerError),
}

impl From<WriteOutcome> for Tried {
    fn from(outcome: WriteOutcome) -> Self {
        match outcome {
            WriteOutcome::Applied(written) => Self::Settled(Sent::Held(written)),
            WriteOutcome::Stale => Self::Settled(Sent::Moved),
            WriteOutcome::Rejected(error) => Self::Failed(error),
            WriteOutcome::Unknown(error) => Self::Unknown(error),
        }
    }
}

impl From<Removal> for Tried {
    fn from(removal: Removal) -> Self {
        match removal {
            Removal::Gone => Self::Settled(Sent::Gone),
            Removal::Stale => Self::Settled(Sent::Moved),
            Removal::Rejected(error) => Self::Failed(error),
            Removal::Unknown(error) => Self::Unknown(error),
        }
    }
}

impl Patience<'_> {
    /// Tries until the end is known. What passes is tried again; what nobody knows the end of is looked for on the peer
    /// first (`look` answers `None` where the peer shows that nothing was written).
    pub(crate) async fn until_known<T, Trying, L, Looking>(
        &self,
        attempt: T,
        look: L,
    ) -> Result<Sent, EngineError>
    where
        T: Fn() -> Trying + Send,
        Trying: Future<Output = Result<Tried, EngineError>> + Send,
        L: Fn() -> Looking + Send,
        Looking: Future<Output = Result<Option<Sent>, EngineError>> + Send,
    {
        let mut failed = 0;
        loop {
            let error = match attempt().await? {
                Tried::Settled(sent) => return Ok(sent),
                Tried::Failed(error) => error,
                Tried::Unknown(error) => match look().await? {
                    Some(sent) => return Ok(sent),
                    None => error,
                },
            };
            failed += 1;
            if !self.wait(failed, &error).await {
                return Ok(Sent::Refused(error));
            }
        }
    }
}
