//! What happened to a record: writes, conflicts and decisions, findings, and who tried again; newest first.

use cs_domain::guarded::Numbers;
use cs_domain::{Action, IntentState, RunId, StandingConflict};
use cs_ports::{AuditFilter, FindingChange, FindingQuery, JournalEntry, Right, StandingFinding};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::unit::Unit;
use crate::error::WebError;
use crate::pages::conflicts::told;
use crate::pages::labels::Labels;
use crate::pages::runs::{Field, Write};
use crate::visit::Visit;

/// Writes that are looked at.
const WRITES: u32 = 100;
/// Findings of one order that are looked at.
const FINDINGS: u32 = 20;
/// Entries of the audit log that are looked at.
const ENTRIES: u32 = 50;

/// Something that happened.
pub(super) struct Happened {
    at: Timestamp,
    pub(super) when: String,
    pub(super) tone: &'static str,
    /// What it was: a key of the catalogue.
    pub(super) kind: &'static str,
    pub(super) text: String,
    pub(super) who: Option<String>,
    pub(super) run: Option<RunId>,
    pub(super) fields: Vec<Field>,
    /// Where more is told.
    pub(super) address: Option<String>,
}

/// When a run began, as its name tells.
pub(super) fn began(run: &RunId) -> Option<Timestamp> {
    let stamp = run.0.get(..15)?;
    DateTime::strptime("%Y%m%d-%H%M%S", stamp).ok()?.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp())
}

/// Writes about a unit, latest first.
pub(super) async fn journal(visit: &Visit, unit: &Unit) -> Result<Vec<JournalEntry>, WebError> {
    Ok(visit.web.desk.journal_about(&unit.subject, WRITES).await?)
}

/// The findings about an order, by its number.
pub(super) async fn findings(visit: &Visit, number: &str) -> Result<Vec<StandingFinding>, WebError> {
    let query = FindingQuery { text: Some(number.to_owned()), ..FindingQuery::default() };
    let mut found = visit.web.desk.query_findings(&query, 0, FINDINGS).await?;
    found.retain(|finding| finding.found.salesorder_no.as_deref() == Some(number));
    Ok(found)
}

/// All of it.
pub(super) async fn all(
    visit: &Visit,
    unit: &Unit,
    journal: &[JournalEntry],
    findings: &[StandingFinding],
) -> Result<Vec<Happened>, WebError> {
    let labels = Labels::of_conflicts(visit, &unit.conflicts).await?;
    let telling = Telling { visit, labels, written: Labels::of_writes(visit, journal).await? };
    let mut all = Vec::new();
    for entry in journal {
        let numbers = visit.web.office.numbers(&entry.intent.mapping).await;
        all.push(telling.write(entry, &numbers));
    }
    all.extend(unit.conflicts.iter().flat_map(|conflict| telling.conflict(conflict)));
    for finding in findings {
        all.extend(telling.finding(finding).await?);
    }
    if visit.caller.may(Right::Administer) {
        all.extend(telling.tries(unit).await?);
    }
    all.sort_by_key(|happened| std::cmp::Reverse(happened.at));
    Ok(all)
}

struct Telling<'v> {
    visit: &'v Visit,
    /// Of the fields that conflicts are about, and of those that were written.
    labels: Labels,
    written: Labels,
}

impl Telling<'_> {
    fn happened(&self, at: Timestamp, tone: &'static str, kind: &'static str, text: String) -> Happened {
        let when = self.visit.words.moment(&at);
        Happened { at, when, tone, kind, text, who: None, run: None, fields: Vec::new(), address: None }
    }

    fn write(&self, entry: &JournalEntry, numbers: &Numbers) -> Happened {
        let write = Write::of(&self.visit.words, &self.written, numbers, entry);
        let run = entry.intent.run.clone();
        let tone = match (entry.state, &entry.intent.action) {
            (IntentState::Open, _) => "wait",
            (IntentState::Dropped, _) => "quiet",
            (IntentState::Settled, Action::Delete { .. }) => "warn",
            (IntentState::Settled, _) => "good",
        };
        let role = write.role.map(|role| format!(" ({role})")).unwrap_or_default();
        let state = match entry.state {
            IntentState::Settled => String::new(),
            _ => format!(" · {}", write.state),
        };
        let text = format!("{} {} {}{role}{state}", write.verb, write.system, write.target);
        let at = began(&run).unwrap_or(Timestamp::UNIX_EPOCH);
        Happened {
            run: Some(run),
            fields: write.fields,
            ..self.happened(at, tone, "records-did-write", text)
        }
    }

    fn conflict(&self, standing: &StandingConflict) -> Vec<Happened> {
        let words = &self.visit.words;
        let conflict = &standing.met.conflict;
        let address = Some(format!("/conflicts/{}", standing.met.id));
        let place = told::place(&self.labels, conflict);
        let met = began(&standing.first_run).map(|at| Happened {
            run: Some(standing.first_run.clone()),
            address: address.clone(),
            ..self.happened(at, "warn", "records-did-conflict", told::cause(words, &self.labels, conflict))
        });
        let decided = standing.state.resolution().map(|resolution| Happened {
            who: Some(resolution.by.clone()),
            address: address.clone(),
            ..self.happened(
                resolution.at,
                "good",
                "records-did-decide",
                format!("{place}: {}", told::choice(words, standing, &resolution.choice)),
            )
        });
        met.into_iter().chain(decided).collect()
    }

    async fn finding(&self, finding: &StandingFinding) -> Result<Vec<Happened>, WebError> {
        let office = &self.visit.web.office;
        let language = self.visit.words.language;
        let kind = office.finding_kind(&finding.found.kind, language);
        let address = Some(format!("/scheduler/findings/{}", finding.found.id));
        let mut all = Vec::new();
        if let Some(at) = began(&finding.first_run) {
            let text = office.finding_text(&finding.found, language);
            all.push(Happened {
                run: Some(finding.first_run.clone()),
                address: address.clone(),
                ..self.happened(at, "warn", "records-did-find", format!("{kind}: {text}"))
            });
        }
        for event in self.visit.web.desk.finding_history(&finding.found.id).await? {
            let (mut who, mut said) = (None, String::new());
            let (tone, key) = match event.what {
                FindingChange::Closed => ("quiet", "records-did-close"),
                FindingChange::Reopened => ("warn", "records-did-reopen"),
                FindingChange::Reviewed { review, description, by } => {
                    let both = [review, description].into_iter().filter(|text| !text.is_empty());
                    (who, said) = (by, both.collect::<Vec<_>>().join(" — "));
                    ("good", "records-did-review")
                }
            };
            let text = if said.is_empty() { kind.clone() } else { format!("{kind}: {said}") };
            all.push(Happened {
                who,
                run: event.run,
                address: address.clone(),
                ..self.happened(event.at, tone, key, text)
            });
        }
        Ok(all)
    }

    /// Who tried it again; who changed what is for those who manage people.
    async fn tries(&self, unit: &Unit) -> Result<Vec<Happened>, WebError> {
        let filter = AuditFilter { object: Some(format!("unit {}", unit.subject)), ..AuditFilter::default() };
        let entries = self.visit.web.desk.audit(&filter, None, ENTRIES).await?;
        let tried = |entry: cs_ports::AuditEntry| Happened {
            who: Some(entry.who),
            ..self.happened(entry.at, "quiet", "records-did-retry", self.visit.words.say("action-unit-retry"))
        };
        Ok(entries.into_iter().map(tried).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_s_name_tells_when_it_began() {
        let at = began(&RunId("20261122-060312-3f9a".to_owned()));
        assert_eq!(at, Some("2026-11-22T06:03:12Z".parse().unwrap()));
        assert_eq!(began(&RunId("none".to_owned())), None);
        assert_eq!(began(&RunId("ññññññññññññ".to_owned())), None);
    }
}
