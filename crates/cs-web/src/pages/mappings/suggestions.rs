//! Which fields could be which: suggested with why, accepted or not.

use std::collections::BTreeSet;

use axum::extract::Path;
use cs_domain::mapping::edit::MappingEdit;
use cs_domain::mapping::suggest::{Context, Offered, Reason, Suggestion, suggest};
use cs_domain::mapping::{DocumentMapping, FieldRule, Source, UnitMapping};
use cs_domain::policy::Clearing;
use cs_domain::{FieldName, FieldType, KindSchema, MappingName, Record, System};

use super::bench::Bench;
use super::{Where, place, revision};
use crate::error::WebError;
use crate::sent::Sent;
use crate::visit::{Answer, Visit, done};
use crate::words::Words;
use crate::work::mappings;

/// Records of either side that are looked at for values in common.
const SAMPLE: u32 = 100;

/// From this score on a suggestion is ticked, where what the fields hold speaks for it, too.
const LIKELY: u32 = 70;

/// A suggestion as people read it.
pub(super) struct Proposal {
    /// What names it in a form.
    pub(super) key: String,
    pub(super) vtiger: String,
    pub(super) vtiger_label: String,
    pub(super) frappe: String,
    pub(super) frappe_label: String,
    pub(super) arrow: &'static str,
    pub(super) score: u32,
    pub(super) likely: bool,
    /// What speaks for it, in words.
    pub(super) why: Vec<String>,
    /// What would happen to the values on their way.
    pub(super) steps: Vec<String>,
}

/// The suggestions for a document that were not rejected, the best first. A system that does not give samples leaves the names
/// and types to go by.
pub(super) async fn found(
    visit: &Visit,
    bench: &Bench,
    unit: &UnitMapping,
    document: &DocumentMapping,
) -> Vec<Suggestion> {
    let (Some(ours), Some(theirs)) = (bench.vtiger.get(&unit.module), bench.frappe.get(&document.doctype))
    else {
        return Vec::new();
    };
    let mut never: BTreeSet<FieldName> = unit.never_read.clone();
    never.extend(unit.guarded_fields().into_iter().cloned());
    let our_samples = samples(visit, System::Vtiger, ours, &never).await;
    let their_samples = samples(visit, System::Frappe, theirs, &BTreeSet::new()).await;
    let roles = unit.documents.iter().map(|document| document.role.as_str());
    let read = document
        .sources()
        .flat_map(Source::vtiger_fields)
        .map(|field| ours.resolve(field.as_str()).map_or_else(|| field.clone(), |found| found.name.clone()));
    let ruled = document.fields.iter().map(|rule| rule.frappe.clone());
    let context = Context {
        role: document.role.as_str(),
        other_roles: roles.filter(|role| *role != document.role.as_str()).collect(),
        not_vtiger: never.iter().cloned().chain(read).collect(),
        not_frappe: ruled.chain(document.external_id.clone()).collect(),
        region: None,
    };
    let sides = (
        Offered { schema: ours.as_ref(), samples: &our_samples },
        Offered { schema: theirs.as_ref(), samples: &their_samples },
    );
    let rejected = bench.standing.rejected();
    let mut all = suggest(sides.0, sides.1, &context);
    all.retain(|one| !rejected.contains(&remembered(unit, document, one)));
    all
}

async fn samples(
    visit: &Visit,
    system: System,
    schema: &KindSchema,
    never: &BTreeSet<FieldName>,
) -> Vec<Record> {
    let plain = schema.fields.values().filter(|field| {
        !matches!(field.field_type, FieldType::Rows { .. } | FieldType::Other { .. })
            && !never.contains(&field.name)
    });
    let fields: Vec<FieldName> = plain.map(|field| field.name.clone()).collect();
    match visit.web.office.newest(system, &schema.kind, &fields, SAMPLE).await {
        Ok(records) => records.as_ref().clone(),
        Err(error) => {
            tracing::debug!(%system, kind = %schema.kind, %error, "no samples for suggestions");
            Vec::new()
        }
    }
}

fn key(suggestion: &Suggestion) -> String {
    format!("{}/{}", suggestion.vtiger, suggestion.frappe)
}

fn remembered(unit: &UnitMapping, document: &DocumentMapping, suggestion: &Suggestion) -> String {
    format!("{}/{}/{}", unit.name, document.role, key(suggestion))
}

/// A suggestion, as people read it.
pub(super) fn told(
    words: &Words,
    bench: &Bench,
    seat: (&UnitMapping, &DocumentMapping),
    one: &Suggestion,
) -> Proposal {
    let label = |schema: Option<&std::sync::Arc<KindSchema>>, field: &FieldName| {
        let found = schema.and_then(|schema| schema.fields.get(field));
        found.map_or_else(|| field.to_string(), |field| field.label.clone())
    };
    Proposal {
        key: key(one),
        vtiger: one.vtiger.to_string(),
        vtiger_label: label(bench.vtiger.get(&seat.0.module), &one.vtiger),
        frappe: one.frappe.to_string(),
        frappe_label: label(bench.frappe.get(&seat.1.doctype), &one.frappe),
        arrow: super::fields::arrow(one.direction).0,
        score: one.score,
        likely: is_likely(one),
        why: one.reasons.iter().map(|reason| why(words, reason)).collect(),
        steps: super::fields::remarks(words, &rule(one)),
    }
}

/// Names alone do not say that values fit: a company's name is no Company that is there.
fn is_likely(suggestion: &Suggestion) -> bool {
    let fits = |reason: &Reason| {
        matches!(reason, Reason::SameType | Reason::SharedChoices { .. } | Reason::SharedValues { .. })
    };
    suggestion.score >= LIKELY && suggestion.reasons.iter().any(fits)
}

fn why(words: &Words, reason: &Reason) -> String {
    let list = |all: &[String]| all.join(", ");
    let counts =
        |shared: &u32, of: &u32| [("shared", shared.to_string().into()), ("of", of.to_string().into())];
    match reason {
        Reason::SameWords { words: same } => words.tell("mapping-why-same", &[("words", list(same).into())]),
        Reason::SharedWords { words: shared } => {
            words.tell("mapping-why-shared", &[("words", list(shared).into())])
        }
        Reason::Role { role } => words.tell("mapping-why-role", &[("role", role.clone().into())]),
        Reason::OtherRole { role } => words.tell("mapping-why-other-role", &[("role", role.clone().into())]),
        Reason::SameType => words.say("mapping-why-type"),
        Reason::SharedChoices { shared, of } => words.tell("mapping-why-choices", &counts(shared, of)),
        Reason::SharedValues { shared, of } => words.tell("mapping-why-values", &counts(shared, of)),
    }
}

/// The rule that a suggestion would make.
fn rule(suggestion: &Suggestion) -> FieldRule {
    FieldRule {
        frappe: suggestion.frappe.clone(),
        source: Source::Fields { names: vec![suggestion.vtiger.clone()], join: " ".to_owned() },
        transforms: suggestion.transforms.clone(),
        direction: suggestion.direction,
        clearing: Clearing::Keep,
        conflict: None,
        on_create: false,
        deferred: false,
    }
}

/// Accepts or rejects: those that were ticked, one by its own button, or all from a score on.
pub(super) async fn answer(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    let at = Where::of(&sent);
    let bench = Bench::of(&visit, &name, "").await?;
    let (unit, document) = bench.seat(&at).ok_or_else(|| WebError::not_there("document", &at.role))?;
    let all = found(&visit, &bench, unit, document).await;
    let least: Option<u32> = sent.field("above").and_then(|_| sent.text("least").parse().ok());
    let one = sent.field("accept").or(sent.field("reject")).filter(|key| !key.is_empty());
    let chosen: Vec<&Suggestion> = all
        .iter()
        .filter(|suggestion| match (least, one) {
            (Some(least), _) => suggestion.score >= least,
            (None, Some(one)) => key(suggestion) == one,
            (None, None) => sent.ticked("pick").contains(&key(suggestion)),
        })
        .collect();
    let back = format!("{}?{}", place(&name, ""), at.query());
    if chosen.is_empty() {
        return done(&back, "mapping-suggestions-none-chosen");
    }
    if sent.field("reject").is_some() {
        let rejected = chosen.iter().map(|suggestion| remembered(unit, document, suggestion));
        mappings::reject(&visit, &name, revision(&sent), rejected).await?;
        return done(&back, "mapping-suggestions-rejected");
    }
    let edits: Vec<MappingEdit> = chosen
        .into_iter()
        .map(|suggestion| MappingEdit::SetField {
            unit: unit.name.clone(),
            role: document.role.clone(),
            rule: rule(suggestion),
        })
        .collect();
    mappings::edit(&visit, &name, revision(&sent), &edits).await?;
    done(&back, "mapping-suggestions-accepted")
}
