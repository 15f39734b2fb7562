//! Sends one of a unit's writes.

use cs_domain::mapping::UnitMapping;
use cs_domain::{Action, Intent, System};
use cs_ports::{ErrorKind, Expected, FieldRequests, WriteOutcome, Written};

use crate::error::EngineError;
use crate::recover::{Held, look_for};
use crate::run::RunContext;
use crate::sending::{Sent, Tried};

/// Sends a write until it is known to be done or not done.
pub(crate) async fn send(
    context: &RunContext<'_>,
    unit: &UnitMapping,
    intent: &Intent,
    wanted: &FieldRequests,
) -> Result<Sent, EngineError> {
    let look = || async {
        Ok(match look_for(context, unit, intent, wanted).await? {
            Held::Yes(record) => Some(Sent::Held(Written { record, untouched: false })),
            Held::Gone => Some(Sent::Gone),
            Held::No => None,
        })
    };
    let attempt = || async {
        context.keep_lease().await?;
        Ok(write(context, &intent.action, wanted).await)
    };
    context.scope.patience().until_known(attempt, look).await
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
            return writer.delete(target, Expected { version: expected, before }).await.into();
        }
    };
    match outcome {
        // Frappe's is found by its key or by its values when it is looked for again; what VTiger calls a duplicate may be one
        // that nobody sees, and a person has to say.
        WriteOutcome::Rejected(error)
            if error.kind == ErrorKind::Exists && action.system() == System::Frappe =>
        {
            Tried::Settled(Sent::Moved)
        }
        outcome => outcome.into(),
    }
}
