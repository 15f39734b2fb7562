//! Lines of the log in words.

use cs_domain::{Event, Failure, RecordRef, Run, Verdict};
use cs_ports::LogEntry;

use crate::pages::{drifts, shown};
use crate::words::Words;

/// A line of the log, as people read it.
pub(crate) struct Line {
    /// To the second.
    pub(crate) at: String,
    /// What kind of event: the pill's class and its word.
    pub(crate) tone: &'static str,
    pub(crate) kind: String,
    pub(crate) text: String,
    /// The record it is about.
    pub(crate) record: Option<RecordRef>,
    /// What went wrong, where something did: cause and remedy.
    pub(crate) troubles: Vec<Trouble>,
}

/// What went wrong, and what to do.
pub(crate) struct Trouble {
    pub(crate) code: String,
    pub(crate) place: Option<String>,
    pub(crate) cause: String,
    pub(crate) remedy: String,
}

impl Trouble {
    pub(crate) fn of(words: &Words, failure: &Failure) -> Self {
        Self {
            code: failure.code.clone(),
            place: failure.place.clone(),
            cause: shown::cause(words, failure),
            remedy: shown::remedy(words, failure),
        }
    }
}

/// The line in words.
pub(crate) fn line(words: &Words, entry: &LogEntry) -> Line {
    let event = &entry.event;
    Line {
        at: words.precisely(&entry.at),
        tone: tone(event),
        kind: words.say(&format!("log-kind-{}", kind(event).replace('_', "-"))),
        text: text(words, event),
        record: subject(event).cloned(),
        troubles: troubles(words, event),
    }
}

/// The name that machines read.
pub(crate) fn kind(event: &Event) -> &'static str {
    match event {
        Event::RunStarted { .. } => "run_started",
        Event::Recovered { .. } => "recovered",
        Event::Redefined { .. } => "redefined",
        Event::Drifted { .. } => "drifted",
        Event::Pulled { .. } => "pulled",
        Event::Counted { .. } => "counted",
        Event::Searched { .. } => "searched",
        Event::Expecting { .. } => "expecting",
        Event::Written { .. } => "written",
        Event::Recorded { .. } => "recorded",
        Event::GivenUp { .. } => "given_up",
        Event::Renamed { .. } => "renamed",
        Event::Adopted { .. } => "adopted",
        Event::UnitDone { .. } => "unit_done",
        Event::Retrying { .. } => "retrying",
        Event::RunEnded { .. } => "run_ended",
    }
}

fn tone(event: &Event) -> &'static str {
    match event {
        Event::UnitDone { verdict, .. } => verdict_tone(*verdict),
        Event::RunEnded { run } if run.failure.is_some() => "bad",
        Event::RunEnded { run } if run.balance.failed + run.balance.conflicted > 0 => "warn",
        Event::RunEnded { .. } => "good",
        Event::Written { .. } | Event::Recorded { .. } => "busy",
        Event::GivenUp { .. }
        | Event::Retrying { .. }
        | Event::Recovered { .. }
        | Event::Redefined { .. }
        | Event::Drifted { .. } => "warn",
        _ => "quiet",
    }
}

/// The pill of a verdict.
pub(crate) fn verdict_tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Created | Verdict::Updated => "good",
        Verdict::Unchanged | Verdict::Skipped => "quiet",
        Verdict::Conflicted => "warn",
        Verdict::Failed => "bad",
    }
}

/// What a verdict is called.
pub(crate) fn verdict(words: &Words, verdict: Verdict) -> String {
    words.say(match verdict {
        Verdict::Created => "verdict-created",
        Verdict::Updated => "verdict-updated",
        Verdict::Unchanged => "verdict-unchanged",
        Verdict::Skipped => "verdict-skipped",
        Verdict::Conflicted => "verdict-conflicted",
        Verdict::Failed => "verdict-failed",
    })
}

fn subject(event: &Event) -> Option<&RecordRef> {
    match event {
        Event::Written { subject, .. }
        | Event::Recorded { subject, .. }
        | Event::GivenUp { subject, .. }
        | Event::Adopted { subject, .. }
        | Event::UnitDone { subject, .. } => Some(subject),
        _ => None,
    }
}

fn troubles(words: &Words, event: &Event) -> Vec<Trouble> {
    let failures: Vec<&Failure> = match event {
        Event::UnitDone { failures, .. } => failures.iter().collect(),
        Event::Retrying { failure, .. } => vec![failure],
        Event::RunEnded { run } => run.failure.iter().collect(),
        _ => Vec::new(),
    };
    failures.into_iter().map(|failure| Trouble::of(words, failure)).collect()
}

/// What a write did: `create`, `update`, `delete`, `amend`; another word stands for itself.
pub(crate) fn verb(words: &Words, verb: &str) -> String {
    words.said(&format!("verb-{verb}")).unwrap_or_else(|| verb.to_owned())
}

fn text(words: &Words, event: &Event) -> String {
    let record = |record: &RecordRef| shown::record(record);
    match event {
        Event::RunStarted { mapping, .. } => {
            words.tell("log-run-started", &[("mapping", words.of_run(mapping).into())])
        }
        Event::Recovered { settled, dropped } => words.tell(
            "log-recovered",
            &[("settled", words.number(settled).into()), ("dropped", words.number(dropped).into())],
        ),
        Event::Redefined { units } => words.count("log-redefined", units),
        Event::Drifted { drift } => drifts::logged(words, drift),
        Event::Pulled { unit, seen } => words
            .tell("log-pulled", &[("unit", unit.to_string().into()), ("seen", words.number(seen).into())]),
        Event::Counted { unit, seen } => words
            .tell("log-counted", &[("unit", unit.to_string().into()), ("seen", words.number(seen).into())]),
        Event::Searched { unit, role, balance } => words.tell(
            "log-searched",
            &[
                ("unit", unit.to_string().into()),
                ("role", role.to_string().into()),
                ("seen", words.number(&balance.read).into()),
            ],
        ),
        Event::Expecting { units } => words.count("log-expecting", units),
        Event::Written { role, document, verb: done, .. } => words.tell(
            "log-written",
            &[
                ("verb", verb(words, done).into()),
                ("document", record(document).into()),
                ("role", role.to_string().into()),
            ],
        ),
        Event::Recorded { subject, verb: done } => words
            .tell("log-recorded", &[("verb", verb(words, done).into()), ("record", record(subject).into())]),
        Event::GivenUp { role, document, .. } => words.tell(
            "log-given-up",
            &[("document", record(document).into()), ("role", role.to_string().into())],
        ),
        Event::Renamed { from, to } => {
            words.tell("log-renamed", &[("from", record(from).into()), ("to", record(to).into())])
        }
        Event::Adopted { role, document, .. } => words
            .tell("log-adopted", &[("document", record(document).into()), ("role", role.to_string().into())]),
        Event::UnitDone { verdict: result, .. } => verdict(words, *result),
        Event::Retrying { pause_ms, .. } => {
            words.tell("log-retrying", &[("seconds", seconds(*pause_ms).into())])
        }
        Event::RunEnded { run } => ended(words, run),
    }
}

/// Milliseconds as seconds with one place.
fn seconds(milliseconds: u64) -> String {
    format!("{}.{}", milliseconds / 1000, milliseconds % 1000 / 100)
}

fn ended(words: &Words, run: &Run) -> String {
    let balance = &run.balance;
    words.tell(
        "log-run-ended",
        &[
            ("status", words.status(&run.status).into()),
            ("read", words.number(&balance.read).into()),
            ("written", words.number(&(balance.created + balance.updated)).into()),
            ("conflicted", words.number(&balance.conflicted).into()),
            ("failed", words.number(&balance.failed).into()),
        ],
    )
}

#[cfg(test)]
mod tests {
    use cs_domain::{Advice, Balance, RunId};

    use super::*;
    use crate::words::Language;

    fn told(language: Language, event: Event) -> Line {
        let at = "2026-11-22T10:00:00Z".parse().unwrap();
        let entry = LogEntry { sequence: 7, at, run: RunId("20261122-100000-0001".into()), event };
        line(&Words::in_language(language), &entry)
    }

    #[test]
    fn a_write_is_told_in_words_of_both_languages() {
        let event = Event::Written {
            subject: RecordRef::vtiger("SalesOrder", "6x1"),
            role: "card".into(),
            document: RecordRef::frappe("Bank Account", "4111111111111111"),
            verb: "update".to_owned(),
        };
        assert_eq!(told(Language::En, event.clone()).text, "Updated Bank Account ****1111 (card)");
        let line = told(Language::Es, event);
        assert_eq!((line.text.as_str(), line.tone), ("Se actualizó Bank Account ****1111 (card)", "busy"));
        assert_eq!(line.at, "22 nov 2026, 10:00:00");
    }

    #[test]
    fn a_failed_unit_tells_code_cause_and_what_to_do() {
        let failure = Failure {
            code: "delete.brake".to_owned(),
            cause: "25 of 30 linked records were deleted".to_owned(),
            remedy: "company-sync sync --approve-deletes 25".to_owned(),
            advice: Advice::NeedsPerson,
            place: None,
        };
        let event = Event::UnitDone {
            subject: RecordRef::vtiger("SalesOrder", "6x1"),
            verdict: Verdict::Failed,
            failures: vec![failure],
            balance: Balance::default(),
        };
        let line = told(Language::Es, event);
        assert_eq!((line.tone, line.text.as_str()), ("bad", "Con error"));
        let trouble = &line.troubles[0];
        assert_eq!(trouble.code, "delete.brake");
        assert!(trouble.remedy.contains("permiso"), "{}", trouble.remedy);
    }
}
