//! One record: both sides as they are now, what stands in the way, and what happened to it.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use cs_domain::{RecordRef, Verdict};
use cs_ports::{FindingState, JournalEntry, StandingFinding};

use super::address;
use super::compare::{Comparison, both_sides};
use super::history::{self, Happened};
use super::unit::{self, Owner, Unit};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::pages::conflicts::told as conflicts;
use crate::pages::errors::told::Told;
use crate::pages::labels::Labels;
use crate::pages::runs::told::{verdict, verdict_tone};
use crate::pages::shown;
use crate::visit::{Answer, Visit, page};
use crate::work::conflicts::waits;

/// The field in which VTiger keeps an order's number; companies' reports name orders by it.
const ORDER_NUMBER: &str = "salesorder_no";

/// How a unit ended in a mapping.
struct Standing {
    mapping: String,
    tone: &'static str,
    verdict: String,
    run: String,
    failures: Vec<Told>,
    /// The page of its failure.
    address: Option<String>,
}

/// A conflict that waits.
struct Waiting {
    id: String,
    place: String,
    kind: String,
    cause: String,
    tone: &'static str,
    state: String,
}

/// A finding about the order.
struct Found {
    id: String,
    kind: String,
    text: String,
    review: String,
    open: bool,
}

#[derive(Template)]
#[template(path = "records/one.html")]
struct RecordPage {
    frame: Frame,
    subject: RecordRef,
    /// Its page in its own system.
    address: Option<String>,
    standings: Vec<Standing>,
    conflicts: Vec<Waiting>,
    findings: Vec<Found>,
    comparisons: Vec<Comparison>,
    history: Vec<Happened>,
}

#[derive(Template)]
#[template(path = "records/shared.html")]
struct SharedPage {
    frame: Frame,
    /// The document's page in Frappe.
    address: Option<String>,
    /// The records that share it.
    records: Vec<(String, Option<String>)>,
}

/// A record from an address.
pub(super) fn record(system: &str, kind: &str, id: &str) -> Result<RecordRef, WebError> {
    let system = address::system(system).ok_or_else(|| WebError::not_there("system", system))?;
    Ok(RecordRef { system, kind: kind.into(), id: id.into() })
}

pub(super) async fn show(visit: Visit, Path((system, kind, id)): Path<(String, String, String)>) -> Answer {
    let asked = record(&system, &kind, &id)?;
    match unit::of(&visit, &asked).await? {
        Owner::Several(subjects) => page(&SharedPage {
            frame: visit.titled(Section::Records, shown::record(&asked)),
            address: visit.web.office.address_of(&asked),
            records: subjects
                .iter()
                .map(|subject| (shown::record(subject), address::of_record(subject)))
                .collect(),
        }),
        Owner::One(unit) if unit.subject != asked => {
            let own = address::of_record(&unit.subject);
            let own = own.ok_or_else(|| WebError::not_there("record", shown::record(&asked)))?;
            Ok(Redirect::to(&own).into_response())
        }
        Owner::One(unit) => of_unit(&visit, &unit).await,
    }
}

async fn of_unit(visit: &Visit, unit: &Unit) -> Answer {
    let mut comparisons = Vec::new();
    for (mapping, ties) in &unit.places {
        comparisons.push(both_sides(visit, mapping, &unit.subject, ties).await?);
    }
    let journal = history::journal(visit, unit).await?;
    let findings = match order_number(&comparisons, &journal) {
        Some(number) => history::findings(visit, &number).await?,
        None => Vec::new(),
    };
    let labels = Labels::of_conflicts(visit, &unit.conflicts).await?;
    page(&RecordPage {
        frame: visit.titled(Section::Records, shown::record(&unit.subject)),
        address: visit.web.office.address_of(&unit.subject),
        standings: standings(visit, unit),
        conflicts: waiting(visit, &labels, unit),
        findings: findings.iter().map(|finding| found(visit, finding)).collect(),
        history: history::all(visit, unit, &journal, &findings).await?,
        comparisons,
        subject: unit.subject.clone(),
    })
}

/// The order's number: as VTiger tells it now, or as it was told when a report moved the order.
pub(super) fn order_number(comparisons: &[Comparison], journal: &[JournalEntry]) -> Option<String> {
    let lines =
        comparisons.iter().flat_map(|one| one.groups.iter().flat_map(|group| &group.lines).chain(&one.rest));
    let told = lines
        .flat_map(|line| &line.vtiger)
        .find(|cell| cell.name == ORDER_NUMBER)
        .map(|cell| cell.value.clone());
    told.or_else(|| {
        journal.iter().find_map(|entry| match &entry.intent.action {
            cs_domain::Action::Update { before, .. } => {
                before.get(ORDER_NUMBER).map(cs_domain::Value::plain).filter(|number| !number.is_empty())
            }
            _ => None,
        })
    })
}

fn standings(visit: &Visit, unit: &Unit) -> Vec<Standing> {
    let words = &visit.words;
    unit.outcomes
        .iter()
        .map(|trouble| {
            let outcome = &trouble.outcome;
            let mapping = &outcome.key.mapping;
            // What waits for a decision stands among the conflicts.
            let failed = outcome.verdict == Verdict::Failed;
            let failures = outcome.failures.iter().filter(|_| failed);
            Standing {
                tone: verdict_tone(outcome.verdict),
                verdict: verdict(words, outcome.verdict),
                run: trouble.run.to_string(),
                failures: failures.map(|failure| Told::of(words, failure)).collect(),
                address: address::of_failure(mapping, &unit.subject).filter(|_| failed),
                mapping: mapping.to_string(),
            }
        })
        .collect()
}

fn waiting(visit: &Visit, labels: &Labels, unit: &Unit) -> Vec<Waiting> {
    let words = &visit.words;
    let waiting = unit.conflicts.iter().filter(|standing| waits(standing));
    waiting
        .map(|standing| {
            let (tone, state) = conflicts::state(words, &standing.state);
            let conflict = &standing.met.conflict;
            Waiting {
                id: standing.met.id.to_string(),
                place: conflicts::place(labels, conflict),
                kind: conflicts::kind(words, conflict),
                cause: conflicts::cause(words, labels, conflict),
                tone,
                state,
            }
        })
        .collect()
}

fn found(visit: &Visit, finding: &StandingFinding) -> Found {
    let office = &visit.web.office;
    let language = visit.words.language;
    Found {
        id: finding.found.id.to_string(),
        kind: office.finding_kind(&finding.found.kind, language),
        text: office.finding_text(&finding.found, language),
        review: finding.review.clone(),
        open: finding.state == FindingState::Open,
    }
}
