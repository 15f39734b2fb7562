//! How a write ends that does not end in a record.

use cs_ports::{Removal, WriteOutcome};

use crate::answer::{Answer, Payload};
use crate::error::FrappeError;
use crate::refusal::Class;

/// Why a write did not end in a record.
pub(crate) enum Halt {
    /// The document is no longer in the expected state.
    Stale,
    /// Nothing was done.
    NotDone(FrappeError),
    /// It may have been done.
    Unknown(FrappeError),
}

impl Halt {
    pub(crate) fn outcome(self, operation: &str) -> WriteOutcome {
        match self {
            Self::Stale => WriteOutcome::Stale,
            Self::NotDone(error) => WriteOutcome::Rejected(error.into_peer(operation)),
            Self::Unknown(error) => WriteOutcome::Unknown(error.into_peer(operation)),
        }
    }

    pub(crate) fn removal(self, operation: &str) -> Removal {
        match self {
            Self::Stale => Removal::Stale,
            Self::NotDone(error) => Removal::Rejected(error.into_peer(operation)),
            Self::Unknown(error) => Removal::Unknown(error.into_peer(operation)),
        }
    }

    /// After a look showed that what was asked is not there: it will not come to pass any more where the site is done with
    /// the request.
    pub(crate) fn unseen(error: FrappeError) -> Self {
        if error.is_over() { Self::NotDone(error) } else { Self::Unknown(error) }
    }

    /// The same end for another reason.
    pub(crate) fn because(self, reason: impl FnOnce(FrappeError) -> FrappeError) -> Self {
        match self {
            Self::Stale => Self::Stale,
            Self::NotDone(error) => Self::NotDone(reason(error)),
            Self::Unknown(error) => Self::Unknown(reason(error)),
        }
    }
}

/// Whatever goes wrong before a request is sent leaves everything as it was.
impl From<FrappeError> for Halt {
    fn from(error: FrappeError) -> Self {
        Self::NotDone(error)
    }
}

/// A stale version and a refusal end a write; so does not knowing.
pub(crate) fn settled(answer: Answer) -> Result<Payload, Halt> {
    match answer {
        Answer::Done(payload) => Ok(payload),
        Answer::NotDone(FrappeError::Refused { class: Class::TimestampMismatch, .. }) => Err(Halt::Stale),
        Answer::NotDone(error) => Err(Halt::NotDone(error)),
        Answer::Unknown(error) => Err(Halt::Unknown(error)),
    }
}
