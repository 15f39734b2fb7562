//! Telling people who do not look: by e-mail and by a request to an address of theirs. Which ends of tasks are worth it is
//! decided here, purely; sending happens beside everything else, so that a mail server that does not answer holds up nobody.

mod email;
mod webhook;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use cs_domain::mapping::drift::Drift;
use cs_domain::{Event, RunStatus};
use cs_ports::{Task, TaskId, TaskObserver, Work};
use cs_web::{Notice, Occasion};
use tokio::sync::mpsc;

use crate::config::Notifications;
use crate::office::Office;
use crate::posting;

/// The code of units that wait because too many were deleted at once (`cs-engine`, departures).
const BRAKE: &str = "delete.brake";

/// The code of a report that the drift sentinel holds (`cs-engine`, judgement).
const HELD: &str = "reconcile.held";

/// The code of a run that stopped at something that has changed in a system (`cs-engine`, drift).
const DRIFTED: &str = "mapping.drifted";

/// What was seen of a task while it ran.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seen {
    /// Units of it wait because too many were deleted.
    braked: bool,
    /// What has changed in a system and was not told before.
    drifted: Vec<Drift>,
}

/// What a task's end is an occasion for, if anything.
fn occasion(task: &Task, seen: &Seen) -> Option<Occasion> {
    let code = task.failure.as_ref().map(|failure| failure.code.as_str());
    match task.status {
        RunStatus::Pending | RunStatus::InProgress | RunStatus::Cancelled => None,
        _ if seen.braked || code == Some(BRAKE) => Some(Occasion::Brake),
        _ if code == Some(DRIFTED) => Some(Occasion::ChangedField),
        _ if code == Some(HELD) => Some(Occasion::Drift),
        _ if is_hard_to_read(task) => Some(Occasion::InvalidShare),
        RunStatus::Error | RunStatus::TimedOut => Some(Occasion::RunFailed),
        RunStatus::Success | RunStatus::PartialSuccess => {
            (!seen.drifted.is_empty()).then_some(Occasion::ChangedField)
        }
    }
}

/// Of a hundred rows, how many may be unreadable before somebody is told: a changed column shows so.
const UNREADABLE_PERCENT: u64 = 5;

/// Whether many of a report's rows could not be read.
fn is_hard_to_read(task: &Task) -> bool {
    let number = |place: &str| task.outcome.pointer(place).and_then(serde_json::Value::as_u64).unwrap_or(0);
    number("/totals/findings/invalid_row") * 100 > number("/totals/rows_read") * UNREADABLE_PERCENT
}

fn is_wanted(wanted: &Notifications, occasion: Occasion) -> bool {
    match occasion {
        Occasion::RunFailed => wanted.run_failed,
        Occasion::Brake => wanted.brake,
        Occasion::Drift | Occasion::ChangedField => wanted.drift,
        Occasion::InvalidShare => wanted.invalid_share,
    }
}

/// Follows tasks, and hands what is worth telling to [`send`].
pub(crate) struct Alerts {
    seen: Mutex<BTreeMap<TaskId, Seen>>,
    /// Changes that were told: a run that goes on with one tells it again and again.
    told: Mutex<BTreeSet<String>>,
    office: Arc<Office>,
    sender: mpsc::UnboundedSender<Notice>,
}

impl Alerts {
    /// Alerts, and where they come out.
    pub(crate) fn new(office: Arc<Office>) -> (Self, mpsc::UnboundedReceiver<Notice>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self { seen: Mutex::default(), told: Mutex::default(), office, sender }, receiver)
    }
}

impl TaskObserver for Alerts {
    fn task(&self, task: &Task) {
        if !task.status.is_final() {
            return;
        }
        let seen =
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(&task.id).unwrap_or_default();
        let config = self.office.config();
        let Some(occasion) = occasion(task, &seen) else { return };
        if is_wanted(&config.service.notifications, occasion) {
            // Where nobody sends any more, the program is ending.
            let _ = self.sender.send(notice(task, occasion, &seen, config.service.public_url.as_deref()));
        }
    }

    fn event(&self, task: &TaskId, event: &Event) {
        match event {
            Event::UnitDone { failures, .. } if failures.iter().any(|failure| failure.code == BRAKE) => {
                self.note(task, |seen| seen.braked = true);
            }
            Event::Drifted { drift } => {
                let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
                if told.insert(format!("{}: {drift}", drift.unit)) {
                    self.note(task, |seen| seen.drifted.push(Drift::clone(drift)));
                }
            }
            _ => {}
        }
    }
}

impl Alerts {
    fn note(&self, task: &TaskId, note: impl FnOnce(&mut Seen)) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        note(seen.entry(task.clone()).or_default());
    }
}

fn notice(task: &Task, occasion: Occasion, seen: &Seen, public_url: Option<&str>) -> Notice {
    let place = match &task.work {
        Work::Sync { mapping, .. } | Work::Apply { mapping, .. } => format!("sync/{mapping}"),
        Work::Pair { mapping, .. } => format!("mappings/{mapping}/linking"),
        Work::Reconcile { .. } | Work::Undo { .. } => format!("scheduler/{}", task.id),
    };
    Notice {
        occasion,
        task: task.id.clone(),
        title: task.title.clone(),
        status: task.status,
        failure: task.failure.clone(),
        drifts: if task.failure.is_none() { seen.drifted.clone() } else { Vec::new() },
        page: public_url.map(|url| format!("{}/{place}", url.trim_end_matches('/'))),
    }
}

/// Sends alerts as they come, as the settings say at that moment. What cannot be sent is written to the program's own log.
pub(crate) async fn send(office: Arc<Office>, mut notices: mpsc::UnboundedReceiver<Notice>) {
    while let Some(notice) = notices.recv().await {
        let config = office.config();
        let wanted = &config.service.notifications;
        let letter = notice.letter(written(config.service.language));
        if let Some(email) = &wanted.email
            && let Err(error) = email::send(email, &letter).await
        {
            let error: &dyn std::error::Error = &error;
            tracing::error!(error, task = %notice.task, "an alert could not be sent by e-mail");
        }
        if let Some(url) = &wanted.webhook
            && let Err(error) = posting::post(url, &webhook::body(&notice)).await
        {
            let error: &dyn std::error::Error = &error;
            tracing::error!(error, task = %notice.task, "an alert could not be sent to its address");
        }
    }
}

/// The language that letters are written in: the one of people who chose none.
fn written(language: cs_companies::Language) -> cs_web::Language {
    match language {
        cs_companies::Language::En => cs_web::Language::En,
        cs_companies::Language::Es => cs_web::Language::Es,
    }
}

#[cfg(test)]
mod tests {
    use cs_domain::{Advice, Balance, Failure, RunId};
    use cs_ports::Work;
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    fn task(status: RunStatus, code: Option<&str>, outcome: serde_json::Value) -> Task {
        Task {
            id: TaskId("20261122-060312-3f9a".into()),
            title: "oscar/BS Sync on 2026-11-22".into(),
            work: Work::Undo { run: RunId("20261122-050000-0001".into()) },
            status,
            asked_by: "ana@example.test".into(),
            asked: Timestamp::UNIX_EPOCH,
            started: None,
            ended: None,
            not_before: None,
            attempts: 1,
            attempts_allowed: 1,
            time_limit: 60,
            cancel: false,
            run: None,
            expected: 0,
            balance: Balance::default(),
            reached: 0,
            failure: code.map(|code| Failure {
                code: code.into(),
                cause: String::new(),
                remedy: String::new(),
                advice: Advice::NeedsPerson,
                place: None,
            }),
            outcome,
        }
    }

    #[test]
    fn ends_worth_telling_of_are_told_apart() {
        let rows =
            |invalid: u64| json!({ "totals": { "rows_read": 100, "findings": { "invalid_row": invalid } } });
        let (five, six) = (rows(5), rows(6));
        let none = serde_json::Value::Null;
        let cases = [
            (RunStatus::Success, None, &none, false, None),
            (RunStatus::PartialSuccess, None, &none, false, None),
            (RunStatus::PartialSuccess, None, &none, true, Some(Occasion::Brake)),
            (RunStatus::Error, Some("vtiger.unreachable"), &none, false, Some(Occasion::RunFailed)),
            (RunStatus::TimedOut, Some("run.timed_out"), &none, false, Some(Occasion::RunFailed)),
            (RunStatus::Cancelled, Some("run.cancelled"), &none, false, None),
            (RunStatus::Error, Some(DRIFTED), &none, false, Some(Occasion::ChangedField)),
            (RunStatus::Error, Some(HELD), &none, false, Some(Occasion::Drift)),
            (RunStatus::Success, None, &five, false, None),
            (RunStatus::Success, None, &six, false, Some(Occasion::InvalidShare)),
        ];
        for (status, code, outcome, braked, expected) in cases {
            let seen = Seen { braked, drifted: Vec::new() };
            assert_eq!(occasion(&task(status, code, outcome.clone()), &seen), expected, "{status} {code:?}");
        }
    }

    #[test]
    fn a_run_that_goes_on_with_a_changed_field_is_worth_telling_of() {
        let drift = Drift {
            system: cs_domain::System::Vtiger,
            kind: "Contacts".into(),
            field: Some("department".into()),
            label: "Department".into(),
            change: cs_domain::mapping::drift::DriftChange::FieldVanished,
            unit: "person".into(),
            places: Vec::new(),
            verdict: cs_domain::DriftPolicy::SkipField,
        };
        let task = task(RunStatus::Success, None, serde_json::Value::Null);
        let seen = Seen { braked: false, drifted: vec![drift] };
        assert_eq!(occasion(&task, &seen), Some(Occasion::ChangedField));
        let told = notice(&task, Occasion::ChangedField, &seen, Some("https://sync.example.test/"));
        assert_eq!((told.failure, told.drifts), (None, seen.drifted));
        assert_eq!(told.page.as_deref(), Some("https://sync.example.test/scheduler/20261122-060312-3f9a"));
    }
}
