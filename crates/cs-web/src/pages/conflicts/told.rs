//! Conflicts in words.

use cs_domain::plan::Conflict;
use cs_domain::{Choice, ConflictState, FieldName, RecordRef, StandingConflict, Value};

use crate::pages::labels::Labels;
use crate::pages::shown;
use crate::words::Words;

/// What it is about: a field of a document's role, or the role.
pub(crate) fn place(labels: &Labels, conflict: &Conflict) -> String {
    match conflict.field() {
        Some(field) => format!("{}: {}", conflict.role(), labels.of_document(conflict, field)),
        None => conflict.role().to_string(),
    }
}

/// A value that a conflict is about, as its document may be shown: the other side holds the same fact.
pub(crate) fn value(words: &Words, conflict: &Conflict, value: &Value) -> String {
    match conflict {
        Conflict::Field { document, .. }
        | Conflict::Shared { document, .. }
        | Conflict::Submitted { document, .. }
        | Conflict::DeleteEdit { document, .. } => {
            shown::value_of(words, document.system, &document.kind, value)
        }
        Conflict::Ambiguous { .. } | Conflict::Taken { .. } => shown::value(words, value),
    }
}

/// The conflict's kind, in a few words.
pub(crate) fn kind(words: &Words, conflict: &Conflict) -> String {
    words.say(&format!("conflict-kind-{}", key(conflict)))
}

fn key(conflict: &Conflict) -> &'static str {
    match conflict {
        Conflict::Ambiguous { .. } => "ambiguous",
        Conflict::Taken { .. } => "taken",
        Conflict::Shared { .. } => "shared",
        Conflict::DeleteEdit { .. } => "delete-edit",
        Conflict::Submitted { .. } => "submitted",
        Conflict::Field { .. } => "field",
    }
}

/// What happened, in a sentence.
pub(crate) fn cause(words: &Words, labels: &Labels, conflict: &Conflict) -> String {
    let record = |record: &RecordRef| shown::record(record).into();
    let place = place(labels, conflict).into();
    let listed = |fields: Vec<String>| fields.join(", ");
    let label = |field: &FieldName| labels.of_document(conflict, field);
    match conflict {
        Conflict::Ambiguous { candidates, .. } => {
            let listed = candidates.iter().map(shown::record).collect::<Vec<_>>().join(", ");
            let number = words.number(&(candidates.len() as u64));
            words.tell(
                "conflict-ambiguous",
                &[("place", place), ("number", number.into()), ("listed", listed.into())],
            )
        }
        Conflict::Taken { candidate, by, .. } => words.tell(
            "conflict-taken",
            &[("place", place), ("candidate", record(candidate)), ("by", record(by))],
        ),
        Conflict::Shared { document, other, .. } => words.tell(
            "conflict-shared",
            &[("place", place), ("document", record(document)), ("other", record(other))],
        ),
        Conflict::DeleteEdit { document, deleted, edited, .. } => {
            let fields = listed(edited.iter().map(label).collect());
            words.tell(
                "conflict-delete-edit",
                &[
                    ("document", record(document)),
                    ("deleted", deleted.to_string().into()),
                    ("other", deleted.other().to_string().into()),
                    ("fields", fields.into()),
                ],
            )
        }
        Conflict::Submitted { document, changes, .. } => {
            let fields = listed(changes.iter().map(|change| label(&change.field)).collect());
            words.tell("conflict-submitted", &[("document", record(document)), ("fields", fields.into())])
        }
        Conflict::Field { vtiger, frappe, .. } => words.tell(
            "conflict-field",
            &[
                ("place", place),
                ("vtiger", value(words, conflict, vtiger).into()),
                ("frappe", value(words, conflict, frappe).into()),
            ],
        ),
    }
}

/// The pill of a state, and what it is called.
pub(crate) fn state(words: &Words, state: &ConflictState) -> (&'static str, String) {
    let (tone, key) = match state {
        ConflictState::Open => ("warn", "conflicts-state-open"),
        ConflictState::Resolved(_) => ("busy", "conflicts-state-resolved"),
        ConflictState::Applied(_) => ("good", "conflicts-state-applied"),
        ConflictState::Closed => ("quiet", "conflicts-state-closed"),
    };
    (tone, words.say(key))
}

/// What was decided, by whom, and when.
pub(crate) fn decided(words: &Words, standing: &StandingConflict) -> Option<String> {
    let resolution = standing.state.resolution()?;
    let choice = choice(words, standing, &resolution.choice);
    let parameters = [
        ("choice", choice.into()),
        ("who", resolution.by.clone().into()),
        ("when", words.moment(&resolution.at).into()),
    ];
    Some(words.tell("conflicts-decided-by", &parameters))
}

/// What stands, in a few words.
pub(crate) fn choice(words: &Words, standing: &StandingConflict, choice: &Choice) -> String {
    match choice {
        Choice::Vtiger => words.say("choice-vtiger"),
        Choice::Frappe => words.say("choice-frappe"),
        Choice::Value(typed) => {
            let typed = value(words, &standing.met.conflict, typed);
            words.tell("choice-value", &[("value", typed.into())])
        }
        Choice::Document(name) => {
            let kind = standing_kind(standing);
            let document = shown::record(&RecordRef::frappe(kind, name.clone()));
            words.tell("choice-document", &[("document", document.into())])
        }
        Choice::Separate => words.say("choice-separate"),
    }
}

/// The DocType that a choice among documents is about.
fn standing_kind(standing: &StandingConflict) -> String {
    match &standing.met.conflict {
        Conflict::Ambiguous { candidates, .. } => {
            candidates.first().map(|candidate| candidate.kind.to_string()).unwrap_or_default()
        }
        Conflict::Taken { candidate, .. } => candidate.kind.to_string(),
        _ => String::new(),
    }
}
