//! A plan as people read it: what each document would get, before and after.

use cs_domain::guarded::Numbers;
use cs_domain::plan::{Act, Change, Conflict, Plan, SkipReason, Step, VtigerStep};
use cs_domain::{Kind, RecordRef, System, Verdict};

use crate::pages::conflicts::told;
use crate::pages::labels::Labels;
use crate::pages::runs::told::{Trouble, verdict_tone};
use crate::pages::shown;
use crate::words::Words;

/// What would happen to one unit.
pub(crate) struct Unit {
    pub(crate) subject: RecordRef,
    pub(crate) tone: &'static str,
    pub(crate) verdict: String,
    /// Why it would be left out, or which side's delete it follows.
    pub(crate) remark: Option<String>,
    pub(crate) steps: Vec<Shown>,
    /// What somebody has to decide.
    pub(crate) conflicts: Vec<String>,
    pub(crate) failures: Vec<Trouble>,
}

/// One write.
pub(crate) struct Shown {
    pub(crate) tone: &'static str,
    pub(crate) verb: String,
    pub(crate) system: System,
    pub(crate) target: String,
    pub(crate) role: Option<String>,
    pub(crate) changes: Vec<Changed>,
}

/// One field.
pub(crate) struct Changed {
    /// What it is called.
    pub(crate) label: String,
    /// Its API name.
    pub(crate) field: String,
    pub(crate) before: Option<String>,
    pub(crate) after: String,
}

/// Whether something would be deleted.
pub(crate) fn deletes(plan: &Plan) -> bool {
    matches!(plan.vtiger, Some(VtigerStep::Delete { .. }))
        || plan.steps.iter().any(|step| matches!(step.act, Act::Delete { .. }))
}

impl Shown {
    /// Whether its fields are told only to whoever asks: a new document has nothing to compare with.
    pub(crate) fn folds(&self) -> bool {
        self.changes.len() > 3 && self.changes.iter().all(|change| change.before.is_none())
    }
}

impl Unit {
    /// Numbers of accounts and cards show their last digits.
    pub(crate) fn of(words: &Words, labels: &Labels, numbers: &Numbers, plan: &Plan) -> Self {
        let plan = &numbers.plan(plan);
        let result = plan.verdict();
        let record = plan.vtiger.iter().map(|step| record_step(words, labels, &plan.subject.kind, step));
        let documents = plan.steps.iter().map(|step| document_step(words, labels, step));
        Self {
            subject: plan.subject.clone(),
            tone: verdict_tone(result),
            verdict: would(words, result),
            remark: remark(words, plan),
            steps: record.chain(documents).collect(),
            conflicts: plan.conflicts.iter().map(|conflict| disputed(words, labels, conflict)).collect(),
            failures: plan.failures.iter().map(|failure| Trouble::of(words, failure)).collect(),
        }
    }
}

/// What somebody has to decide; about a field, by its name.
fn disputed(words: &Words, labels: &Labels, conflict: &Conflict) -> String {
    let cause = told::cause(words, labels, conflict);
    match conflict {
        Conflict::Field { .. } => format!("{}. {cause}", told::place(labels, conflict)),
        _ => cause,
    }
}

/// What would become of the unit.
fn would(words: &Words, verdict: Verdict) -> String {
    words.say(match verdict {
        Verdict::Created => "plan-unit-created",
        Verdict::Updated => "plan-unit-updated",
        Verdict::Failed => "plan-unit-failed",
        Verdict::Unchanged => "verdict-unchanged",
        Verdict::Skipped => "verdict-skipped",
        Verdict::Conflicted => "verdict-conflicted",
    })
}

fn remark(words: &Words, plan: &Plan) -> Option<String> {
    if let Some(side) = plan.departure {
        return Some(words.tell("plan-departure", &[("system", side.to_string().into())]));
    }
    plan.skipped.map(|reason| {
        words.say(match reason {
            SkipReason::NotSelected => "plan-not-selected",
            SkipReason::NotThere => "plan-not-there",
            SkipReason::NotNew => "plan-not-new",
        })
    })
}

fn record_step(words: &Words, labels: &Labels, subject: &Kind, step: &VtigerStep) -> Shown {
    let module = match step {
        VtigerStep::Create { module, .. } => module,
        VtigerStep::Revise { .. } | VtigerStep::Delete { .. } => subject,
    };
    let (tone, verb, target, changes): (_, _, _, &[Change]) = match step {
        VtigerStep::Revise { target, changes, .. } => ("busy", "plan-update", shown::record(target), changes),
        VtigerStep::Create { module, changes, .. } => ("good", "plan-create", module.to_string(), changes),
        VtigerStep::Delete { target, .. } => ("bad", "plan-delete", shown::record(target), &[]),
    };
    Shown {
        tone,
        verb: words.say(verb),
        system: System::Vtiger,
        target,
        role: None,
        changes: changes
            .iter()
            .map(|change| changed(words, labels, (System::Vtiger, module), change))
            .collect(),
    }
}

fn document_step(words: &Words, labels: &Labels, step: &Step) -> Shown {
    let named = |target: &RecordRef| shown::record(target);
    let (tone, verb, target) = match &step.act {
        Act::Create { .. } => ("good", "plan-create", step.doctype.to_string()),
        Act::Link { target, .. } => ("quiet", "plan-link", named(target)),
        Act::Update { target, .. } => ("busy", "plan-update", named(target)),
        Act::Finish => ("busy", "plan-finish", step.doctype.to_string()),
        Act::Amend { target, .. } => ("warn", "plan-amend", named(target)),
        Act::Delete { target, .. } => ("bad", "plan-delete", named(target)),
        Act::Unlink { target } => ("warn", "plan-unlink", named(target)),
    };
    Shown {
        tone,
        verb: words.say(verb),
        system: System::Frappe,
        target,
        role: Some(step.role.to_string()),
        changes: step
            .changes
            .iter()
            .map(|change| changed(words, labels, (System::Frappe, &step.doctype), change))
            .collect(),
    }
}

fn changed(words: &Words, labels: &Labels, (system, kind): (System, &Kind), change: &Change) -> Changed {
    Changed {
        label: labels.field(system, kind, &change.field),
        field: change.field.to_string(),
        before: change.before.as_ref().map(|before| shown::value(words, before)),
        after: shown::planned(words, &change.after),
    }
}
