//! The rule of one Frappe field, in full.

mod typed;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query};
use cs_domain::mapping::edit::MappingEdit;
use cs_domain::mapping::{DocumentMapping, FieldRule, UnitMapping};
use cs_domain::{FieldName, FieldSchema, FieldType, KindSchema, MappingName};
use serde::Deserialize;

use super::bench::{Bench, Told};
use super::fields::{holds, plain_rule};
use super::{Where, place, revision};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::sent::Sent;
use crate::slips::{Slips, refused};
use crate::visit::{Answer, Visit, done, page};
use crate::words::Words;
use crate::work::mappings;
use typed::Typed;
pub(super) use typed::{parse_policy, policy, typed_as};

/// The kinds of steps, by the words of the file.
const STEPS: [&str; 9] = ["trim", "upper", "lower", "title", "date", "phone", "part", "default", "last_four"];

/// A field to choose in a list.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) label: String,
}

/// Which rule of which document.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    field: String,
}

#[derive(Template)]
#[template(path = "mappings/rule.html")]
struct RulePage<'b> {
    frame: Frame,
    bench: &'b Bench,
    unit: &'b UnitMapping,
    document: &'b DocumentMapping,
    field: String,
    /// What the Frappe field is called and holds.
    about: Option<(String, String)>,
    typed: Typed,
    /// Whether the field has a rule.
    there: bool,
    ours: Vec<Named>,
    /// The words that VTiger's field and Frappe's know, where they are lists.
    our_words: Vec<String>,
    their_words: Vec<String>,
    /// Documents of other units, `unit/role`.
    elsewhere: Vec<String>,
    told: Vec<&'b Told>,
    slips: Slips,
    above: Vec<String>,
}

impl<'b> RulePage<'b> {
    fn of(
        visit: &Visit,
        bench: &'b Bench,
        at: &Where,
        field: &str,
        sent: Option<Typed>,
        slips: Slips,
    ) -> Result<Self, WebError> {
        let (unit, document) = bench.seat(at).ok_or_else(|| WebError::not_there("document", &at.role))?;
        let frappe = FieldName::new(field);
        let schema = bench.frappe.get(&document.doctype).and_then(|schema| schema.resolve(field));
        let module = bench.vtiger.get(&unit.module);
        let there = document.rule(&frappe);
        let typed = sent.unwrap_or_else(|| Typed::of(there.unwrap_or(&nothing(field))));
        let units = bench.mapping().map(|mapping| mapping.units.as_slice()).unwrap_or_default();
        let others = units.iter().filter(|other| other.name != unit.name);
        let elsewhere = others.flat_map(|other| {
            other.documents.iter().map(move |document| format!("{}/{}", other.name, document.role))
        });
        Ok(Self {
            frame: visit.titled(Section::Mappings, bench.name().to_string()),
            field: field.to_owned(),
            about: schema.map(|schema| about(&visit.words, schema)),
            our_words: typed
                .vtiger
                .first()
                .and_then(|name| module?.resolve(name))
                .map(words_of)
                .unwrap_or_default(),
            their_words: schema.map(words_of).unwrap_or_default(),
            ours: named(module),
            elsewhere: elsewhere.collect(),
            there: there.is_some(),
            told: bench.of_field(&unit.name, &document.role, &frappe),
            above: slips.besides(&["constant", "steps"]).into_iter().map(str::to_owned).collect(),
            bench,
            unit,
            document,
            typed,
            slips,
        })
    }

    /// VTiger's fields that are joined, and one more to join.
    fn sources(&self) -> Vec<&str> {
        let chosen = self.typed.vtiger.iter().map(String::as_str);
        chosen.chain([""]).collect()
    }

    /// The steps there are, and two more.
    fn steps(&self) -> Vec<(&str, &str)> {
        let steps = self.typed.steps.iter().map(|(kind, with)| (kind.as_str(), with.as_str()));
        steps.chain([("", ""), ("", "")]).collect()
    }

    /// Each of VTiger's words with its partner; where its words are not known, those that have one, and three more.
    fn words(&self) -> Vec<(&str, &str)> {
        let pairs = &self.typed.words;
        let partner =
            |word: &str| pairs.iter().find(|(ours, _)| ours == word).map(|(_, theirs)| theirs.as_str());
        // A word that both know is its own partner; where both know the same words, there is nothing to say.
        let own = |word: &str| self.their_words.iter().map(String::as_str).find(|theirs| *theirs == word);
        let differ = self.our_words.iter().any(|word| own(word).is_none());
        let likely = |word| partner(word).or_else(|| own(word).filter(|_| differ)).unwrap_or_default();
        let listed = self.our_words.iter().map(|word| (word.as_str(), likely(word)));
        let besides = pairs.iter().filter(|(ours, _)| !self.our_words.contains(ours));
        let besides = besides.map(|(ours, theirs)| (ours.as_str(), theirs.as_str()));
        listed.chain(besides).chain([("", ""), ("", "")]).collect()
    }

    #[allow(clippy::unused_self, reason = "templates ask their page")]
    fn step_names(&self) -> [&'static str; STEPS.len()] {
        STEPS
    }

    /// Whether VTiger's field is named so, or was by its label.
    #[allow(clippy::unused_self, reason = "templates ask their page")]
    fn is_source(&self, chosen: &str, named: &Named) -> bool {
        named.name == chosen || named.label == chosen
    }

    /// Whether a chosen VTiger field is not among those the system tells of.
    fn is_unknown(&self, chosen: &str) -> bool {
        !chosen.is_empty() && !self.ours.iter().any(|named| self.is_source(chosen, named))
    }
}

/// What a field without a rule begins with.
fn nothing(field: &str) -> FieldRule {
    let rule = plain_rule("", field);
    FieldRule {
        source: cs_domain::mapping::Source::Fields { names: Vec::new(), join: " ".to_owned() },
        ..rule
    }
}

fn about(words: &Words, field: &FieldSchema) -> (String, String) {
    (field.label.clone(), holds(words, &field.field_type))
}

fn words_of(field: &FieldSchema) -> Vec<String> {
    match &field.field_type {
        FieldType::Choice { values, .. } => values.iter().filter(|word| !word.is_empty()).cloned().collect(),
        _ => Vec::new(),
    }
}

/// Every field, by label.
pub(super) fn named(schema: Option<&Arc<KindSchema>>) -> Vec<Named> {
    let fields = schema.into_iter().flat_map(|schema| schema.fields.values());
    let mut all: Vec<Named> =
        fields.map(|field| Named { name: field.name.to_string(), label: field.label.clone() }).collect();
    all.sort_by_cached_key(|field| field.label.to_lowercase());
    all
}

pub(super) async fn show(
    visit: Visit,
    Path(name): Path<MappingName>,
    Query(at): Query<Where>,
    Query(Which { field }): Query<Which>,
) -> Answer {
    let bench = Bench::of(&visit, &name, "").await?;
    page(&RulePage::of(&visit, &bench, &at, &field, None, Slips::default())?)
}

pub(super) async fn save(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    let at = Where::of(&sent);
    let field = sent.text("field").to_owned();
    let typed = Typed::sent(&sent);
    match keep(&visit, &name, &at, &field, &typed, &sent).await {
        Ok(()) => done(&format!("{}?{}", place(&name, ""), at.query()), "mapping-rule-saved"),
        Err(error) => {
            let slips = Slips::caught(error)?;
            let bench = Bench::of(&visit, &name, "").await?;
            refused(&RulePage::of(&visit, &bench, &at, &field, Some(typed), slips)?)
        }
    }
}

async fn keep(
    visit: &Visit,
    name: &MappingName,
    at: &Where,
    field: &str,
    typed: &Typed,
    sent: &Sent,
) -> Result<(), WebError> {
    let bench = Bench::of(visit, name, "").await?;
    let (unit, document) = bench.seat(at).ok_or_else(|| WebError::not_there("document", &at.role))?;
    if document.rule(&FieldName::new(field)).is_some_and(|rule| Typed::of(rule).has_own) {
        return Err(WebError::invalid("steps", visit.words.say("mapping-rule-own")));
    }
    let schema = bench.frappe.get(&document.doctype).and_then(|schema| schema.resolve(field));
    let rule = typed.rule(&visit.words, field, schema)?;
    let edit = MappingEdit::SetField { unit: unit.name.clone(), role: document.role.clone(), rule };
    mappings::edit(visit, name, revision(sent), &[edit]).await?;
    Ok(())
}
