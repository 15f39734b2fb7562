//! How an intent may move, and what a settlement may carry, decided without a database.

use std::collections::BTreeMap;

use cs_domain::{Action, Intent, IntentId, IntentState, MappingName, Role, System};
use cs_ports::{Settlement, TieChange, UnitKey};

use crate::error::JournalError;

/// Where these settlements leave the intents they name. `standing` tells where an intent of the mapping stands now.
/// All or none: the first that is not open, is not there, or is not to be closed refuses them all.
pub(crate) fn close(
    settlements: &[Settlement],
    standing: impl Fn(&IntentId) -> Option<IntentState>,
) -> Result<BTreeMap<&IntentId, IntentState>, JournalError> {
    use IntentState::{Dropped, Open, Settled};
    let mut closed = BTreeMap::new();
    for settlement in settlements {
        let Some(id) = &settlement.intent else { continue };
        match (closed.get(id).copied().or_else(|| standing(id)), settlement.state) {
            (None, _) => return Err(JournalError::Unknown(id.clone())),
            (Some(Open), to @ (Settled | Dropped)) => closed.insert(id, to),
            (Some(from), to) => return Err(JournalError::Transition { id: id.clone(), from, to }),
        };
    }
    Ok(closed)
}

/// The role whose document this write made in Frappe for this unit.
pub(crate) fn created_role(intent: &Intent, unit: &UnitKey) -> Option<Role> {
    let is_its = intent.mapping == unit.mapping && intent.unit == unit.unit && intent.subject == unit.subject;
    let creates = matches!(&intent.action, Action::Create { system: System::Frappe, .. });
    intent.role.clone().filter(|_| is_its && creates)
}

/// Refuses ties of another mapping than the one that is settled.
pub(crate) fn check_ties(mapping: &MappingName, settlements: &[Settlement]) -> Result<(), JournalError> {
    let changes = settlements.iter().flat_map(|settlement| &settlement.ties);
    let foreign = changes.into_iter().find_map(|change| match change {
        TieChange::Set(tie) if tie.link.mapping != *mapping => Some(&tie.link.mapping),
        TieChange::Set(_) | TieChange::Forget { .. } => None,
    });
    match foreign {
        Some(other) => Err(JournalError::OtherMapping { asked: mapping.clone(), found: other.clone() }),
        None => Ok(()),
    }
}
