//! Sends one write until it is known to be done or not done.

use cs_domain::mapping::UnitMapping;
use cs_domain::{Action, Intent, System};
use cs_ports::{ErrorKind, Expected, FieldRequests, PeerError, Removal, WriteOutcome, Written};

use crate::error::EngineError;
use crate::recover::{Held, look_for};
use crate::run::RunContext;

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
enum Tried {
    Settled(Sent),
    Failed(PeerError),
    Unknown(PeerError),
}

/// Sends a write; what passes is tried again, what nobody knows the end of is looked for on the peer.
pub(crate) async fn send(
    context: &RunContext<'_>,
    unit: &UnitMapping,
    intent: &Intent,
    wanted: &FieldRequests,
) -> Result<Sent, EngineError> {
    let mut failed = 0;
    loop {
        let error = match write(context, &intent.action, wanted).await {
            Tried::Settled(sent) => return Ok(sent),
            Tried::Failed(error) => error,
            Tried::Unknown(error) => match look_for(context, unit, intent, wanted).await? {
                Held::Yes(record) => return Ok(Sent::Held(Written { record, untouched: false })),
                Held::Gone => return Ok(Sent::Gone),
                Held::No => error,
            },
        };
        failed += 1;
        if !context.scope.wait_before_retry(failed, &error).await {
            return Ok(Sent::Refused(error));
        }
    }
}

async fn write(context: &RunContext<'_>, action: &Action, wanted: &FieldRequests) -> Tried {
    let writer = context.scope.peer(action.system());
    let outcome = match action {
        Action::Create { kind, fields, key, .. } => writer.create(kind, fields, key, wanted).await,
        Action::Update { target, changes, expected, before } => {
            writer.update(target, changes, Expected { version: expected, before }, wanted).await
        }
        Action::Amend { target, changes, expected, .. } => {
            writer.amend(target, changes, expected, wanted).await
        }
        Action::Delete { target, expected, before } => {
            return match writer.delete(target, Expected { version: expected, before }).await {
                Removal::Gone => Tried::Settled(Sent::Gone),
                Removal::Stale => Tried::Settled(Sent::Moved),
                Removal::Rejected(error) => Tried::Failed(error),
                Removal::Unknown(error) => Tried::Unknown(error),
            };
        }
    };
    match outcome {
        WriteOutcome::Applied(written) => Tried::Settled(Sent::Held(written)),
        WriteOutcome::Stale => Tried::Settled(Sent::Moved),
        // Frappe's is found by its key or by its values when it is looked for again; what VTiger calls a duplicate may be one
        // that nobody sees, and a person has to say.
        WriteOutcome::Rejected(error)
            if error.kind == ErrorKind::Exists && action.system() == System::Frappe =>
        {
            Tried::Settled(Sent::Moved)
        }
        WriteOutcome::Rejected(error) => Tried::Failed(error),
        WriteOutcome::Unknown(error) => Tried::Unknown(error),
    }
}
