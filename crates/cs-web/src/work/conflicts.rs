//! Conflicts that people decide.

use std::collections::BTreeMap;

use cs_domain::guarded;
use cs_domain::plan::Conflict;
use cs_domain::{Choice, ConflictId, ConflictState, RecordId, Resolution, StandingConflict};
use cs_ports::ConflictFilter;
use serde_json::{Value as Json, json};

use crate::error::WebError;
use crate::office::{OfficeError, Slip};
use crate::pages::shown;
use crate::visit::Visit;

/// What somebody says about a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// VTiger is right.
    Vtiger,
    /// Frappe is right.
    Frappe,
    /// Neither: it is what was typed.
    Typed(String),
    /// It is this document.
    Document(RecordId),
    /// It is none of them.
    Separate,
}

/// One conflict.
pub(crate) async fn one(visit: &Visit, id: &ConflictId) -> Result<StandingConflict, WebError> {
    let found = visit.web.desk.conflicts_named(std::slice::from_ref(id)).await?;
    found.into_iter().next().ok_or_else(|| WebError::not_there("conflict", id))
}

/// All conflicts of the record's unit, those to be decided first.
pub(crate) async fn of_unit(
    visit: &Visit,
    standing: &StandingConflict,
) -> Result<Vec<StandingConflict>, WebError> {
    let filter = ConflictFilter {
        mapping: Some(standing.mapping.clone()),
        subjects: Some(vec![standing.subject.clone()]),
        ..ConflictFilter::default()
    };
    let mut all = visit.web.desk.conflicts(&filter, u32::MAX).await?;
    all.retain(|other| other.unit == standing.unit);
    all.sort_by_key(|other| (!waits(other), other.met.id != standing.met.id, other.met.id.clone()));
    Ok(all)
}

/// Whether a decision can still be noted, or another one.
pub(crate) fn waits(standing: &StandingConflict) -> bool {
    matches!(standing.state, ConflictState::Open | ConflictState::Resolved(_))
}

/// Whether somebody can type a value: only for a field of a pair of its own.
pub(crate) fn takes_typed(standing: &StandingConflict) -> bool {
    matches!(standing.met.conflict, Conflict::Field { .. })
}

/// Notes decisions: all of them, or none where one cannot be taken. A slip's field is the conflict's id.
pub(crate) async fn decide(visit: &Visit, words: &[(StandingConflict, Word)]) -> Result<u64, WebError> {
    let mut slips = Vec::new();
    let mut chosen = Vec::new();
    for (standing, word) in words {
        match choice(visit, standing, word).await? {
            Ok(choice) => chosen.push((standing, choice)),
            Err(message) => slips.push(Slip { field: standing.met.id.0.clone(), message }),
        }
    }
    if !slips.is_empty() {
        return Err(WebError::Invalid { slips });
    }
    let mut number = 0;
    for (standing, choice) in chosen {
        number += resolve(visit, standing, choice).await?;
    }
    visit.web.hub.reviewed();
    Ok(number)
}

/// Notes the same side for many. Answers how many were decided, and how many were left since no side answers them.
pub(crate) async fn decide_many(
    visit: &Visit,
    ids: &[ConflictId],
    choice: &Choice,
) -> Result<(u64, u64), WebError> {
    let all = visit.web.desk.conflicts_named(ids).await?;
    let mut by_id: BTreeMap<&ConflictId, &StandingConflict> =
        all.iter().map(|standing| (&standing.met.id, standing)).collect();
    let (mut decided, mut left) = (0, 0);
    for id in ids {
        match by_id.remove(id).filter(|standing| waits(standing) && standing.takes(choice)) {
            Some(standing) => decided += resolve(visit, standing, choice.clone()).await?,
            None => left += 1,
        }
    }
    visit.web.hub.reviewed();
    Ok((decided, left))
}

/// The choice that a word makes, or why it cannot be taken.
async fn choice(
    visit: &Visit,
    standing: &StandingConflict,
    word: &Word,
) -> Result<Result<Choice, String>, WebError> {
    let words = &visit.words;
    if !waits(standing) {
        return Ok(Err(words.say("conflicts-over")));
    }
    let choice = match word {
        Word::Vtiger => Choice::Vtiger,
        Word::Frappe => Choice::Frappe,
        Word::Separate => Choice::Separate,
        Word::Document(name) => match standing.document_named(name.as_str()) {
            Some(document) => Choice::Document(document.id.clone()),
            None => return Ok(Err(words.say("conflicts-no-answer"))),
        },
        Word::Typed(text) if takes_typed(standing) => {
            match visit.web.office.typed_value(standing, text).await {
                Ok(value) => Choice::Value(value),
                Err(OfficeError::Invalid { slips }) => return Ok(Err(said(&slips))),
                Err(OfficeError::Failed { failure, .. }) => {
                    let (cause, remedy) = (shown::cause(words, &failure), shown::remedy(words, &failure));
                    return Ok(Err(format!("{cause} {remedy}")));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Word::Typed(_) => return Ok(Err(words.say("conflicts-no-answer"))),
    };
    Ok(if standing.takes(&choice) { Ok(choice) } else { Err(words.say("conflicts-no-answer")) })
}

fn said(slips: &[Slip]) -> String {
    slips.iter().map(|slip| slip.message.as_str()).collect::<Vec<_>>().join(" ")
}

async fn resolve(visit: &Visit, standing: &StandingConflict, choice: Choice) -> Result<u64, WebError> {
    let resolution = Resolution { choice, by: visit.caller.name(), at: visit.web.clock.now() };
    let id = &standing.met.id;
    let number = visit.web.desk.resolve(std::slice::from_ref(id), &resolution).await?;
    if number == 0 {
        // It was over between the look and the word.
        return Ok(0);
    }
    let after =
        json!({ "state": "resolved", "choice": guarded::choice(&standing.met.conflict, &resolution.choice) });
    visit.record("conflict.resolve", format!("conflict {id}"), before(standing), after).await?;
    Ok(number)
}

/// What stood: whose, about what, and what was decided before.
fn before(standing: &StandingConflict) -> Json {
    let conflict = &standing.met.conflict;
    json!({
        "state": standing.state.name(),
        "mapping": standing.mapping,
        "record": guarded::shown(&standing.subject),
        "code": conflict.code(),
        "role": conflict.role(),
        "field": conflict.field(),
        "choice": standing.state.resolution().map(|resolution| guarded::choice(conflict, &resolution.choice)),
    })
}
