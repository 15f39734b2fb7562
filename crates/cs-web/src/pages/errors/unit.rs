//! One failed unit: why, what was sent, how both sides stand, and another try.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use cs_domain::{MappingName, RecordRef, RunId, System};
use cs_ports::{JournalEntry, TroubledUnit};
use serde::Deserialize;

use super::list::notice;
use super::told::{self, Told};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::pages::labels::Labels;
use crate::pages::records::address;
use crate::pages::records::compare::{Comparison, both_sides};
use crate::pages::runs::Write;
use crate::pages::shown;
use crate::visit::{Answer, Visit, done, page};
use crate::work::errors;

/// Writes that are looked at for what was sent last.
const WRITES: u32 = 40;

/// Which unit.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    mapping: String,
    /// `vtiger` where it is not said.
    system: String,
    kind: String,
    id: String,
    /// Where to go back to after another try.
    back: String,
}

impl Asked {
    fn record(&self) -> RecordRef {
        let system = address::system(&self.system).unwrap_or(System::Vtiger);
        RecordRef { system, kind: self.kind.as_str().into(), id: self.id.as_str().into() }
    }

    /// The unit, where a run went through it.
    async fn find(&self, visit: &Visit) -> Result<TroubledUnit, WebError> {
        let record = self.record();
        let mapping = MappingName::from(self.mapping.as_str());
        let all = visit.web.desk.outcomes_of(&record).await?;
        all.into_iter()
            .find(|trouble| trouble.outcome.key.mapping == mapping)
            .ok_or_else(|| WebError::not_there("unit", shown::record(&record)))
    }
}

#[derive(Template)]
#[template(path = "errors/unit.html")]
struct UnitPage {
    frame: Frame,
    mapping: MappingName,
    subject: RecordRef,
    record: String,
    /// Its page here.
    record_page: Option<String>,
    /// Its page in its own system.
    address: Option<String>,
    failures: Vec<Told>,
    attempts: u64,
    run: RunId,
    next: (&'static str, String),
    /// What was sent by the run that failed, or before it.
    writes: Vec<Write>,
    writes_run: Option<RunId>,
    comparison: Comparison,
    braked: bool,
}

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let trouble = asked.find(&visit).await?;
    let key = &trouble.outcome.key;
    let desk = &visit.web.desk;
    let ties = desk.ties_of(&key.mapping, std::slice::from_ref(&key.subject)).await?;
    let comparison = both_sides(&visit, &key.mapping, &key.subject, &ties).await?;
    let journal = desk.journal_about(&key.subject, WRITES).await?;
    let (writes_run, sent) = last_sent(&key.mapping, journal);
    let numbers = visit.web.office.numbers(&key.mapping).await;
    let labels = Labels::of_writes(&visit, &sent).await?;
    let failures = &trouble.outcome.failures;
    page(&UnitPage {
        frame: visit.titled(Section::Errors, shown::record(&key.subject)),
        mapping: key.mapping.clone(),
        record: shown::record(&key.subject),
        record_page: address::of_record(&key.subject),
        address: visit.web.office.address_of(&key.subject),
        attempts: u64::from(trouble.outcome.attempts),
        next: told::next(&visit.words, &trouble, visit.web.clock.now()),
        braked: told::is_braked(&trouble),
        failures: failures.iter().map(|failure| Told::of(&visit.words, failure)).collect(),
        writes: sent.iter().map(|entry| Write::of(&visit.words, &labels, &numbers, entry)).collect(),
        writes_run,
        comparison,
        subject: key.subject.clone(),
        run: trouble.run.clone(),
    })
}

/// The writes of the latest run that wrote anything of the unit, in the order in which they were sent.
fn last_sent(mapping: &MappingName, journal: Vec<JournalEntry>) -> (Option<RunId>, Vec<JournalEntry>) {
    let mut own: Vec<JournalEntry> =
        journal.into_iter().filter(|entry| entry.intent.mapping == *mapping).collect();
    let run = own.first().map(|entry| entry.intent.run.clone());
    own.retain(|entry| Some(&entry.intent.run) == run.as_ref());
    own.reverse();
    (run, own)
}

pub(super) async fn retry(visit: Visit, Form(asked): Form<Asked>) -> Answer {
    let trouble = asked.find(&visit).await?;
    let key = trouble.outcome.key;
    let retried = errors::retry(&visit, &key).await?;
    let own = address::of_failure(&key.mapping, &key.subject).unwrap_or_else(|| "/errors".to_owned());
    // Only our own list is gone back to.
    let back = if asked.back.starts_with("/errors") { asked.back } else { own };
    done(&back, notice(retried))
}
