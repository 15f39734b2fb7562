//! "Why this value?": who or what made a field what it is, in which run, from which report, by which rule.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, Query};
use cs_domain::{
    Action, Event, FieldName, IntentState, MappingName, RecordRef, Role, RunId, StandingConflict, System,
    Value, guarded,
};
use cs_ports::{Book, JournalEntry, LogFilter, StandingFinding, Tie};
use jiff::Timestamp;
use serde::Deserialize;

use super::address;
use super::compare::{Comparison, Line, Mark, both_sides};
use super::history::{self, began};
use super::one::{order_number, record};
use super::unit::{self, Owner, Unit};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::pages::conflicts::told;
use crate::pages::labels::Labels;
use crate::pages::shown;
use crate::visit::{Answer, Visit, page};
use crate::work::tasks;

/// Writes that are looked at: of the record, and of a document that it may share.
const WRITES: u32 = 200;
/// Runs that are asked who wanted them and when exactly they wrote.
const RUNS: usize = 5;
/// Lines of a run's log that are looked at for the moment of a write.
const LINES: u32 = 50;
/// Reports of a book that are looked at.
const REPORTS: u32 = 1_000;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    mapping: String,
    /// `owner.last_name`.
    field: String,
}

/// A write of the field.
struct Step {
    at: Timestamp,
    when: String,
    run: RunId,
    who: Option<String>,
    to: System,
    before: Option<String>,
    after: String,
    tone: &'static str,
    state: &'static str,
    settled: bool,
    report: Option<Report>,
}

/// The report that a write came from.
struct Report {
    file: String,
    company: String,
    broker: String,
    /// Its task.
    task: Option<String>,
    /// Sheet and line, where they are known.
    line: Option<String>,
}

/// A decision about the field.
struct Decision {
    id: String,
    text: String,
    decided: Option<String>,
    tone: &'static str,
    state: String,
}

#[derive(Template)]
#[template(path = "records/why.html")]
struct WhyPage {
    frame: Frame,
    record: String,
    back: String,
    field: String,
    /// The short answer, in sentences.
    answer: Vec<String>,
    line: Option<Line>,
    steps: Vec<Step>,
    decisions: Vec<Decision>,
    comparison: Comparison,
}

pub(super) async fn show(
    visit: Visit,
    Path((system, kind, id)): Path<(String, String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let reference = record(&system, &kind, &id)?;
    let Owner::One(unit) = unit::of(&visit, &reference).await? else {
        return Err(WebError::not_there("field", asked.field));
    };
    let mapping = MappingName::from(asked.mapping.as_str());
    let place = unit.places.iter().find(|(name, _)| *name == mapping).or_else(|| unit.places.first());
    let (mapping, ties) = place.ok_or_else(|| WebError::not_there("mapping", &asked.mapping))?;
    let mut comparison = both_sides(&visit, mapping, &unit.subject, ties).await?;
    let finding = Finding::of(&asked.field, ties);
    let journal = finding.journal(&visit, &unit).await?;
    let findings = match order_number(std::slice::from_ref(&comparison), &journal) {
        Some(number) => history::findings(&visit, &number).await?,
        None => Vec::new(),
    };
    let line = take_line(&mut comparison, &asked.field);
    let cells = line.iter().flat_map(|line| &line.vtiger);
    let vtiger: Vec<String> = cells.map(|cell| cell.name.clone()).collect();
    let writes = finding.writes(&journal, &vtiger);
    let document = finding.tie.map(|tie| &tie.link.document);
    let steps = steps(&visit, &unit, document, writes, &findings).await?;
    let labels = Labels::of_conflicts(&visit, &unit.conflicts).await?;
    let decisions = decisions(&visit, &labels, &unit, &finding);
    page(&WhyPage {
        frame: visit.titled(Section::Records, visit.words.say("records-why")),
        record: shown::record(&unit.subject),
        back: address::of_record(&unit.subject).unwrap_or_else(|| "/records".to_owned()),
        answer: answer(&visit, &finding, line.as_ref(), &steps, &decisions),
        field: asked.field,
        line,
        steps,
        decisions,
        comparison,
    })
}

/// Takes the field's line out of the comparison; the rest of it is not shown.
fn take_line(comparison: &mut Comparison, field: &str) -> Option<Line> {
    let groups = std::mem::take(&mut comparison.groups);
    let rest = std::mem::take(&mut comparison.rest);
    let lines = groups.into_iter().flat_map(|group| group.lines).chain(rest);
    let mut lines = lines.filter(|line| line.field.split(", ").any(|name| name == field));
    lines.next()
}

/// What is asked about: a field of a role's document.
struct Finding<'t> {
    role: Role,
    field: FieldName,
    tie: Option<&'t Tie>,
}

/// A write of the field: the entry, what it was and what it became.
struct Found<'j> {
    entry: &'j JournalEntry,
    before: Option<&'j Value>,
    after: &'j Value,
}

impl<'t> Finding<'t> {
    fn of(field: &str, ties: &'t [Tie]) -> Self {
        let (role, field) = field.split_once('.').unwrap_or(("", field));
        let role = Role::from(role);
        let tie = ties.iter().find(|tie| tie.link.role == role);
        Self { role, field: field.into(), tie }
    }

    /// Writes of the record, and those of the document that other records sharing it caused; latest first.
    async fn journal(&self, visit: &Visit, unit: &Unit) -> Result<Vec<JournalEntry>, WebError> {
        let desk = &visit.web.desk;
        let mut journal = desk.journal_about(&unit.subject, WRITES).await?;
        if let Some(tie) = self.tie {
            let known: BTreeSet<_> = journal.iter().map(|entry| entry.intent.id.clone()).collect();
            let others = desk.journal_about(&tie.link.document, WRITES).await?;
            journal.extend(others.into_iter().filter(|entry| !known.contains(&entry.intent.id)));
            journal.sort_by(|a, b| b.intent.id.cmp(&a.intent.id));
        }
        Ok(journal)
    }

    fn writes<'j>(&self, journal: &'j [JournalEntry], vtiger: &[String]) -> Vec<Found<'j>> {
        journal.iter().filter_map(|entry| self.write(entry, vtiger)).collect()
    }

    fn write<'j>(&self, entry: &'j JournalEntry, vtiger: &[String]) -> Option<Found<'j>> {
        let action = &entry.intent.action;
        let (name, after) = match action.system() {
            System::Frappe => {
                let ours = entry.intent.role.as_ref() == Some(&self.role) || self.is_document(action);
                action.written().filter(|_| ours)?.get_key_value(&self.field)?
            }
            System::Vtiger => action.written()?.iter().find(|(name, _)| {
                vtiger.iter().any(|wanted| wanted == name.as_str()) || **name == self.field
            })?,
        };
        let before = match action {
            Action::Update { before, .. } | Action::Amend { before, .. } => before.get(name),
            Action::Create { .. } | Action::Delete { .. } => None,
        };
        Some(Found { entry, before, after })
    }

    fn is_document(&self, action: &Action) -> bool {
        let target = match action {
            Action::Update { target, .. } | Action::Amend { target, .. } => target,
            Action::Create { .. } | Action::Delete { .. } => return false,
        };
        self.tie.is_some_and(|tie| tie.link.document == *target)
    }

    fn is_about(&self, standing: &StandingConflict) -> bool {
        let conflict = &standing.met.conflict;
        *conflict.role() == self.role && conflict.field().is_none_or(|field| *field == self.field)
    }
}

async fn steps(
    visit: &Visit,
    unit: &Unit,
    document: Option<&RecordRef>,
    writes: Vec<Found<'_>>,
    findings: &[StandingFinding],
) -> Result<Vec<Step>, WebError> {
    let words = &visit.words;
    // On whichever side it was written: a number of an account is one.
    let said = |value: &Value| match document {
        Some(document) => shown::value_of(words, document.system, &document.kind, value),
        None => shown::value(words, &guarded::reduced(value)),
    };
    let mut steps = Vec::new();
    for (number, found) in writes.into_iter().enumerate() {
        let Found { entry, before, after } = found;
        let run = entry.intent.run.clone();
        let (mut at, mut who, mut report) = (began(&run).unwrap_or(Timestamp::UNIX_EPOCH), None, None);
        if number < RUNS {
            at = moment(visit, &run, &unit.subject).await?.unwrap_or(at);
            let task = tasks::of_run(visit, &run).await?;
            who = task.as_ref().map(|task| task.asked_by.clone());
            report = of_report(visit, entry, findings, task.map(|task| task.id.to_string())).await?;
        }
        let (tone, state) = match entry.state {
            IntentState::Open => ("wait", "writes-open"),
            IntentState::Settled => ("good", "writes-settled"),
            IntentState::Dropped => ("quiet", "writes-dropped"),
        };
        steps.push(Step {
            when: words.precisely(&at),
            at,
            run,
            who,
            to: entry.intent.action.system(),
            before: before.map(said),
            after: said(after),
            tone,
            state,
            settled: entry.state == IntentState::Settled,
            report,
        });
    }
    Ok(steps)
}

/// When a run wrote something of this record, as its log tells.
async fn moment(visit: &Visit, run: &RunId, subject: &RecordRef) -> Result<Option<Timestamp>, WebError> {
    let filter = LogFilter {
        run: Some(run.clone()),
        kinds: Some(vec!["written".to_owned(), "recorded".to_owned()]),
        text: Some(subject.id.to_string()),
    };
    let lines = visit.web.desk.log_before(&filter, None, LINES).await?;
    let is_of = |event: &Event| match event {
        Event::Written { subject: of, .. } | Event::Recorded { subject: of, .. } => of == subject,
        _ => false,
    };
    Ok(lines.into_iter().find(|line| is_of(&line.event)).map(|line| line.at))
}

/// The report that a company's run read, with the row where a finding of the order names it.
async fn of_report(
    visit: &Visit,
    entry: &JournalEntry,
    findings: &[StandingFinding],
    task: Option<String>,
) -> Result<Option<Report>, WebError> {
    let intent = &entry.intent;
    let Some(company) = intent.mapping.as_str().strip_prefix("company/") else { return Ok(None) };
    let book = Book { company: company.to_owned(), broker: intent.unit.to_string() };
    let reports = visit.web.desk.reports(&book, REPORTS).await?;
    let file = reports.into_iter().find(|report| report.run == intent.run).map(|report| report.file);
    let of_run =
        |finding: &&StandingFinding| finding.first_run == intent.run || finding.last_run == intent.run;
    let place = findings.iter().filter(of_run).find_map(|finding| finding.found.place.clone());
    let companies = visit.web.office.companies().await?;
    let name = companies.into_iter().find(|about| about.key == company).map(|about| about.name);
    Ok(Some(Report {
        file: file.unwrap_or_default(),
        company: name.unwrap_or_else(|| company.to_owned()),
        broker: book.broker,
        task,
        line: place.map(
            |(sheet, line)| if sheet.is_empty() { line.to_string() } else { format!("{sheet}: {line}") },
        ),
    }))
}

fn decisions(visit: &Visit, labels: &Labels, unit: &Unit, finding: &Finding<'_>) -> Vec<Decision> {
    let words = &visit.words;
    let about = unit.conflicts.iter().filter(|standing| finding.is_about(standing));
    about
        .map(|standing| {
            let (tone, state) = told::state(words, &standing.state);
            Decision {
                id: standing.met.id.to_string(),
                text: told::cause(words, labels, &standing.met.conflict),
                decided: told::decided(words, standing),
                tone,
                state,
            }
        })
        .collect()
}

/// The short answer.
fn answer(
    visit: &Visit,
    finding: &Finding<'_>,
    line: Option<&Line>,
    steps: &[Step],
    decisions: &[Decision],
) -> Vec<String> {
    let words = &visit.words;
    let mut said = Vec::new();
    match line.map(|line| line.mark) {
        Some(Mark::FrappeMoved) => said.push(words.say("records-why-frappe-moved")),
        Some(Mark::VtigerMoved) => said.push(words.say("records-why-vtiger-moved")),
        Some(Mark::Apart) => said.push(words.say("records-why-apart")),
        Some(Mark::InStep | Mark::Open) | None => {}
    }
    said.push(match (steps.iter().find(|step| step.settled), &finding.tie) {
        (Some(step), _) => told_step(visit, step),
        (None, Some(_)) => words.say("records-why-never-written"),
        (None, None) => words.say("records-why-not-linked"),
    });
    said.extend(
        decisions
            .iter()
            .find_map(|decision| decision.decided.clone())
            .map(|decided| words.tell("records-why-decided", &[("decided", decided.into())])),
    );
    said
}

fn told_step(visit: &Visit, step: &Step) -> String {
    let words = &visit.words;
    let when = words.moment(&step.at);
    let to = step.to.to_string();
    if let Some(report) = &step.report {
        let parameters = [
            ("when", when.into()),
            ("file", report.file.clone().into()),
            ("company", report.company.clone().into()),
            ("broker", report.broker.clone().into()),
            ("value", step.after.clone().into()),
        ];
        return words.tell("records-why-report", &parameters);
    }
    let parameters = [
        ("when", when.into()),
        ("to", to.into()),
        ("from", step.to.other().to_string().into()),
        ("value", step.after.clone().into()),
    ];
    words.tell("records-why-written", &parameters)
}
