//! One field, three values, one outcome: the whole policy of merging stands in [`merge`].

use serde::{Deserialize, Serialize};

use crate::policy::{Clearing, ConflictPolicy, Direction};
use crate::shadow::Agreed;
use crate::value::Value;

/// What one field looks like from both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSituation<'a> {
    /// What was last agreed; `None` at first contact.
    pub base: Option<&'a Agreed>,
    /// What VTiger says, in the document's terms; `None` where it says nothing (the fields were not read).
    pub vtiger: Option<&'a Value>,
    /// What Frappe says; `None` where it was not read.
    pub frappe: Option<&'a Value>,
    /// Which way the field travels.
    pub direction: Direction,
    /// What empty means.
    pub clearing: Clearing,
    /// Who decides conflicts.
    pub conflict: ConflictPolicy,
    /// Which side was changed last, where that can be told.
    pub newest: Option<crate::record::System>,
}

/// What follows for one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", content = "value", rename_all = "snake_case")]
pub enum FieldOutcome {
    /// Both sides hold it: the shadow moves here.
    Agreed(Agreed),
    /// Nothing to do, and nothing new is agreed.
    Leave,
    /// Frappe gets this.
    ToFrappe(Value),
    /// VTiger gets this, in the document's terms.
    ToVtiger(Value),
    /// Both sides were changed, to different values, and a person decides.
    Conflict,
}

/// What one side has to say, measured against the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Voice<'a> {
    /// Nothing: not read, or empty where empty says nothing.
    Silent,
    /// What was agreed.
    Unchanged,
    /// Something else than was agreed, or there was no agreement yet.
    Says(&'a Value),
}

fn voice<'a>(now: Option<&'a Value>, base: Option<&Value>, clearing: Clearing) -> Voice<'a> {
    match (now, base) {
        (None, _) => Voice::Silent,
        (Some(now), Some(base)) if now == base => Voice::Unchanged,
        // Only what held something can have been cleared.
        (Some(Value::Empty), base) if clearing == Clearing::Keep || base.is_none() => Voice::Silent,
        (Some(now), _) => Voice::Says(now),
    }
}

/// Decides one field.
///
/// The table, with "says" for "holds something else than was agreed":
///
/// | VTiger | Frappe | outcome |
/// | --- | --- | --- |
/// | unchanged | unchanged | agreed |
/// | says x | unchanged or silent | x to Frappe; where Frappe owns the field, the agreed value back to VTiger |
/// | unchanged or silent | says y | y to VTiger; where VTiger owns the field, its value back to Frappe |
/// | says x | says x | agreed |
/// | says x | says y | the owner; else the policy |
/// | silent | silent or unchanged | nothing |
pub fn merge(field: &FieldSituation<'_>) -> FieldOutcome {
    let vtiger = voice(field.vtiger, field.base.map(|base| &base.vtiger), field.clearing);
    let frappe = voice(field.frappe, field.base.map(|base| &base.frappe), field.clearing);
    match (vtiger, frappe) {
        (Voice::Unchanged, Voice::Unchanged) => {
            field.base.cloned().map_or(FieldOutcome::Leave, FieldOutcome::Agreed)
        }
        (Voice::Silent, Voice::Silent | Voice::Unchanged) | (Voice::Unchanged, Voice::Silent) => {
            both_empty(field)
        }
        (Voice::Says(x), Voice::Says(y)) if x == y => FieldOutcome::Agreed(Agreed::on(x.clone())),
        (Voice::Says(x), Voice::Unchanged | Voice::Silent) => vtiger_alone(field, x),
        (Voice::Unchanged | Voice::Silent, Voice::Says(y)) => frappe_alone(field, y),
        (Voice::Says(x), Voice::Says(y)) => disagreement(field, x, y),
    }
}

/// Neither side says anything new; where both hold nothing, that is an agreement too.
fn both_empty(field: &FieldSituation<'_>) -> FieldOutcome {
    match (field.vtiger, field.frappe) {
        (Some(Value::Empty), Some(Value::Empty)) => FieldOutcome::Agreed(Agreed::on(Value::Empty)),
        _ => FieldOutcome::Leave,
    }
}

/// Whether an owner's empty field empties the other side's: not at first contact, when nothing was cleared yet.
fn clears(field: &FieldSituation<'_>) -> bool {
    field.clearing == Clearing::Clear && field.base.is_some()
}

fn vtiger_alone(field: &FieldSituation<'_>, x: &Value) -> FieldOutcome {
    if field.direction.reaches_frappe() {
        return if field.frappe == Some(x) {
            FieldOutcome::Agreed(Agreed::on(x.clone()))
        } else {
            FieldOutcome::ToFrappe(x.clone())
        };
    }
    match field.frappe {
        Some(owned) if !owned.is_empty() || clears(field) => FieldOutcome::ToVtiger(owned.clone()),
        _ => FieldOutcome::Leave,
    }
}

fn frappe_alone(field: &FieldSituation<'_>, y: &Value) -> FieldOutcome {
    if field.direction.reaches_vtiger() {
        return if field.vtiger == Some(y) {
            FieldOutcome::Agreed(Agreed::on(y.clone()))
        } else {
            FieldOutcome::ToVtiger(y.clone())
        };
    }
    match field.vtiger {
        Some(owned) if !owned.is_empty() || clears(field) => FieldOutcome::ToFrappe(owned.clone()),
        _ => FieldOutcome::Leave,
    }
}

fn disagreement(field: &FieldSituation<'_>, x: &Value, y: &Value) -> FieldOutcome {
    use crate::record::System::{Frappe, Vtiger};
    let to_frappe = || FieldOutcome::ToFrappe(x.clone());
    let to_vtiger = || FieldOutcome::ToVtiger(y.clone());
    match (field.direction, field.conflict, field.newest) {
        (Direction::ToFrappe, _, _) | (Direction::Both, ConflictPolicy::VtigerWins, _) => to_frappe(),
        (Direction::ToVtiger, _, _) | (Direction::Both, ConflictPolicy::FrappeWins, _) => to_vtiger(),
        (Direction::Both, ConflictPolicy::NewestWins, Some(Vtiger)) => to_frappe(),
        (Direction::Both, ConflictPolicy::NewestWins, Some(Frappe)) => to_vtiger(),
        (Direction::Both, ConflictPolicy::NewestWins, None) | (Direction::Both, ConflictPolicy::Ask, _) => {
            FieldOutcome::Conflict
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::System;

    fn value(text: &str) -> Value {
        Value::text(text)
    }

    struct Case {
        base: Option<&'static str>,
        vtiger: &'static str,
        frappe: &'static str,
        direction: Direction,
        clearing: Clearing,
        conflict: ConflictPolicy,
    }

    impl Case {
        fn decide(&self) -> FieldOutcome {
            let base = self.base.map(|text| Agreed::on(value(text)));
            merge(&FieldSituation {
                base: base.as_ref(),
                vtiger: Some(&value(self.vtiger)),
                frappe: Some(&value(self.frappe)),
                direction: self.direction,
                clearing: self.clearing,
                conflict: self.conflict,
                newest: Some(System::Frappe),
            })
        }
    }

    #[test]
    fn the_table_of_outcomes() {
        use Clearing::{Clear, Keep};
        use ConflictPolicy::{Ask, FrappeWins, NewestWins, VtigerWins};
        use Direction::{Both, ToFrappe, ToVtiger};
        let agreed = |text: &str| FieldOutcome::Agreed(Agreed::on(value(text)));
        let to_frappe = |text: &str| FieldOutcome::ToFrappe(value(text));
        let to_vtiger = |text: &str| FieldOutcome::ToVtiger(value(text));
        let (leave, conflict) = (FieldOutcome::Leave, FieldOutcome::Conflict);
        #[rustfmt::skip]
        let table = [
            // base        vtiger frappe direction clearing policy      outcome
            (Some("a"),    "a",   "a",   Both,     Keep,    Ask,        agreed("a")),
            (Some("a"),    "b",   "a",   Both,     Keep,    Ask,        to_frappe("b")),
            (Some("a"),    "a",   "b",   Both,     Keep,    Ask,        to_vtiger("b")),
            (Some("a"),    "b",   "b",   Both,     Keep,    Ask,        agreed("b")),
            (Some("a"),    "b",   "c",   Both,     Keep,    Ask,        conflict.clone()),
            (Some("a"),    "b",   "c",   Both,     Keep,    VtigerWins, to_frappe("b")),
            (Some("a"),    "b",   "c",   Both,     Keep,    FrappeWins, to_vtiger("c")),
            (Some("a"),    "b",   "c",   Both,     Keep,    NewestWins, to_vtiger("c")),
            (Some("a"),    "b",   "c",   ToFrappe, Keep,    Ask,        to_frappe("b")),
            (Some("a"),    "b",   "c",   ToVtiger, Keep,    Ask,        to_vtiger("c")),
            // one owner: what the other side does is brought back
            (Some("a"),    "a",   "b",   ToFrappe, Keep,    Ask,        to_frappe("a")),
            (Some("a"),    "b",   "a",   ToVtiger, Keep,    Ask,        to_vtiger("a")),
            // clearing
            (Some("a"),    "",    "a",   Both,     Keep,    Ask,        leave.clone()),
            (Some("a"),    "",    "a",   Both,     Clear,   Ask,        to_frappe("")),
            (Some("a"),    "a",   "",    Both,     Keep,    Ask,        leave.clone()),
            (Some("a"),    "a",   "",    Both,     Clear,   Ask,        to_vtiger("")),
            (Some("a"),    "",    "b",   Both,     Keep,    Ask,        to_vtiger("b")),
            (Some("a"),    "",    "b",   Both,     Clear,   Ask,        conflict.clone()),
            (Some("a"),    "",    "",    Both,     Clear,   Ask,        agreed("")),
            (Some("a"),    "",    "",    Both,     Keep,    Ask,        agreed("")),
            (Some(""),     "b",   "",    Both,     Keep,    Ask,        to_frappe("b")),
            // first contact
            (None,         "a",   "a",   Both,     Keep,    Ask,        agreed("a")),
            (None,         "a",   "",    Both,     Keep,    Ask,        to_frappe("a")),
            (None,         "",    "a",   Both,     Keep,    Ask,        to_vtiger("a")),
            (None,         "",    "a",   ToFrappe, Keep,    Ask,        leave.clone()),
            (None,         "",    "a",   ToFrappe, Clear,   Ask,        leave.clone()),
            (None,         "a",   "",    ToVtiger, Clear,   Ask,        leave),
            (None,         "",    "a",   Both,     Clear,   Ask,        to_vtiger("a")),
            (None,         "a",   "",    Both,     Clear,   Ask,        to_frappe("a")),
            (None,         "a",   "b",   Both,     Keep,    Ask,        conflict),
            (None,         "a",   "b",   ToFrappe, Keep,    Ask,        to_frappe("a")),
            (None,         "",    "",    Both,     Keep,    Ask,        agreed("")),
        ];
        for (base, vtiger, frappe, direction, clearing, conflict, expected) in table {
            let case = Case { base, vtiger, frappe, direction, clearing, conflict };
            assert_eq!(
                case.decide(),
                expected,
                "{base:?} {vtiger:?} {frappe:?} {direction:?} {clearing:?} {conflict:?}"
            );
        }
    }

    #[test]
    fn a_value_changed_on_its_way_is_no_edit() {
        let base = Agreed { vtiger: value("a & <b>"), frappe: value("a &amp; <b></b>") };
        let outcome = merge(&FieldSituation {
            base: Some(&base),
            vtiger: Some(&value("a & <b>")),
            frappe: Some(&value("a &amp; <b></b>")),
            direction: Direction::Both,
            clearing: Clearing::Keep,
            conflict: ConflictPolicy::Ask,
            newest: None,
        });
        assert_eq!(outcome, FieldOutcome::Agreed(base));
    }

    #[test]
    fn what_was_not_read_is_not_touched() {
        let base = Agreed::on(value("a"));
        let field = FieldSituation {
            base: Some(&base),
            vtiger: None,
            frappe: Some(&value("a")),
            direction: Direction::Both,
            clearing: Clearing::Clear,
            conflict: ConflictPolicy::Ask,
            newest: None,
        };
        assert_eq!(merge(&field), FieldOutcome::Leave);
    }
}
