//! A conflict side by side: what each side says, who said it and when, what was agreed on before, and what can be chosen.

use std::collections::BTreeMap;

use cs_domain::guarded;
use cs_domain::plan::Conflict;
use cs_domain::{Edit, RecordRef, StandingConflict, System, Value};
use jiff::civil::DateTime;

use super::editors::Editors;
use super::told;
use crate::pages::labels::Labels;
use crate::pages::shown;
use crate::visit::Visit;
use crate::words::Words;
use crate::work::conflicts::{Word, takes_typed, waits};

/// A conflict, ready to be drawn.
pub(super) struct Sides {
    pub(super) id: String,
    pub(super) place: String,
    /// The API name of the field that it is about.
    pub(super) field: Option<String>,
    pub(super) kind: String,
    /// Told where the sides do not tell it themselves.
    pub(super) cause: Option<String>,
    pub(super) tone: &'static str,
    pub(super) state: String,
    pub(super) decided: Option<String>,
    /// What only an edit can end: what to do.
    pub(super) remedy: Option<String>,
    pub(super) views: Vec<Side>,
    /// What an amended document would say differently.
    pub(super) changes: Vec<Changed>,
    pub(super) answers: Vec<Answer>,
    /// Whether a value can be typed.
    pub(super) typed: bool,
    /// What was typed before it was refused; else what VTiger says.
    pub(super) text: String,
    /// What was chosen before it was refused.
    pub(super) picked: String,
    pub(super) slip: Option<String>,
    pub(super) first_run: String,
    pub(super) last_run: String,
}

/// What conflicts are told with.
pub(super) struct Seen<'v> {
    pub(super) visit: &'v Visit,
    pub(super) labels: Labels,
    pub(super) editors: Editors,
}

/// What a side says.
pub(super) struct Side {
    pub(super) label: String,
    pub(super) record: Option<String>,
    /// Its page in its own system.
    pub(super) address: Option<String>,
    pub(super) value: String,
    pub(super) empty: bool,
    /// Who, and when by the system's own clock.
    pub(super) edit: Option<String>,
    /// Whether it is what both agreed on before.
    pub(super) base: bool,
}

/// A field that an amended document would say differently.
pub(super) struct Changed {
    pub(super) field: String,
    pub(super) before: String,
    pub(super) after: String,
}

/// Something that can be chosen.
pub(super) struct Answer {
    /// What is sent.
    pub(super) word: String,
    pub(super) label: String,
}

/// What somebody sent, by conflict.
pub(super) struct Sent {
    picked: BTreeMap<String, String>,
    typed: BTreeMap<String, String>,
}

impl Sent {
    /// Nothing.
    pub(super) fn nothing() -> Self {
        Self { picked: BTreeMap::new(), typed: BTreeMap::new() }
    }

    /// From a form: `word.<id>` and `typed.<id>`.
    pub(super) fn of(body: &str) -> Self {
        let mut sent = Self::nothing();
        for (name, value) in form_urlencoded::parse(body.as_bytes()) {
            if let Some(id) = name.strip_prefix("word.") {
                sent.picked.insert(id.to_owned(), value.into_owned());
            } else if let Some(id) = name.strip_prefix("typed.") {
                sent.typed.insert(id.to_owned(), value.into_owned());
            }
        }
        sent
    }

    /// The word about a conflict, where there is one.
    pub(super) fn word(&self, id: &str) -> Option<Word> {
        let picked = self.picked.get(id)?;
        let typed = self.typed.get(id).filter(|text| !text.is_empty());
        Some(match picked.as_str() {
            // Whoever types and forgets to pick what they typed means it all the same.
            "" => Word::Typed(typed?.clone()),
            "vtiger" => Word::Vtiger,
            "frappe" => Word::Frappe,
            "separate" => Word::Separate,
            "typed" => Word::Typed(self.typed.get(id).cloned().unwrap_or_default()),
            other => Word::Document(other.strip_prefix("document ")?.into()),
        })
    }
}

impl Sides {
    pub(super) fn of(
        seen: &Seen<'_>,
        standing: &StandingConflict,
        sent: &Sent,
        slip: Option<String>,
    ) -> Self {
        let Seen { visit, labels, .. } = seen;
        let words = &visit.words;
        let conflict = &standing.met.conflict;
        let id = standing.met.id.0.clone();
        let (tone, state) = told::state(words, &standing.state);
        let answers = if waits(standing) { answers(words, standing) } else { Vec::new() };
        Self {
            place: told::place(labels, conflict),
            field: conflict.field().map(ToString::to_string),
            kind: told::kind(words, conflict),
            cause: (!matches!(conflict, Conflict::Field { .. }))
                .then(|| told::cause(words, labels, conflict)),
            tone,
            state,
            decided: told::decided(words, standing),
            remedy: (waits(standing) && answers.is_empty()).then(|| words.say("conflict-submitted-remedy")),
            views: sides(seen, standing),
            changes: changes(words, labels, conflict),
            typed: takes_typed(standing) && waits(standing),
            text: sent.typed.get(&id).cloned().unwrap_or_default(),
            picked: sent.picked.get(&id).cloned().unwrap_or_default(),
            answers,
            slip,
            first_run: standing.first_run.to_string(),
            last_run: standing.last_run.to_string(),
            id,
        }
    }

    /// Whether there is something to choose.
    pub(super) fn asks(&self) -> bool {
        !self.answers.is_empty()
    }
}

/// Who edited a side last, and when by that system's own clock: neither says in which zone.
fn edited(seen: &Seen<'_>, system: System, edit: &Edit) -> String {
    let words = &seen.visit.words;
    let version = edit.version.as_str();
    let when = version.parse::<DateTime>().map_or_else(
        |_| version.to_owned(),
        |at| format!("{}, {:02}:{:02}:{:02}", words.day(&at.date()), at.hour(), at.minute(), at.second()),
    );
    let parameters = [
        ("who", edit.by.as_deref().map(|by| seen.editors.name(words, system, by)).unwrap_or_default().into()),
        ("when", when.into()),
        ("system", system.to_string().into()),
    ];
    words.tell(if edit.by.is_some() { "conflicts-edit" } else { "conflicts-edit-unknown" }, &parameters)
}

struct Saying<'a> {
    seen: &'a Seen<'a>,
    standing: &'a StandingConflict,
}

impl Saying<'_> {
    fn side(&self, system: System, record: Option<&RecordRef>, value: String, empty: bool) -> Side {
        // Of documents that could be the one nobody asked who edited them.
        let is_pair =
            !matches!(self.standing.met.conflict, Conflict::Ambiguous { .. } | Conflict::Taken { .. });
        let edit = self.standing.met.edits.get(&system).filter(|_| is_pair);
        Side {
            label: system.to_string(),
            record: record.map(shown::record),
            address: record.and_then(|record| self.seen.visit.web.office.address_of(record)),
            value,
            empty,
            edit: edit.map(|edit| edited(self.seen, system, edit)),
            base: false,
        }
    }

    fn holds(&self, system: System, record: &RecordRef, value: &Value) -> Side {
        let said = told::value(&self.seen.visit.words, &self.standing.met.conflict, value);
        self.side(system, Some(record), said, value.is_empty())
    }

    fn base(&self, value: Option<&Value>) -> Side {
        let words = &self.seen.visit.words;
        Side {
            label: words.say("conflicts-base"),
            record: None,
            address: None,
            value: value.map_or_else(
                || words.say("conflicts-never-agreed"),
                |value| told::value(words, &self.standing.met.conflict, value),
            ),
            empty: value.is_none_or(Value::is_empty),
            edit: None,
            base: true,
        }
    }
}

/// What the sides say, VTiger first as everywhere.
fn sides(seen: &Seen<'_>, standing: &StandingConflict) -> Vec<Side> {
    let saying = Saying { seen, standing };
    let words = &seen.visit.words;
    let subject = &standing.subject;
    match &standing.met.conflict {
        Conflict::Field { document, base, vtiger, frappe, .. } => vec![
            saying.holds(System::Vtiger, subject, vtiger),
            saying.holds(System::Frappe, document, frappe),
            saying.base(base.as_ref().map(|base| &base.frappe)),
        ],
        Conflict::Shared { document, vtiger, other, theirs, .. } => {
            let mut there = saying.holds(System::Frappe, document, theirs);
            there.label = words.tell("conflicts-as-other", &[("other", shown::record(other).into())]);
            vec![saying.holds(System::Vtiger, subject, vtiger), there]
        }
        Conflict::DeleteEdit { document, deleted, edited, .. } => {
            let gone = words.say("conflicts-deleted");
            let label = |field| seen.labels.of_document(&standing.met.conflict, field);
            let fields = edited.iter().map(label).collect::<Vec<_>>().join(", ");
            let kept = words.tell("conflicts-edited", &[("fields", fields.into())]);
            [(System::Vtiger, subject), (System::Frappe, document)]
                .into_iter()
                .map(|(system, record)| {
                    let value = if system == *deleted { gone.clone() } else { kept.clone() };
                    saying.side(system, Some(record), value, system == *deleted)
                })
                .collect()
        }
        Conflict::Submitted { document, .. } => vec![
            saying.side(System::Vtiger, Some(subject), words.say("conflicts-wants-change"), false),
            saying.side(System::Frappe, Some(document), words.say("conflicts-is-submitted"), false),
        ],
        Conflict::Ambiguous { candidates, .. } => candidates
            .iter()
            .map(|candidate| saying.side(System::Frappe, Some(candidate), String::new(), false))
            .collect(),
        Conflict::Taken { candidate, by, .. } => vec![
            saying.side(System::Frappe, Some(candidate), String::new(), false),
            saying.side(System::Vtiger, Some(by), words.say("conflicts-owns-it"), false),
        ],
    }
}

fn changes(words: &Words, labels: &Labels, conflict: &Conflict) -> Vec<Changed> {
    let Conflict::Submitted { changes, .. } = &guarded::conflict(conflict) else { return Vec::new() };
    changes
        .iter()
        .map(|change| Changed {
            field: labels.of_document(conflict, &change.field),
            before: shown::value(words, change.before.as_ref().unwrap_or(&Value::Empty)),
            after: shown::planned(words, &change.after),
        })
        .collect()
}

/// What can be chosen; nothing where only an edit ends it.
fn answers(words: &Words, standing: &StandingConflict) -> Vec<Answer> {
    let conflict = &standing.met.conflict;
    let answer = |word: &str, key: &str| Answer { word: word.to_owned(), label: words.say(key) };
    let side = |word: &str, key: &str, value: &Value| Answer {
        word: word.to_owned(),
        label: format!("{}: {}", words.say(key), told::value(words, conflict, value)),
    };
    match conflict {
        Conflict::Field { vtiger, frappe, .. } => vec![
            side("vtiger", "conflicts-take-vtiger", vtiger),
            side("frappe", "conflicts-take-frappe", frappe),
        ],
        Conflict::Shared { vtiger, theirs, .. } => vec![
            side("vtiger", "conflicts-take-this", vtiger),
            side("frappe", "conflicts-take-other", theirs),
        ],
        Conflict::DeleteEdit { deleted, .. } => {
            let (delete, edit, outcome) = match deleted {
                System::Vtiger => ("vtiger", "frappe", "conflicts-take-kept"),
                System::Frappe => ("frappe", "vtiger", "conflicts-take-again"),
            };
            vec![answer(edit, outcome), answer(delete, "conflicts-take-delete")]
        }
        Conflict::Ambiguous { .. } | Conflict::Taken { .. } => {
            let named = standing.documents().into_iter().map(|(name, document)| {
                let shown = format!("{} {name}", document.kind);
                Answer {
                    word: format!("document {name}"),
                    label: words.tell("conflicts-take-document", &[("document", shown.into())]),
                }
            });
            named.chain([answer("separate", "conflicts-take-separate")]).collect()
        }
        Conflict::Submitted { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_one_word_a_conflict() {
        let sent = Sent::of(
            "word.a=vtiger&typed.a=x&word.b=typed&typed.b=Ana%20M&word.c=&word.d=document+Ana-1&word.e=separate",
        );
        assert_eq!(sent.word("a"), Some(Word::Vtiger));
        assert_eq!(sent.word("b"), Some(Word::Typed("Ana M".to_owned())));
        assert_eq!(sent.word("c"), None, "later");
        assert_eq!(Sent::of("word.g=&typed.g=Eva").word("g"), Some(Word::Typed("Eva".to_owned())));
        assert_eq!(sent.word("d"), Some(Word::Document("Ana-1".into())));
        assert_eq!(sent.word("e"), Some(Word::Separate));
        assert_eq!(sent.word("f"), None);
    }
}
