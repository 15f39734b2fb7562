//! How much speaks for a pair of fields.

use std::collections::{BTreeMap, BTreeSet};

use crate::mapping::Transform;
use crate::mapping::bind_document::converts;
use crate::mapping::suggest::values::{held, shared_choices, shared_values, transforms};
use crate::mapping::suggest::words::{Called, Vocabulary, words_of};
use crate::mapping::suggest::{Context, Offered, Reason, Suggestion};
use crate::name::FieldName;
use crate::policy::Direction;
use crate::schema::{FieldSchema, FieldType};

/// What equal names are worth; the rest of the hundred is for what fields hold.
const CALLED: f64 = 72.0;
/// What a label is worth that speaks of the document's own role.
const OWN_ROLE: f64 = 10.0;
/// What is left of a pair whose label speaks of another document.
const OTHER_ROLE: f64 = 0.4;
/// What equal types are worth.
const SAME_TYPE: f64 = 10.0;
/// What two lists with the same entries are worth.
const CHOICES: f64 = 20.0;
/// What sampled records with the same values are worth.
const VALUES: f64 = 40.0;
/// What is left of a likeness for which words were taken from one side alone: `code` of `item_code` is not much.
const ONE_SIDED: f64 = 0.85;
/// What is left of a pair of which one field is kept by its system alone.
const KEPT: f64 = 0.8;

/// Fields that Frappe keeps for itself and that mean nothing outside.
const FRAPPES_OWN: [&str; 9] = [
    "name",
    "owner",
    "creation",
    "modified",
    "modified_by",
    "docstatus",
    "idx",
    "naming_series",
    "amended_from",
];

/// A field with its words and what it holds.
struct Known<'a> {
    field: &'a FieldSchema,
    called: Called,
    held: Vec<String>,
    /// For VTiger's: the role that its label speaks of.
    role: Option<Spoken<'a>>,
}

/// A role that a label speaks of.
#[derive(Clone, Copy)]
struct Spoken<'a> {
    role: &'a str,
    own: bool,
}

/// Two sides while they are compared.
pub(super) struct Scorer<'a> {
    vtiger: Vec<Known<'a>>,
    frappe: Vec<Known<'a>>,
    /// In how many fields of one side a word stands; a word of many fields tells little.
    frequent: BTreeMap<String, usize>,
    /// The words of role and DocType, which every field of the document could carry.
    around: BTreeSet<String>,
    region: Option<&'a str>,
}

impl<'a> Scorer<'a> {
    pub(super) fn new(vtiger: Offered<'a>, frappe: Offered<'a>, context: &'a Context<'a>) -> Self {
        let vocabulary = Vocabulary::of([vtiger.schema, frappe.schema]);
        let known = |offered: Offered<'a>, not: &BTreeSet<FieldName>, roles: bool| -> Vec<Known<'a>> {
            let fields = offered.schema.fields.values().filter(|field| !not.contains(&field.name));
            fields
                .map(|field| {
                    let called = vocabulary.called(field);
                    let role = if roles { spoken(&called.label, context) } else { None };
                    Known { field, called, held: held(offered.samples, &field.name).collect(), role }
                })
                .collect()
        };
        let mut here = known(frappe, &context.not_frappe, false);
        here.retain(|known| !FRAPPES_OWN.contains(&known.field.name.as_str()));
        let there = known(vtiger, &context.not_vtiger, true);
        let mut around = words_of(context.role);
        around.extend(words_of(frappe.schema.kind.as_str()));
        let frequent = frequency(&there, &here);
        Self { vtiger: there, frappe: here, frequent, around, region: context.region }
    }

    pub(super) fn pairs(&self) -> Vec<Suggestion> {
        let pairs = self.vtiger.iter().flat_map(|there| self.frappe.iter().map(move |here| (there, here)));
        pairs.filter_map(|(there, here)| self.pair(there, here)).collect()
    }

    fn pair(&self, there: &Known<'_>, here: &Known<'_>) -> Option<Suggestion> {
        let direction = possible(there.field, here.field)?;
        let transforms = transforms((there.field, &there.held), (here.field, &here.held), self.region);
        let reads_date = transforms.iter().any(|transform| matches!(transform, Transform::Date { .. }));
        if !reads_date && !alike(&there.field.field_type, &here.field.field_type) {
            return None;
        }
        let mut reasons = Vec::new();
        let mut score = self.called(there, here, &mut reasons);
        if there.field.field_type == here.field.field_type {
            score += SAME_TYPE;
            reasons.push(Reason::SameType);
        }
        let choices = shared_choices(&there.field.field_type, &here.field.field_type);
        let values = shared_values(&there.held, &here.held);
        for (reason, worth) in [(choices, CHOICES), (values, VALUES)] {
            score += reason.as_ref().map_or(0.0, |reason| worth * share(reason));
            reasons.extend(reason);
        }
        // Types alone say nothing.
        if !reasons.iter().any(|reason| !matches!(reason, Reason::SameType)) {
            return None;
        }
        match there.role {
            Some(Spoken { role, own: true }) => {
                score += OWN_ROLE;
                reasons.push(Reason::Role { role: role.to_owned() });
            }
            Some(Spoken { role, own: false }) => {
                score *= OTHER_ROLE;
                reasons.push(Reason::OtherRole { role: role.to_owned() });
            }
            None => {}
        }
        if direction != Direction::Both {
            score *= KEPT;
        }
        let (vtiger, frappe) = (there.field.name.clone(), here.field.name.clone());
        Some(Suggestion { vtiger, frappe, score: points(score), reasons, transforms, direction })
    }

    /// What their names and labels say, the best of every way to compare them.
    fn called(&self, there: &Known<'_>, here: &Known<'_>, reasons: &mut Vec<Reason>) -> f64 {
        let spoken = there.role.map(|spoken| words_of(spoken.role)).unwrap_or_default();
        let besides = |words: &BTreeSet<String>, taken: &BTreeSet<String>| -> BTreeSet<String> {
            let rest: BTreeSet<String> = words.difference(taken).cloned().collect();
            if rest.is_empty() { words.clone() } else { rest }
        };
        let bare =
            |words: &BTreeSet<String>| (besides(words, &self.around), besides(words, &self.around) != *words);
        let (label, name) = (&there.called.label, &there.called.name);
        let without_role = besides(label, &spoken);
        let lefts = [
            (label.clone(), false),
            (without_role.clone(), without_role != *label),
            bare(label),
            (name.clone(), false),
        ];
        let (label, name) = (&here.called.label, &here.called.name);
        let rights = [(label.clone(), false), bare(label), (name.clone(), false), bare(name)];
        let mut best = (0.0, BTreeSet::new(), false);
        for (left, left_is_bare) in lefts.iter().filter(|(words, _)| !words.is_empty()) {
            for (right, right_is_bare) in rights.iter().filter(|(words, _)| !words.is_empty()) {
                let even = if left_is_bare == right_is_bare { 1.0 } else { ONE_SIDED };
                let likeness = self.likeness(left, right) * even;
                if likeness > best.0 {
                    best = (likeness, left.intersection(right).cloned().collect(), left == right);
                }
            }
        }
        let (likeness, words, same) = best;
        let words: Vec<String> = words.into_iter().collect();
        if !words.is_empty() {
            reasons.push(if same { Reason::SameWords { words } } else { Reason::SharedWords { words } });
        }
        likeness * CALLED
    }

    /// The weight of common words in that of all, 0 to 1.
    fn likeness(&self, left: &BTreeSet<String>, right: &BTreeSet<String>) -> f64 {
        let weigh = |word: &String| {
            let often = self.frequent.get(word).copied().unwrap_or(1).max(1);
            1.0 / (1.0 + f64::from(u32::try_from(often).unwrap_or(u32::MAX)).ln())
        };
        let common: f64 = left.intersection(right).map(weigh).sum();
        let all: f64 = left.union(right).map(weigh).sum();
        if all > 0.0 { common / all } else { 0.0 }
    }
}

/// The role that a label speaks of: the one of most words, all of which stand in it.
fn spoken<'a>(label: &BTreeSet<String>, context: &'a Context<'a>) -> Option<Spoken<'a>> {
    let own = std::iter::once(Spoken { role: context.role, own: true });
    let others = context.other_roles.iter().map(|role| Spoken { role, own: false });
    let said = own.chain(others).filter_map(|spoken| {
        let words = words_of(spoken.role);
        (!words.is_empty() && words.is_subset(label)).then_some((words.len(), spoken))
    });
    // Of equal ones the document's own counts.
    said.max_by_key(|(words, spoken)| (*words, spoken.own)).map(|(_, spoken)| spoken)
}

fn frequency(there: &[Known<'_>], here: &[Known<'_>]) -> BTreeMap<String, usize> {
    let mut most: BTreeMap<String, usize> = BTreeMap::new();
    for side in [there, here] {
        let mut counted: BTreeMap<&String, usize> = BTreeMap::new();
        for known in side {
            for word in known.called.label.union(&known.called.name) {
                *counted.entry(word).or_default() += 1;
            }
        }
        for (word, count) in counted {
            let held = most.entry(word.clone()).or_default();
            *held = (*held).max(count);
        }
    }
    most
}

/// Which way the two fields allow; `None` where neither may be written, or a field holds no plain value. What a reference
/// of VTiger's means in Frappe is another document's name, which a person says.
fn possible(there: &FieldSchema, here: &FieldSchema) -> Option<Direction> {
    let plain = |field: &FieldSchema| {
        !matches!(field.field_type, FieldType::Rows { .. } | FieldType::Other { .. } | FieldType::DateTime)
    };
    if !plain(there) || !plain(here) || matches!(there.field_type, FieldType::Reference { .. }) {
        return None;
    }
    match (there.writable, here.writable) {
        (true, true) => Some(Direction::Both),
        (false, true) => Some(Direction::ToFrappe),
        (true, false) => Some(Direction::ToVtiger),
        (false, false) => None,
    }
}

/// Whether values of the one could be the other's. Text passes for much; a checkbox is no number and no list.
fn alike(there: &FieldType, here: &FieldType) -> bool {
    let checks = |field: &FieldType| matches!(field, FieldType::Boolean);
    let counts = |field: &FieldType| matches!(field, FieldType::Integer | FieldType::Decimal { .. });
    let dates = |field: &FieldType| matches!(field, FieldType::Date);
    converts(there, here)
        && checks(there) == checks(here)
        && dates(there) == dates(here)
        && (!counts(here) || counts(there))
}

/// How much of what could be shared is.
fn share(reason: &Reason) -> f64 {
    match reason {
        Reason::SharedChoices { shared, of } | Reason::SharedValues { shared, of } if *of > 0 => {
            f64::from(*shared) / f64::from(*of)
        }
        _ => 0.0,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "held between nought and a hundred first"
)]
fn points(score: f64) -> u32 {
    score.clamp(0.0, 100.0).round() as u32
}
