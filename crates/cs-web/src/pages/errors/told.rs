//! Causes of failures in words.

use cs_domain::{Advice, Failure};
use cs_ports::{StagedState, TroubledUnit};
use jiff::Timestamp;

use crate::pages::shown;
use crate::words::{Language, Words};
use crate::work::syncs;

/// What the codes of conflicts begin with.
const CONFLICT: &str = "conflict.";

/// A failure as people read it: what its code means, what was said at the time, and what to do.
pub(crate) struct Told {
    pub(crate) code: String,
    pub(crate) place: Option<String>,
    /// What the code means, where the catalogue knows it.
    pub(crate) meaning: Option<String>,
    /// What was said at the time.
    pub(crate) cause: String,
    /// Whether that is English where the page is not.
    pub(crate) is_foreign: bool,
    /// What was said, and what to do, in the program's own words: they say the most, and whoever helps reads them.
    pub(crate) original: Option<(String, String)>,
    pub(crate) remedy: String,
    /// When trying again helps.
    pub(crate) advice: String,
}

impl Told {
    pub(crate) fn of(words: &Words, failure: &Failure) -> Self {
        // What the program says of a conflict is how to decide it in a terminal; here there is a page for it.
        let decided = failure.code.starts_with(CONFLICT);
        let translated = decided || words.language != Language::En;
        let remedy = if translated { shown::remedy(words, failure) } else { failure.remedy.clone() };
        let (cause, is_foreign) = shown::said(words, &failure.cause);
        Self {
            code: failure.code.clone(),
            place: failure.place.clone(),
            meaning: meaning(words, &failure.code),
            original: (words.language != Language::En)
                .then(|| (failure.cause.clone(), failure.remedy.clone())),
            cause,
            is_foreign,
            advice: advice(words, failure.advice),
            remedy,
        }
    }

    /// Whether people decide it under Conflicts.
    pub(crate) fn is_conflict(&self) -> bool {
        self.code.starts_with(CONFLICT)
    }
}

/// What a code means, whichever record it is about.
pub(crate) fn meaning(words: &Words, code: &str) -> Option<String> {
    let key = code.replace(['.', '_'], "-");
    words.said(&format!("trouble-{key}")).or_else(|| words.said(&format!("failure-{key}")))
}

/// When trying again helps.
pub(crate) fn advice(words: &Words, advice: Advice) -> String {
    words.say(match advice {
        Advice::RetryLater => "errors-advice-later",
        Advice::NeedsPerson => "errors-advice-person",
        Advice::NeedsSetup => "errors-advice-setup",
    })
}

/// Whether somebody has to say that its record was really deleted: trying again helps nothing.
pub(crate) fn is_braked(trouble: &TroubledUnit) -> bool {
    trouble.outcome.failures.iter().any(|failure| failure.code == syncs::BRAKE)
}

/// What happens next to a failed unit: pill and words.
pub(crate) fn next(words: &Words, trouble: &TroubledUnit, now: Timestamp) -> (&'static str, String) {
    let outcome = &trouble.outcome;
    // To the store it waits for a run; every run puts it back until somebody approves.
    if is_braked(trouble) {
        return ("warn", words.say("errors-next-approval"));
    }
    match (outcome.state, outcome.not_before.filter(|time| *time > now)) {
        (StagedState::Waiting, Some(time)) => {
            ("wait", words.tell("errors-next-at", &[("when", words.moment(&time).into())]))
        }
        (StagedState::Waiting, None) => ("wait", words.say("errors-next-run")),
        (StagedState::Parked | StagedState::Done, _) => ("warn", words.say("errors-next-person")),
    }
}
