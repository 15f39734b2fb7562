//! A write on its way to either system, and what becomes of it.

use cs_domain::{Fields, Kind, RecordId, RecordRef, System as Side};
use cs_ports::{ErrorKind, PeerError, Removal, WriteOutcome, Written};

use super::faults;
use super::ledger::EngineAct;
use super::people;
use super::seat::Seat;
use super::told::told_records;
use super::world::World;

/// How a write is spoken of in the trace and the ledger.
pub(crate) struct Act<'a> {
    pub(crate) verb: &'static str,
    pub(crate) target: String,
    /// The record, where there is one already.
    pub(crate) record: Option<&'a RecordRef>,
    pub(crate) fields: &'a Fields,
}

impl Act<'_> {
    /// Somebody may edit the record at this very moment.
    pub(crate) fn meddled_with(&self, world: &mut World) {
        if let Some(record) = self.record {
            people::meddle(world, record, self.fields);
        }
    }
}

/// What a server did with a write.
pub(crate) enum Done {
    /// It is written.
    Written(RecordId),
    /// Nothing was: it moved.
    Stale,
    /// Nothing had to be.
    Held(RecordId),
    /// It is gone already.
    Gone,
    /// It was refused.
    Refused(ErrorKind, String),
    /// It died or printed a page after its work.
    Died,
}

impl Done {
    /// Whether a writing request was sent at all.
    pub(crate) fn reached(&self) -> bool {
        matches!(self, Self::Written(_) | Self::Died)
    }

    pub(crate) fn word(&self) -> String {
        match self {
            Self::Written(id) => format!("done ({id})"),
            Self::Stale => "stale".to_owned(),
            Self::Held(_) => "holds it already".to_owned(),
            Self::Gone => "gone".to_owned(),
            Self::Refused(kind, message) => format!("refused ({}): {message}", kind.code()),
            Self::Died => "500".to_owned(),
        }
    }

    /// What the ledger needs to know.
    pub(crate) fn act(&self, side: Side, act: &Act<'_>) -> EngineAct {
        let id = match self {
            Self::Written(id) | Self::Held(id) => Some(id.clone()),
            _ => None,
        };
        EngineAct {
            side,
            verb: act.verb,
            id,
            target: act.target.clone(),
            fields: act.fields.keys().cloned().collect(),
        }
    }
}

/// Why a write did not end in an answer.
pub(crate) enum Lost {
    Rejected(PeerError),
    Unknown(PeerError),
}

impl From<Lost> for WriteOutcome {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Rejected(error) => Self::Rejected(error),
            Lost::Unknown(error) => Self::Unknown(error),
        }
    }
}

impl From<Lost> for Removal {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Rejected(error) => Self::Rejected(error),
            Lost::Unknown(error) => Self::Unknown(error),
        }
    }
}

/// What the engine is told of a create or an update; `read_back` looks at the record as it is then.
pub(crate) fn outcome(
    seat: &Seat,
    side: Side,
    kind: &Kind,
    done: Result<Done, Lost>,
    read_back: impl FnOnce(&RecordId) -> Option<Written>,
) -> WriteOutcome {
    let operation = format!("write {kind}");
    match done {
        Ok(Done::Written(id) | Done::Held(id)) => match read_back(&id) {
            Some(written) => {
                seat.say(|_| {
                    let record = std::slice::from_ref(&written.record);
                    format!("reads back {} untouched={}", told_records(record), written.untouched)
                });
                WriteOutcome::Applied(written)
            }
            None => WriteOutcome::Unknown(faults::error(side, operation, ErrorKind::Missing)),
        },
        Ok(Done::Stale) => WriteOutcome::Stale,
        Ok(Done::Gone) => WriteOutcome::Rejected(faults::error(side, operation, ErrorKind::Missing)),
        Ok(Done::Refused(kind, message)) => {
            WriteOutcome::Rejected(faults::refused(side, operation, kind, message))
        }
        Ok(Done::Died) => WriteOutcome::Unknown(faults::error(side, operation, ErrorKind::Garbled)),
        Err(lost) => lost.into(),
    }
}

/// What the engine is told of a delete.
pub(crate) fn removal(side: Side, operation: &str, done: Result<Done, Lost>) -> Removal {
    let operation = operation.to_owned();
    match done {
        Ok(Done::Written(_) | Done::Gone | Done::Held(_)) => Removal::Gone,
        Ok(Done::Stale) => Removal::Stale,
        Ok(Done::Refused(kind, message)) => {
            Removal::Rejected(faults::refused(side, operation, kind, message))
        }
        Ok(Done::Died) => Removal::Unknown(faults::error(side, operation, ErrorKind::Garbled)),
        Err(lost) => lost.into(),
    }
}
