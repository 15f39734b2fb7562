//! From what a person typed to a decision that answers the conflict, or why it does not.

use cs_domain::plan::Conflict;
use cs_domain::{Choice, ConflictId, Failure, Moment, RecordId, RecordRef, StandingConflict, System, Value};

use crate::cli::ChoiceFlags;

/// Why a decision cannot be noted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConflictError {
    /// Nobody knows it.
    #[error("there is no conflict {id}")]
    Unknown {
        /// What was typed.
        id: String,
    },
    /// The beginning of an id, and of more than one.
    #[error("{id} is the beginning of {} conflicts: {}", ids.len(), listed(ids))]
    Ambiguous {
        /// What was typed.
        id: String,
        /// What it may mean.
        ids: Vec<ConflictId>,
    },
    /// There is nothing left to decide.
    #[error("conflict {id} is over ({state})")]
    Over {
        /// Which.
        id: ConflictId,
        /// `applied` or `closed`.
        state: &'static str,
    },
    /// The choice does not answer it.
    #[error("{flag} does not answer conflict {id}: {what}")]
    NoAnswer {
        /// Which.
        id: ConflictId,
        /// What was chosen.
        flag: &'static str,
        /// What the conflict is.
        what: String,
        /// What would answer it.
        would: String,
    },
    /// The typed value is not of the field's type.
    #[error("{text:?} is no {expected}, which conflict {id} is about")]
    Value {
        /// Which conflict.
        id: ConflictId,
        /// What was typed.
        text: String,
        /// What the field holds.
        expected: &'static str,
    },
    /// The typed value is one that no run could write.
    #[error("conflict {id} cannot be decided so: {}", failure.cause)]
    Unwritable {
        /// Which conflict.
        id: ConflictId,
        /// What stands against the value.
        failure: Box<Failure>,
    },
    /// The record of the conflict is not there any more.
    #[error("{subject}, which conflict {id} is about, is not there any more")]
    Gone {
        /// Which conflict.
        id: ConflictId,
        /// Its record.
        subject: RecordRef,
    },
    /// Nobody says who decides.
    #[error("nobody says who decides")]
    Nobody,
}

fn listed(ids: &[ConflictId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl ConflictError {
    /// Stable code.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Unknown { .. } => "conflict.unknown",
            Self::Ambiguous { .. } => "conflict.ambiguous_id",
            Self::Over { .. } => "conflict.over",
            Self::NoAnswer { .. } => "conflict.no_answer",
            Self::Value { .. } => "conflict.value",
            Self::Unwritable { failure, .. } => &failure.code,
            Self::Gone { .. } => "conflict.gone",
            Self::Nobody => "conflict.nobody",
        }
    }

    /// What to do.
    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::Unknown { .. } => "See `company-sync conflicts list --all` for those there are.".into(),
            Self::Ambiguous { .. } => "Type more of it.".into(),
            Self::Over { .. } => {
                "Nothing to do; where the two sides disagree again, it opens again by itself.".into()
            }
            Self::NoAnswer { would, .. } => would.clone(),
            Self::Value { expected, .. } => example(expected).into(),
            Self::Unwritable { .. } => {
                "Type a value that both systems can take, or choose --vtiger or --frappe.".into()
            }
            Self::Gone { .. } => "Nothing to decide: the next run follows the delete.".into(),
            Self::Nobody => "Say it: --by NAME.".into(),
        }
    }
}

fn example(expected: &str) -> &'static str {
    match expected {
        "date" => "Write it like 2026-01-31, or \"\" for none.",
        "date-time" => "Write it like 2026-01-31T09:30:00Z, or \"\" for none.",
        "boolean" => "Write yes or no.",
        "integer" => "Write a whole number, like 12, or \"\" for none.",
        "decimal" => "Write a number with a point, like 12.50, or \"\" for none.",
        "rows" => "A table cannot be typed: choose --vtiger or --frappe.",
        _ => "Write another value.",
    }
}

/// The decision on this conflict, where the flags answer it.
pub(crate) fn chosen(flags: &ChoiceFlags, standing: &StandingConflict) -> Result<Choice, ConflictError> {
    let conflict = &standing.met.conflict;
    let (flag, choice) = match flags {
        ChoiceFlags { vtiger: true, .. } => ("--vtiger", Choice::Vtiger),
        ChoiceFlags { frappe: true, .. } => ("--frappe", Choice::Frappe),
        ChoiceFlags { document: Some(name), .. } => {
            let meant = standing.document_named(name).map(|document| document.id.clone());
            ("--document", Choice::Document(meant.ok_or_else(|| no_answer(standing, "--document"))?))
        }
        ChoiceFlags { value: Some(text), .. } => {
            let Conflict::Field { vtiger, frappe, base, .. } = conflict else {
                return Err(no_answer(standing, "--value"));
            };
            let base = base.iter().flat_map(|base| [&base.frappe, &base.vtiger]);
            let like = [frappe, vtiger].into_iter().chain(base).find(|value| !value.is_empty());
            ("--value", Choice::Value(typed(text, like, &standing.met.id)?))
        }
        _ => ("--separate", Choice::Separate),
    };
    if standing.takes(&choice) { Ok(choice) } else { Err(no_answer(standing, flag)) }
}

fn no_answer(standing: &StandingConflict, flag: &'static str) -> ConflictError {
    let what = standing.met.conflict.failure().cause;
    ConflictError::NoAnswer { id: standing.met.id.clone(), flag, what, would: would_answer(standing) }
}

/// What would answer it, in a sentence.
fn would_answer(standing: &StandingConflict) -> String {
    match answers(standing).as_slice() {
        [] => standing.met.conflict.failure().remedy,
        answers => {
            let flags: Vec<String> = answers.iter().map(|answer| answer.flag.clone()).collect();
            format!("Choose one of {}.", flags.join(", "))
        }
    }
}

/// A way to decide a conflict.
pub(crate) struct Answer {
    /// When it is the right one: "VTiger is right".
    pub(crate) when: String,
    /// What is typed: `--vtiger`.
    pub(crate) flag: String,
}

/// All ways to decide this conflict; none where nothing but an edit ends it.
pub(crate) fn answers(standing: &StandingConflict) -> Vec<Answer> {
    let answer = |when: &str, flag: &str| Answer { when: when.to_owned(), flag: flag.to_owned() };
    match &standing.met.conflict {
        Conflict::Field { .. } => vec![
            answer("VTiger is right", "--vtiger"),
            answer("Frappe is right", "--frappe"),
            answer("neither is", "--value \"...\""),
        ],
        Conflict::DeleteEdit { deleted, .. } => {
            let (delete, edit) = match deleted {
                System::Vtiger => ("--vtiger", "--frappe"),
                System::Frappe => ("--frappe", "--vtiger"),
            };
            vec![answer("the delete stands", delete), answer("the edit stands", edit)]
        }
        Conflict::Ambiguous { .. } | Conflict::Taken { .. } => {
            let named = standing.documents().into_iter().map(|(name, document)| Answer {
                when: format!("it is {} {name}", document.kind),
                flag: format!("--document {name:?}"),
            });
            named.chain([answer("it is none of them", "--separate")]).collect()
        }
        Conflict::Shared { .. } | Conflict::Submitted { .. } => Vec::new(),
    }
}

/// What was typed, as a value of the type that the conflict's other values have.
fn typed(text: &str, like: Option<&Value>, id: &ConflictId) -> Result<Value, ConflictError> {
    let Some(like) = like else { return Ok(Value::text(text)) };
    let wrong = || ConflictError::Value { id: id.clone(), text: text.to_owned(), expected: like.type_name() };
    let trimmed = text.trim();
    if trimmed.is_empty() && !matches!(like, Value::Rows(_)) {
        return Ok(Value::Empty);
    }
    match like {
        Value::Empty | Value::Text(_) => Ok(Value::text(text)),
        Value::Choice(_) => Ok(Value::Choice(text.to_owned())),
        Value::Opaque(_) => Ok(Value::Opaque(text.to_owned())),
        Value::Integer(_) => trimmed.parse().map(Value::Integer).map_err(|_| wrong()),
        Value::Decimal(_) => trimmed.parse().map(Value::Decimal).map_err(|_| wrong()),
        Value::Date(_) => trimmed.parse().map(Value::Date).map_err(|_| wrong()),
        Value::Boolean(_) => flag(trimmed).map(Value::Boolean).ok_or_else(wrong),
        Value::DateTime(_) => {
            let utc = trimmed.parse().map_err(|_| wrong())?;
            Ok(Value::DateTime(Moment { utc, raw: trimmed.to_owned() }))
        }
        Value::Reference(other) => {
            Ok(Value::Reference(RecordRef { id: RecordId::new(trimmed), ..other.clone() }))
        }
        Value::Rows(_) => Err(wrong()),
    }
}

fn flag(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "1" | "yes" | "true" | "on" => Some(true),
        "0" | "no" | "false" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cs_domain::{ConflictState, MetConflict, RunId};

    use super::*;

    fn standing(conflict: Conflict) -> StandingConflict {
        StandingConflict {
            met: MetConflict { id: ConflictId("abcdef12".into()), conflict, edits: BTreeMap::new() },
            mapping: "policy".into(),
            unit: "policy".into(),
            subject: RecordRef::vtiger("SalesOrder", "6x1"),
            first_run: RunId("20261122-060312-3f9a".into()),
            last_run: RunId("20261122-060312-3f9a".into()),
            state: ConflictState::Open,
        }
    }

    fn field(vtiger: Value, frappe: Value) -> StandingConflict {
        standing(Conflict::Field {
            role: "owner".into(),
            document: RecordRef::frappe("Contact", "Ana"),
            field: "x".into(),
            base: None,
            vtiger,
            frappe,
        })
    }

    fn flags() -> ChoiceFlags {
        ChoiceFlags { vtiger: false, frappe: false, value: None, document: None, separate: false }
    }

    fn value(text: &str) -> ChoiceFlags {
        ChoiceFlags { value: Some(text.to_owned()), ..flags() }
    }

    #[test]
    fn a_typed_value_is_read_as_what_the_field_holds() {
        let day = |text: &str| Value::Date(text.parse().unwrap());
        let born = field(day("1980-01-01"), Value::Empty);
        assert_eq!(
            chosen(&value(" 1981-02-03 "), &born).unwrap(),
            Choice::Value(day("1981-02-03")),
            "the side that holds something tells"
        );
        assert_eq!(chosen(&value(""), &born).unwrap(), Choice::Value(Value::Empty));
        let error = chosen(&value("3.2.1981"), &born).unwrap_err();
        assert_eq!(
            (error.code(), error.to_string().contains("no date")),
            ("conflict.value", true),
            "{error}"
        );
        assert!(error.remedy().contains("2026-01-31"));
        let money = field(Value::Decimal("1.5".parse().unwrap()), Value::Decimal("2".parse().unwrap()));
        let twelve = Choice::Value(Value::Decimal("12.50".parse().unwrap()));
        assert_eq!(chosen(&value("12.50"), &money).unwrap(), twelve);
        assert!(chosen(&value("much"), &money).is_err());
        let flag = field(Value::Boolean(true), Value::Boolean(false));
        assert_eq!(chosen(&value("No"), &flag).unwrap(), Choice::Value(Value::Boolean(false)));
        let name = field(Value::text("Ana"), Value::text("Eva"));
        assert_eq!(chosen(&value(" Ana María "), &name).unwrap(), Choice::Value(Value::text(" Ana María ")));
    }

    #[test]
    fn a_choice_that_answers_something_else_is_refused_with_what_would() {
        let name = field(Value::text("Ana"), Value::text("Eva"));
        assert_eq!(chosen(&ChoiceFlags { vtiger: true, ..flags() }, &name).unwrap(), Choice::Vtiger);
        let error = chosen(&ChoiceFlags { separate: true, ..flags() }, &name).unwrap_err();
        assert_eq!(error.code(), "conflict.no_answer");
        assert!(error.remedy().contains("--vtiger, --frappe, --value"), "{}", error.remedy());
        let (one, other) = (RecordRef::frappe("Contact", "Ana"), RecordRef::frappe("Contact", "Ana-1"));
        let several = standing(Conflict::Ambiguous { role: "owner".into(), candidates: vec![one, other] });
        let named = |name: &str| ChoiceFlags { document: Some(name.to_owned()), ..flags() };
        assert_eq!(chosen(&named("Ana-1"), &several).unwrap(), Choice::Document("Ana-1".into()));
        let error = chosen(&named("Anna"), &several).unwrap_err();
        assert!(error.remedy().contains("--document \"Ana\", --document \"Ana-1\", --separate"));
        assert!(chosen(&value("Ana"), &several).is_err());
        let submitted = standing(Conflict::Submitted {
            role: "order".into(),
            document: RecordRef::frappe("Sales Order", "SO-1"),
            changes: Vec::new(),
        });
        let error = chosen(&ChoiceFlags { vtiger: true, ..flags() }, &submitted).unwrap_err();
        assert!(error.remedy().starts_with("Amend the document"), "{}", error.remedy());
    }
}
