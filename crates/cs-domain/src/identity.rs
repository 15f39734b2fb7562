//! Which document that is already there is the one: match keys, and the choice among what they find.

use std::collections::{BTreeMap, BTreeSet};

use crate::fold::fold;
use crate::intent::OperationKey;
use crate::mapping::{DocumentMapping, MatchKey, MatchPart, Source, UnitMapping};
use crate::name::{FieldName, Role};
use crate::record::{Record, RecordRef};
use crate::shadow::Shadow;
use crate::situation::{Candidate, Counterpart, FoundBy};
use crate::value::Value;
use crate::wanted::{Wanted, WantedDocument};

/// What follows from the candidates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice<'a> {
    /// There is none: create.
    None,
    /// This is it.
    One(&'a Candidate),
    /// Several could be: a person decides.
    Several(Vec<&'a Candidate>),
    /// The only one belongs to another record and may not be shared: a person decides.
    Taken(&'a Candidate),
}

/// Chooses among candidates: the one that carries the creation's own key, or that the record was created for; else those of the first match key that found
/// any.
pub fn choose<'a>(mapping: &DocumentMapping, candidates: &'a [Candidate]) -> Choice<'a> {
    let Some(best) = candidates.iter().map(|candidate| candidate.found_by).min() else {
        return Choice::None;
    };
    let mut found: Vec<&Candidate> =
        candidates.iter().filter(|candidate| candidate.found_by == best).collect();
    if matches!(best, FoundBy::MatchKey(_)) && !mapping.shared && found.len() > 1 {
        found.retain(|candidate| candidate.taken_by.is_none());
    }
    match found.as_slice() {
        [] => candidates.first().map_or(Choice::None, Choice::Taken),
        [one] if one.taken_by.is_some() && !mapping.shared => Choice::Taken(one),
        [one] => Choice::One(one),
        _ => Choice::Several(found),
    }
}

/// The key that a document's creation carries. That of a document which others may share names its match key's values
/// too, since the same record and role may call for another document later.
pub fn operation_key(
    mapping: &DocumentMapping,
    subject: &RecordRef,
    wanted: &WantedDocument,
) -> OperationKey {
    if mapping.shared || mapping.keyed {
        OperationKey::keyed(subject, &mapping.role, &own_key(mapping, |field| wanted.value(field)))
    } else {
        OperationKey::of(subject, &mapping.role)
    }
}

/// Whether the record now means another document than the one it is linked to.
///
/// A *keyed* document is what its key says. A shared one (a person with two policies) is another where more than one part
/// of its key has changed, where a document it is known by has become another, or where other records still mean the one
/// that was: a name corrected in one of two policies must not rename the other's customer. Otherwise a changed part is a
/// correction.
pub fn is_outgrown(
    mapping: &DocumentMapping,
    wanted: &WantedDocument,
    known: &Counterpart,
    outgrown: &BTreeSet<&Role>,
) -> bool {
    let Some((_, shadow)) = &known.tie else { return false };
    let agreed = |field: &FieldName| shadow.fields.get(field).map(|agreed| &agreed.vtiger);
    let whole = |field: &&FieldName| !wanted.partial.contains(*field);
    let changed =
        key_fields(mapping).filter(whole).filter(|field| match (wanted.value(field), agreed(field)) {
            (Some(now), Some(then)) if !now.is_empty() => fold(&now.plain()) != fold(&then.plain()),
            _ => false,
        });
    match changed.count() {
        0 => mapping.shared && key_roles(mapping).any(|role| outgrown.contains(role)),
        1 => mapping.keyed || (mapping.shared && !known.others.is_empty()),
        _ => mapping.keyed || mapping.shared,
    }
}

/// Whether the document that has a link's name is another one by now: Frappe gives names of a series again when the last
/// document is deleted (facts/FRAPPE.md, trap 6). What tells them apart is the external id.
pub fn is_replaced(mapping: &DocumentMapping, shadow: &Shadow, document: &Record) -> bool {
    let Some(field) = &mapping.external_id else { return false };
    let (then, now) = (shadow.fields.get(field), document.get(field));
    match (then, now) {
        (Some(then), Some(now)) => {
            !then.frappe.is_empty() && !now.is_empty() && fold(&then.frappe.plain()) != fold(&now.plain())
        }
        _ => false,
    }
}

fn key_fields(mapping: &DocumentMapping) -> impl Iterator<Item = &FieldName> {
    first_key(mapping).iter().filter_map(|part| match part {
        MatchPart::Field(field) => Some(field),
        MatchPart::Linked(_) | MatchPart::IfKnown(_) => None,
    })
}

fn key_roles(mapping: &DocumentMapping) -> impl Iterator<Item = &Role> {
    first_key(mapping).iter().filter_map(|part| match part {
        MatchPart::Linked(role) => Some(role),
        MatchPart::Field(_) | MatchPart::IfKnown(_) => None,
    })
}

fn first_key(mapping: &DocumentMapping) -> &[MatchPart] {
    mapping.match_keys.first().map(|key| key.0.as_slice()).unwrap_or_default()
}

fn own_key<'v>(mapping: &DocumentMapping, value: impl Fn(&FieldName) -> Option<&'v Value>) -> String {
    let parts = key_fields(mapping).map(|field| fold(&value(field).map(Value::plain).unwrap_or_default()));
    parts.collect::<Vec<_>>().join("\u{1f}")
}

/// A match key's values for one record: what a search is built from, and what equal documents have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyValues<'a> {
    /// The key's own fields with the values wanted.
    pub fields: Vec<(&'a FieldName, &'a Value)>,
    /// Fields with the values wanted that a document may lack, and may not have another value of.
    pub known: Vec<(&'a FieldName, &'a Value)>,
    /// The roles whose documents it must be tied to, with those documents.
    pub ties: Vec<(&'a Role, &'a Record)>,
}

impl KeyValues<'_> {
    /// The key as one text; two records that mean the same document have the same signature, case and accents aside.
    pub fn signature(&self) -> String {
        let fields = self.fields.iter().map(|(name, value)| format!("{name}={}", fold(&value.plain())));
        let ties = self.ties.iter().map(|(role, document)| format!("{role}->{}", document.reference.id));
        // Two new documents with different values are different ones.
        let known = self.known.iter().map(|(name, value)| format!("{name}?={}", fold(&value.plain())));
        fields.chain(known).chain(ties).collect::<Vec<_>>().join("\u{1f}")
    }

    /// Whether a document has these values; ties are looked at by [`is_tied`].
    pub fn agree_with(&self, document: &Record) -> bool {
        let same = |found: &Value, value: &Value| fold(&found.plain()) == fold(&value.plain());
        self.fields.iter().all(|(name, value)| document.get(name).is_some_and(|found| same(found, value)))
            && self.known.iter().all(|(name, value)| {
                document.get(name).is_none_or(|found| found.is_empty() || same(found, value))
            })
    }
}

/// The values of a match key, or `None` where one of them is missing: a key that is only half known finds nothing.
pub fn key_values<'a>(
    key: &'a MatchKey,
    wanted: &'a WantedDocument,
    documents: &BTreeMap<&Role, &'a Record>,
) -> Option<KeyValues<'a>> {
    let mut values = KeyValues { fields: Vec::new(), known: Vec::new(), ties: Vec::new() };
    for part in &key.0 {
        match part {
            MatchPart::Field(name) => match wanted.fields.get(name) {
                Some(Wanted::Value(value)) if !value.is_empty() => values.fields.push((name, value)),
                _ => return None,
            },
            MatchPart::Linked(role) => values.ties.push((role, documents.get(role)?)),
            MatchPart::IfKnown(name) => {
                values
                    .known
                    .extend(wanted.value(name).filter(|value| !value.is_empty()).map(|value| (name, value)));
            }
        }
    }
    Some(values)
}

/// Whether two documents of a unit point at each other, by a field or by a row, in either direction.
pub fn is_tied(unit: &UnitMapping, one: (&Role, &Record), other: (&Role, &Record)) -> bool {
    points_at(unit, one, other) || points_at(unit, other, one)
}

fn points_at(unit: &UnitMapping, from: (&Role, &Record), to: (&Role, &Record)) -> bool {
    let Some(mapping) = unit.document(from.0) else {
        return false;
    };
    let target = to.1.reference.id.as_str();
    let is_target = |source: &Source| matches!(source, Source::Document(role) if role == to.0);
    let by_field = mapping
        .fields
        .iter()
        .filter(|rule| is_target(&rule.source))
        .any(|rule| from.1.get(&rule.frappe).is_some_and(|value| fold(&value.plain()) == fold(target)));
    let by_row = mapping.rows.iter().any(|rule| {
        let Some(Value::Rows(rows)) = from.1.get(&rule.table) else {
            return false;
        };
        rule.columns.iter().filter(|(_, source)| is_target(source)).any(|(column, _)| {
            rows.iter()
                .any(|row| row.columns.get(column).is_some_and(|value| fold(&value.plain()) == fold(target)))
        })
    });
    by_field || by_row
}

/// Whether what is found is what was written: equal, or a table in which every written row stands.
pub fn agreeing(found: Option<&Value>, written: &Value) -> bool {
    match (found, written) {
        (Some(Value::Rows(found)), Value::Rows(written)) => written.iter().all(|row| {
            found.iter().any(|other| {
                row.columns.iter().all(|(name, cell)| {
                    other.columns.get(name).is_some_and(|value| value.plain() == cell.plain())
                })
            })
        }),
        (Some(found), written) => found == written || found.plain() == written.plain(),
        (None, written) => written.is_empty(),
    }
}
