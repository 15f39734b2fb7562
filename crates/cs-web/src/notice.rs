//! What people who do not look are told of a task's end: a letter in their language.

use cs_domain::mapping::drift::Drift;
use cs_domain::{Failure, RunStatus};
use cs_ports::TaskId;
use serde::Serialize;

use crate::pages::{drifts, shown};
use crate::words::{Language, Words};

/// What people are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// A run ended in an error, or ran out of time.
    RunFailed,
    /// A run stopped before too many deletes.
    Brake,
    /// A report looks unlike the company's earlier ones and waits.
    Drift,
    /// A field that a mapping uses is no longer what it was.
    ChangedField,
    /// Many rows of a report could not be read.
    InvalidShare,
}

impl Occasion {
    fn subject(self) -> &'static str {
        match self {
            Self::RunFailed => "notice-run-failed",
            Self::Brake => "notice-brake",
            Self::Drift => "notice-drift",
            Self::ChangedField => "notice-changed-field",
            Self::InvalidShare => "notice-invalid-share",
        }
    }
}

/// What people are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Of what.
    pub occasion: Occasion,
    /// The task.
    pub task: TaskId,
    /// What it is called.
    pub title: String,
    /// How it ended.
    pub status: RunStatus,
    /// What failed, if anything.
    pub failure: Option<Failure>,
    /// What has changed in a system, where nothing failed for it.
    pub drifts: Vec<Drift>,
    /// The task's page, where the service knows its own address.
    pub page: Option<String>,
}

/// A notice as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// Some lines.
    pub body: String,
}

impl Notice {
    /// The letter in a language.
    pub fn letter(&self, language: Language) -> Letter {
        let words = Words::in_language(language);
        let told = |key: &str, what: String| words.tell(key, &[("what", what.into())]);
        let mut lines = vec![format!("{}: {}", self.title, words.status(&self.status))];
        if let Some(failure) = &self.failure {
            lines.push(told("notice-cause", shown::cause(&words, failure)));
            lines.push(told("notice-remedy", shown::remedy(&words, failure)));
        }
        for drift in &self.drifts {
            lines.push(told("notice-cause", drifts::told(&words, drift)));
            lines.push(told("notice-remedy", drifts::remedy(&words, drift)));
        }
        lines.extend(self.page.clone().map(|page| told("notice-page", page)));
        Letter {
            subject: words.tell(self.occasion.subject(), &[("title", self.title.clone().into())]),
            body: lines.join("\n") + "\n",
        }
    }
}

#[cfg(test)]
mod tests {
    use cs_domain::{Advice, DriftPolicy, System};

    use super::*;

    fn notice() -> Notice {
        Notice {
            occasion: Occasion::RunFailed,
            task: TaskId("20261122-060312-3f9a".into()),
            title: "policy".into(),
            status: RunStatus::Error,
            failure: Some(Failure {
                code: "vtiger.unreachable".into(),
                cause: "connection refused".into(),
                remedy: "Look whether VTiger is up.".into(),
                advice: Advice::RetryLater,
                place: None,
            }),
            drifts: Vec::new(),
            page: Some("https://sync.example.test/sync/policy".into()),
        }
    }

    #[test]
    fn a_letter_speaks_the_language_it_is_asked_for() {
        let letter = notice().letter(Language::En);
        assert_eq!(letter.subject, "Company Sync: policy failed");
        let lines: Vec<&str> = letter.body.lines().collect();
        assert_eq!((lines[0], lines[1]), ("policy: Error", "What happened: connection refused"));
        assert_eq!(lines[3], "See: https://sync.example.test/sync/policy");
        let letter = notice().letter(Language::Es);
        assert_eq!(letter.subject, "Company Sync: policy falló");
        assert!(letter.body.contains("Qué pasó: ") && letter.body.contains("Qué hacer: "), "{}", letter.body);
    }

    #[test]
    fn what_changed_is_told_with_what_to_do() {
        let drift = Drift {
            system: System::Vtiger,
            kind: "Contacts".into(),
            field: Some("department".into()),
            label: "Department".into(),
            change: cs_domain::mapping::drift::DriftChange::FieldVanished,
            unit: "person".into(),
            places: Vec::new(),
            verdict: DriftPolicy::SkipField,
        };
        let occasion = Occasion::ChangedField;
        let letter = Notice { occasion, failure: None, drifts: vec![drift], page: None, ..notice() };
        for language in Language::ALL {
            let body = letter.letter(language).body;
            assert!(body.lines().count() == 3 && body.contains("Department (department)"), "{body}");
        }
    }
}
