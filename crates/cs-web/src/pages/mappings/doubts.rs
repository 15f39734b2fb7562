//! Pairs whose values will hardly fit, though nothing is wrong with the rule: told before a run fails by them.

use cs_domain::mapping::{DocumentMapping, DocumentPart, FieldRule, Place, Source, Transform, UnitMapping};
use cs_domain::{FieldSchema, FieldType};

use super::bench::{Bench, Told};
use crate::words::Words;

/// Words that are named at most.
const NAMED: usize = 6;

/// What is doubtful about the rules of a mapping.
pub(super) fn doubts(bench: &Bench, words: &Words) -> Vec<Told> {
    let units = bench.mapping().map(|mapping| mapping.units.as_slice()).unwrap_or_default();
    let documents = units.iter().flat_map(|unit| unit.documents.iter().map(move |document| (unit, document)));
    let mut told = Vec::new();
    for (unit, document) in documents {
        for rule in &document.fields {
            let Some((message, help)) = doubt(bench, words, unit, document, rule) else { continue };
            let part = DocumentPart::Field(rule.frappe.clone());
            let place = Place::Document { unit: unit.name.clone(), role: document.role.clone(), part };
            told.push(Told {
                place: Some(place),
                message,
                help: words.say(help),
                line: None,
                bad: false,
                of_systems: true,
            });
        }
    }
    told
}

fn doubt(
    bench: &Bench,
    words: &Words,
    unit: &UnitMapping,
    document: &DocumentMapping,
    rule: &FieldRule,
) -> Option<(String, &'static str)> {
    let Source::Fields { names, .. } = &rule.source else { return None };
    let [name] = names.as_slice() else { return None };
    let exchanged = |one: &Transform| matches!(one, Transform::Map { .. } | Transform::Own(_));
    if !rule.direction.reaches_frappe() || rule.transforms.iter().any(exchanged) {
        return None;
    }
    let ours = bench.vtiger.get(&unit.module)?.resolve(name.as_str())?;
    let theirs = bench.frappe.get(&document.doctype)?.resolve(rule.frappe.as_str())?;
    match (&ours.field_type, &theirs.field_type) {
        (_, FieldType::Choice { values, closed: true }) => closed(words, ours, values),
        (FieldType::Reference { .. }, _) => None,
        (_, FieldType::Reference { kinds }) => {
            let kinds: Vec<&str> = kinds.iter().map(cs_domain::Kind::as_str).collect();
            let message = words.tell("mapping-doubt-link", &[("kinds", kinds.join(", ").into())]);
            Some((message, "mapping-doubt-link-help"))
        }
        _ => None,
    }
}

/// Frappe takes the words of its list alone.
fn closed(words: &Words, ours: &FieldSchema, known: &[String]) -> Option<(String, &'static str)> {
    let FieldType::Choice { values, .. } = &ours.field_type else {
        let message = words.tell("mapping-doubt-free", &[("words", some(known).into())]);
        return Some((message, "mapping-doubt-words-help"));
    };
    let unknown: Vec<String> =
        values.iter().filter(|word| !word.is_empty() && !known.contains(word)).cloned().collect();
    if unknown.is_empty() {
        return None;
    }
    let message = words.tell("mapping-doubt-words", &[("words", some(&unknown).into())]);
    Some((message, "mapping-doubt-words-help"))
}

fn some(all: &[String]) -> String {
    let named: Vec<&str> =
        all.iter().map(String::as_str).filter(|word| !word.is_empty()).take(NAMED).collect();
    let more = if all.len() > NAMED { ", …" } else { "" };
    format!("{}{more}", named.join(", "))
}
