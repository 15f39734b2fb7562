//! When everything is quiet, people look at what waits for them: they decide conflicts and mend values that could not
//! travel.

use cs_domain::plan::Conflict;
use cs_domain::{
    Advice, Choice, ConflictId, RecordId, RecordRef, Resolution, StandingConflict, System, UnitName, Value,
};
use cs_ports::{ConflictFilter, UnitOutcome};

use super::ledger::{Decision, number};
use super::people::{self, say_in_frappe, say_in_vtiger};
use super::story::Story;
use super::world::World;

/// More than any story has.
const ALL: u32 = 10_000;

/// Decides and mends; answers whether there was anything to do. The last time, what is left is a breach.
pub(crate) fn mend(story: &mut Story, last: bool) -> bool {
    let open = ConflictFilter { states: Some(vec!["open"]), ..ConflictFilter::default() };
    let conflicts = story.with_store(async |store| store.conflicts(&open, ALL).await);
    let conflicts = conflicts.and_then(Result::ok).unwrap_or_default();
    let name = story.told.mapping.name.clone();
    let troubled = story.with_store(async |store| store.troubled(Some(&name), ALL).await);
    let troubled = troubled.and_then(Result::ok).unwrap_or_default();
    let failing: Vec<UnitOutcome> =
        troubled.into_iter().filter(|outcome| !outcome.failures.is_empty()).collect();
    let failing: Vec<UnitOutcome> = failing
        .into_iter()
        .filter(|outcome| !outcome.failures.iter().all(|f| f.code.starts_with("conflict.")))
        .collect();
    if last {
        let mut world = story.world.lock();
        let told = |conflict: &&StandingConflict| {
            failing.iter().any(|outcome| outcome.key.subject == conflict.subject)
        };
        let open: Vec<&StandingConflict> =
            conflicts.iter().filter(|conflict| !told(conflict) && !is_new(&world, conflict)).collect();
        for conflict in open {
            world.breach(format!(
                "still open after all decisions: {} {}",
                conflict.subject,
                conflict.met.conflict.failure()
            ));
        }
        // What tells a person what to mend is an honest end; what passes by itself has had its time.
        let passes = |outcome: &&UnitOutcome| {
            outcome.failures.iter().any(|failure| failure.advice == Advice::RetryLater)
        };
        for outcome in failing.iter().filter(passes) {
            let failures: Vec<String> = outcome.failures.iter().map(ToString::to_string).collect();
            world.breach(format!("still failing after all mending: {} {failures:?}", outcome.key.subject));
        }
    }
    for conflict in &conflicts {
        decide(story, conflict);
    }
    for outcome in &failing {
        mend_unit(&mut story.world.lock(), &outcome.key.unit, &outcome.key.subject, outcome);
        // What failed too often waits for somebody to have it tried again.
        story.with_store(async |store| store.hint(std::slice::from_ref(&outcome.key)).await);
    }
    !conflicts.is_empty() || !failing.is_empty()
}

/// Whether nobody decided about these very values yet: mending itself makes people say new things.
fn is_new(world: &World, conflict: &StandingConflict) -> bool {
    let Conflict::Field { field, vtiger, frappe, .. } = &conflict.met.conflict else { return false };
    let subject = number(&conflict.subject.id);
    !world.ledger.decisions.iter().any(|decision| {
        Some(decision.subject) == subject
            && decision.field == field.as_str()
            && decision.vtiger == vtiger.plain()
            && decision.frappe == frappe.plain()
    })
}

fn decide(story: &Story, conflict: &StandingConflict) {
    let at = story.world.lock().timeline.now();
    let choice = {
        let mut world = story.world.lock();
        match choice(&mut world, conflict) {
            Some(choice) => choice,
            None => return make_agree(&mut world, conflict),
        }
    };
    let ids: Vec<ConflictId> = vec![conflict.met.id.clone()];
    let resolution = Resolution { choice: choice.clone(), by: "somebody".to_owned(), at };
    let taken = story.with_store(async |store| store.resolve(&ids, &resolution).await);
    let mut world = story.world.lock();
    world.ledger.tally.resolved += 1;
    world.say(|_| {
        format!(
            "PERSON decides {} {}: {choice:?} -> {taken:?}",
            conflict.subject,
            conflict.met.conflict.failure()
        )
    });
    note(&mut world, conflict, choice);
}

fn choice(world: &mut World, conflict: &StandingConflict) -> Option<Choice> {
    match &conflict.met.conflict {
        Conflict::Field { .. } => Some(match world.random.below(3) {
            0 => Choice::Vtiger,
            1 => Choice::Frappe,
            _ if is_date(conflict) => Choice::Vtiger,
            _ => Choice::Value(Value::text(people::fresh(world))),
        }),
        Conflict::DeleteEdit { .. } => {
            Some(if world.random.percent(50) { Choice::Vtiger } else { Choice::Frappe })
        }
        Conflict::Ambiguous { candidates, .. } => Some(match world.random.pick(candidates) {
            Some(candidate) if world.random.percent(60) => Choice::Document(candidate.id.clone()),
            _ => Choice::Separate,
        }),
        Conflict::Taken { .. } => Some(Choice::Separate),
        _ => None,
    }
}

fn is_date(conflict: &StandingConflict) -> bool {
    matches!(
        &conflict.met.conflict,
        Conflict::Field { vtiger, frappe, .. }
            if !matches!(vtiger, Value::Text(_) | Value::Empty) || !matches!(frappe, Value::Text(_) | Value::Empty)
    )
}

fn note(world: &mut World, conflict: &StandingConflict, choice: Choice) {
    let Some(subject) = number(&conflict.subject.id) else { return };
    let role = conflict.met.conflict.role().to_string();
    let (field, vtiger, frappe) = match &conflict.met.conflict {
        Conflict::Field { field, vtiger, frappe, .. } => (field.to_string(), vtiger.plain(), frappe.plain()),
        _ => (String::new(), String::new(), String::new()),
    };
    world.ledger.decisions.push(Decision { subject, role, field, vtiger, frappe, choice });
}

/// A conflict that takes no choice: somebody makes the two records say the same.
fn make_agree(world: &mut World, conflict: &StandingConflict) {
    if let Conflict::Shared { role, field, theirs, .. } = &conflict.met.conflict {
        let pair =
            world.ledger.pairs.iter().find(|pair| pair.role == *role && pair.frappe == *field).cloned();
        if let (Some(pair), Some(subject)) = (pair, number(&conflict.subject.id)) {
            say_in_vtiger(world, subject, &[(pair.vtiger.as_str(), theirs.plain())]);
        }
    }
}

/// Somebody puts right what a failure complains of: a value that the other side cannot hold, a name that is taken.
fn mend_unit(world: &mut World, unit: &UnitName, subject: &RecordRef, outcome: &UnitOutcome) {
    let pairs: Vec<super::pairs::Pair> =
        world.ledger.pairs.iter().filter(|pair| pair.unit == *unit).cloned().collect();
    let taken = outcome
        .failures
        .iter()
        .any(|failure| failure.code.contains("exists") || failure.cause.contains("Duplicate"));
    if let Some(failure) =
        outcome.failures.iter().find(|failure| failure.cause.contains("would delete others"))
    {
        let role = failure.place.clone().unwrap_or_default();
        people::delete_by_hand(world, tied(world, subject, &role));
        return;
    }
    for pair in pairs {
        let names = ["accountname"].contains(&pair.vtiger.as_str());
        let meant = complains_of(outcome, &pair) || (taken && names);
        if !meant {
            continue;
        }
        let said = people::fresh(world);
        let document = match subject.system {
            System::Frappe => Some(subject.id.clone()),
            System::Vtiger => {
                if let Some(record) = number(&subject.id) {
                    say_in_vtiger(world, record, &[(pair.vtiger.as_str(), said.clone())]);
                }
                tied(world, subject, pair.role.as_str())
            }
        };
        if let Some(document) = document {
            say_in_frappe(world, pair.doctype.as_str(), document.as_str(), pair.frappe.as_str(), &said);
        }
    }
}

/// Whether a person was told that this very field is in the way.
pub(crate) fn complains_of(outcome: &UnitOutcome, pair: &super::pairs::Pair) -> bool {
    let complains = |field: &str| {
        outcome.failures.iter().any(|failure| {
            failure.place.as_deref().is_some_and(|place| place.ends_with(&format!(".{field}")))
                || names(&failure.cause, field)
        })
    };
    complains(pair.vtiger.as_str()) || complains(pair.frappe.as_str())
}

/// Whether a sentence names the field: as a word of its own, not as a part of one (`city` in `capacity`).
fn names(cause: &str, field: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    cause.match_indices(field).any(|(at, _)| {
        let before = cause.get(..at).and_then(|text| text.chars().next_back());
        let after = cause.get(at + field.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

fn tied(world: &World, subject: &RecordRef, role: &str) -> Option<RecordId> {
    let document = world.ledger.document_tied(number(&subject.id)?, role)?;
    Some(RecordId::new(document))
}
