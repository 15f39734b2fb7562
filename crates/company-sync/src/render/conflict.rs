//! A conflict for people and for machines: who said what, and the very command that decides it.

use std::fmt::Write as _;

use cs_domain::guarded;
use cs_domain::plan::{Conflict, Planned};
use cs_domain::{Choice, ConflictId, ConflictState, Edit, Resolution, StandingConflict, System, Value};
use serde_json::json;

use crate::choice::answers;
use crate::zones::Zones;

/// As much of an id as people are shown: enough to tell some ten thousand conflicts apart.
const SHORT: usize = 8;

/// The beginning of an id.
pub(crate) fn short(id: &ConflictId) -> &str {
    id.0.get(..SHORT).unwrap_or(&id.0)
}

/// The conflict for people: a block of lines. Numbers of accounts and cards show their last digits.
pub(crate) fn for_people(standing: &StandingConflict, zones: &Zones) -> String {
    let standing = &guarded::standing(standing);
    let conflict = &standing.met.conflict;
    let place = match conflict.field() {
        Some(field) => format!("{}: {field}", conflict.role()),
        None => conflict.role().to_string(),
    };
    let mut text = format!("{}  {}, {place}", short(&standing.met.id), standing.subject);
    for (label, said) in said(standing, zones) {
        let _ = write!(text, "\n    {label:<9} {said}");
    }
    let (first, last) = (&standing.first_run, &standing.last_run);
    let again = if first == last { String::new() } else { format!(", met last in run {last}") };
    let _ = write!(text, "\n    since     run {first}{again} (mapping {})", standing.mapping);
    text.push_str(&stands(standing));
    text
}

/// What the sides say, a line each.
fn said(standing: &StandingConflict, zones: &Zones) -> Vec<(&'static str, String)> {
    let by = |system: System| {
        standing.met.edits.get(&system).map_or_else(String::new, |edit| edited(edit, system, zones))
    };
    match &standing.met.conflict {
        Conflict::Field { document, base, vtiger, frappe, .. } => vec![
            ("document", document.to_string()),
            (
                "before",
                base.as_ref().map_or_else(|| "never agreed on".to_owned(), |base| shown(&base.frappe)),
            ),
            ("VTiger", format!("{}{}", shown(vtiger), by(System::Vtiger))),
            ("Frappe", format!("{}{}", shown(frappe), by(System::Frappe))),
        ],
        Conflict::DeleteEdit { document, deleted, edited, .. } => {
            let other = deleted.other();
            let fields: Vec<String> = edited.iter().map(ToString::to_string).collect();
            let mut lines = vec![
                ("document", document.to_string()),
                (name(*deleted), format!("deleted{}", by(*deleted))),
                (name(other), format!("edited: {}{}", fields.join(", "), by(other))),
            ];
            // VTiger first, as everywhere.
            if *deleted == System::Frappe {
                lines.swap(1, 2);
            }
            lines
        }
        Conflict::Submitted { document, changes, .. } => {
            let mut lines = vec![("document", format!("{}, submitted{}", document, by(System::Frappe)))];
            lines.extend(changes.iter().map(|change| {
                let before = change.before.as_ref().map_or_else(|| "nothing".to_owned(), shown);
                let after = match &change.after {
                    Planned::Value(value) => shown(value),
                    Planned::Document(role) => format!("the {role}"),
                    Planned::Rows(rows) => format!("{} rows", rows.len()),
                };
                ("amend", format!("{}: {before} -> {after}", change.field))
            }));
            lines
        }
        Conflict::Shared { document, vtiger, other, theirs, .. } => vec![
            ("document", format!("{document}, shared with {other}")),
            ("here", format!("{}{}", shown(vtiger), by(System::Vtiger))),
            ("there", shown(theirs)),
        ],
        Conflict::Ambiguous { .. } | Conflict::Taken { .. } => {
            vec![("which", standing.met.conflict.failure().cause)]
        }
    }
}

fn name(system: System) -> &'static str {
    match system {
        System::Vtiger => "VTiger",
        System::Frappe => "Frappe",
    }
}

fn shown(value: &Value) -> String {
    if value.is_empty() { "nothing".to_owned() } else { format!("{:?}", value.plain()) }
}

/// By whom and when, in UTC; where nobody knows the system's zone, by its own clock.
fn edited(edit: &Edit, system: System, zones: &Zones) -> String {
    let at = match zones.instant(system, &edit.version) {
        Some(at) => at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        None => format!("{} by {}'s own clock", edit.version, name(system)),
    };
    match &edit.by {
        Some(by) => format!("   (last edited by {by}, {at})"),
        None => format!("   (last edited {at})"),
    }
}

/// What has to be done, or was.
fn stands(standing: &StandingConflict) -> String {
    match &standing.state {
        ConflictState::Open => to_do(standing),
        ConflictState::Resolved(resolution) => {
            format!("\n    decided   {}; the next run carries it out", decided(resolution))
        }
        ConflictState::Applied(resolution) => format!("\n    done      {}", decided(resolution)),
        ConflictState::Closed => "\n    over      it went away by itself".to_owned(),
    }
}

fn to_do(standing: &StandingConflict) -> String {
    let answers = answers(standing);
    if answers.is_empty() {
        return format!("\n    what to do: {}", standing.met.conflict.failure().remedy);
    }
    let widest = answers.iter().map(|answer| answer.when.chars().count()).max().unwrap_or_default();
    let id = short(&standing.met.id);
    let mut text = String::new();
    for answer in answers {
        let when = format!("{}:", answer.when);
        let _ = write!(
            text,
            "\n    {when:<0$}  company-sync conflicts resolve {id} {1}",
            widest + 1,
            answer.flag
        );
    }
    text
}

fn decided(resolution: &Resolution) -> String {
    let at = resolution.at.strftime("%Y-%m-%d %H:%M:%S UTC");
    format!("{}, by {} at {at}", choice(&resolution.choice), resolution.by)
}

/// What was chosen, in words.
pub(crate) fn choice(choice: &Choice) -> String {
    match choice {
        Choice::Vtiger => "VTiger is right".to_owned(),
        Choice::Frappe => "Frappe is right".to_owned(),
        Choice::Value(value) => format!("it is {}", shown(value)),
        Choice::Document(name) => format!("it is the document {:?}", name.as_str()),
        Choice::Separate => "it gets a document of its own".to_owned(),
    }
}

/// The edits for machines: by whom, the system's own version, and when that was, where its zone is known.
fn edits(standing: &StandingConflict, zones: &Zones) -> serde_json::Value {
    let edits = standing.met.edits.iter().map(|(system, edit)| {
        let at = zones.instant(*system, &edit.version);
        (system.as_str().to_owned(), json!({ "by": edit.by, "version": edit.version, "at": at }))
    });
    edits.collect()
}

/// The conflict for machines: one object, one line; numbers of accounts and cards as people are shown them.
pub(crate) fn for_machines(standing: &StandingConflict, zones: &Zones) -> serde_json::Value {
    let standing = &guarded::standing(standing);
    let conflict = &standing.met.conflict;
    let (base, vtiger, frappe) = match conflict {
        Conflict::Field { base, vtiger, frappe, .. } => (base.as_ref(), Some(vtiger), Some(frappe)),
        Conflict::Shared { vtiger, theirs, .. } => (None, Some(vtiger), Some(theirs)),
        _ => (None, None, None),
    };
    let flags: Vec<String> = answers(standing).into_iter().map(|answer| answer.flag).collect();
    json!({
        "id": standing.met.id,
        "state": standing.state.name(),
        "code": conflict.code(),
        "mapping": standing.mapping,
        "unit": standing.unit,
        "record": standing.subject,
        "role": conflict.role(),
        "field": conflict.field(),
        "base": base.map(|base| &base.frappe),
        "vtiger": vtiger,
        "frappe": frappe,
        "edits": edits(standing, zones),
        "detail": conflict,
        "first_run": standing.first_run,
        "last_run": standing.last_run,
        "resolution": standing.state.resolution(),
        "answers": flags,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cs_domain::{Agreed, MetConflict, RecordRef, RunId};

    use super::*;

    fn standing() -> StandingConflict {
        let edit = |by: &str, at: &str| Edit { by: Some(by.to_owned()), version: at.into() };
        StandingConflict {
            met: MetConflict {
                id: ConflictId("3f9a2b1c00112233".into()),
                conflict: Conflict::Field {
                    role: "owner".into(),
                    document: RecordRef::frappe("Contact", "Ana Gómez"),
                    field: "last_name".into(),
                    base: Some(Agreed::on(Value::text("Gómez"))),
                    vtiger: Value::text("Gómez Nueva"),
                    frappe: Value::Empty,
                },
                edits: BTreeMap::from([
                    (System::Vtiger, edit("19x1", "2026-11-22 09:00:00")),
                    (System::Frappe, edit("ana@example.test", "2026-11-22 09:00:01.000001")),
                ]),
            },
            mapping: "policy".into(),
            unit: "policy".into(),
            subject: RecordRef::vtiger("SalesOrder", "6x231"),
            first_run: RunId("20261122-060312-3f9a".into()),
            last_run: RunId("20261122-060312-3f9a".into()),
            state: ConflictState::Open,
        }
    }

    fn zones() -> Zones {
        Zones::named([(System::Vtiger, "-05:00"), (System::Frappe, "America/Mexico_City")])
    }

    #[test]
    fn times_are_told_in_one_zone_or_with_whose_they_are() {
        let object = for_machines(&standing(), &zones());
        assert_eq!(object["edits"]["vtiger"]["at"], "2026-11-22T14:00:00Z");
        assert_eq!(object["edits"]["vtiger"]["version"], "2026-11-22 09:00:00");
        let text = for_people(&standing(), &Zones::default());
        assert!(text.contains("by 19x1, 2026-11-22 09:00:00 by VTiger's own clock)"), "{text}");
        assert!(for_machines(&standing(), &Zones::default())["edits"]["frappe"]["at"].is_null());
    }

    #[test]
    fn a_block_tells_all_and_ends_with_the_commands() {
        let text = for_people(&standing(), &zones());
        let wanted = "3f9a2b1c  SalesOrder 6x231, owner: last_name
    document  Contact Ana Gómez
    before    \"Gómez\"
    VTiger    \"Gómez Nueva\"   (last edited by 19x1, 2026-11-22 14:00:00 UTC)
    Frappe    nothing   (last edited by ana@example.test, 2026-11-22 15:00:01 UTC)
    since     run 20261122-060312-3f9a (mapping policy)
    VTiger is right:  company-sync conflicts resolve 3f9a2b1c --vtiger
    Frappe is right:  company-sync conflicts resolve 3f9a2b1c --frappe
    neither is:       company-sync conflicts resolve 3f9a2b1c --value \"...\"";
        assert_eq!(text, wanted);
    }

    #[test]
    fn a_number_of_an_account_shows_its_last_digits_to_people_and_machines() {
        let (mut standing, number) = (standing(), || Value::text("3196609290"));
        standing.met.conflict = Conflict::Field {
            role: "account".into(),
            document: RecordRef::frappe("Bank Account", "3196609290 - Banco Prueba"),
            field: "bank_account_no".into(),
            base: Some(Agreed::on(number())),
            vtiger: number(),
            frappe: Value::Empty,
        };
        let resolution = Resolution {
            choice: Choice::Value(number()),
            by: "ana".to_owned(),
            at: "2026-11-22T10:00:00Z".parse().unwrap(),
        };
        standing.state = ConflictState::Applied(resolution);
        let told = [for_people(&standing, &zones()), for_machines(&standing, &zones()).to_string()];
        for text in told {
            assert!(!text.contains("319660") && text.contains("****9290"), "{text}");
        }
    }

    #[test]
    fn a_decided_one_tells_by_whom() {
        let resolution = Resolution {
            choice: Choice::Frappe,
            by: "ana".to_owned(),
            at: "2026-11-22T10:00:00Z".parse().unwrap(),
        };
        let resolved = StandingConflict { state: ConflictState::Resolved(resolution), ..standing() };
        let text = for_people(&resolved, &zones());
        assert!(
            text.ends_with(
                "decided   Frappe is right, by ana at 2026-11-22 10:00:00 UTC; the next run carries it out"
            ),
            "{text}"
        );
        let object = for_machines(&resolved, &zones());
        assert_eq!((&object["state"], &object["resolution"]["by"]), (&json!("resolved"), &json!("ana")));
        assert_eq!(object["vtiger"], json!({ "type": "text", "value": "Gómez Nueva" }));
    }
}
