//! `conflicts`: what a person has to decide, and deciding it.

use cs_domain::{
    Choice, ConflictId, ConflictState, FieldName, MappingName, Resolution, Role, StandingConflict,
};
use cs_ports::{ConflictFilter, Insight as _, Store};
use cs_store::SqliteStore;
use jiff::Timestamp;
use serde_json::json;

use super::configuration;
use crate::choice::{ConflictError, chosen};
use crate::cli::{ConflictsCommand, ConflictsList, ConflictsResolve, Global, StateName};
use crate::config::Config;
use crate::failure::{CommandError, Outcome};
use crate::render::conflict::{self, for_machines, for_people};
use crate::render::{aside, grouped, line};
use crate::user;
use crate::weighing::Weighing;
use crate::wiring::existing_store;
use crate::zones::Zones;

/// Runs `conflicts ...`.
pub(crate) async fn run(global: &Global, command: &ConflictsCommand) -> Result<Outcome, CommandError> {
    let config = configuration(global).await?;
    let store = existing_store(&config.data_dir).await?;
    let zones = Zones::known(&config, &store).await?;
    match command {
        ConflictsCommand::List(arguments) => list(global, &store, arguments, &zones).await,
        ConflictsCommand::Show { id } => {
            let standing = named(&store, id).await?;
            show(global, &standing, &zones)?;
            Ok(Outcome::Done)
        }
        ConflictsCommand::Resolve(arguments) => resolve(global, &config, &store, arguments).await,
    }
}

fn show(global: &Global, standing: &StandingConflict, zones: &Zones) -> Result<(), CommandError> {
    line(&if global.json { for_machines(standing, zones).to_string() } else { for_people(standing, zones) })
}

async fn list(
    global: &Global,
    store: &dyn Store,
    arguments: &ConflictsList,
    zones: &Zones,
) -> Result<Outcome, CommandError> {
    let states = match (arguments.all, arguments.state) {
        (true, _) => None,
        (false, None) => Some(vec!["open", "resolved"]),
        (false, Some(StateName::Open)) => Some(vec!["open"]),
        (false, Some(StateName::Resolved)) => Some(vec!["resolved"]),
        (false, Some(StateName::Applied)) => Some(vec!["applied"]),
        (false, Some(StateName::Closed)) => Some(vec!["closed"]),
    };
    let mapping = arguments.mapping.as_deref().map(MappingName::from);
    let filter = ConflictFilter { mapping, subjects: None, states };
    let conflicts = store.conflicts(&filter, arguments.limit).await?;
    for standing in &conflicts {
        show(global, standing, zones)?;
        if !global.json {
            line("")?;
        }
    }
    if !global.json {
        line(&summary(&conflicts, arguments.limit))?;
    }
    Ok(Outcome::Done)
}

/// How many there are, and whose turn it is.
fn summary(conflicts: &[StandingConflict], limit: u32) -> String {
    let count = |name: &str| {
        conflicts.iter().filter(|standing| standing.state.name() == name).fold(0, |count: u64, _| count + 1)
    };
    let (open, resolved) = (count("open"), count("resolved"));
    let mut parts = Vec::new();
    if open > 0 {
        parts.push(format!("{} to be decided", grouped(open)));
    }
    if resolved > 0 {
        parts.push(format!("{} decided, carried out by the next run", grouped(resolved)));
    }
    let over = count("applied") + count("closed");
    if over > 0 {
        parts.push(format!("{} over", grouped(over)));
    }
    let full = u32::try_from(conflicts.len()).is_ok_and(|shown| shown == limit);
    match parts.as_slice() {
        [] => "Nothing is to be decided.".to_owned(),
        parts if full => format!("{} (there may be more: -n says how many)", parts.join("; ")),
        parts => parts.join("; "),
    }
}

/// Conflicts that an error names, where the beginning of an id is that of several.
const NAMED: u32 = 10;

/// The conflict whose id this is, or begins so.
async fn named(store: &SqliteStore, id: &str) -> Result<StandingConflict, CommandError> {
    let wanted = ConflictId(id.to_lowercase());
    let mut found = store.conflicts_named(std::slice::from_ref(&wanted)).await?;
    if found.is_empty() && !wanted.0.is_empty() {
        // Those that begin so stand together, right behind it.
        found = store.conflicts_after(&ConflictFilter::default(), Some(&wanted), NAMED).await?;
        found.retain(|standing| standing.met.id.0.starts_with(&wanted.0));
    }
    match found.as_slice() {
        [] => Err(ConflictError::Unknown { id: id.to_owned() }.into()),
        [_] => Ok(found.swap_remove(0)),
        several => {
            let ids = several.iter().map(|standing| standing.met.id.clone()).collect();
            Err(ConflictError::Ambiguous { id: id.to_owned(), ids }.into())
        }
    }
}

async fn resolve(
    global: &Global,
    config: &Config,
    store: &SqliteStore,
    arguments: &ConflictsResolve,
) -> Result<Outcome, CommandError> {
    let by = arguments.by.clone().or_else(user::name).ok_or(ConflictError::Nobody)?;
    let (mut decisions, mut left) = if arguments.all_open {
        matching(store, arguments).await?
    } else {
        (decisions(store, arguments).await?, Vec::new())
    };
    if arguments.choice.value.is_some() {
        let (possible, refused) = weighed(config, store, decisions).await?;
        decisions = possible;
        left.extend(refused);
        // Of conflicts that were named, one that cannot be decided so keeps all of them back.
        if !arguments.all_open && !left.is_empty() {
            return Err(left.swap_remove(0).into());
        }
    }
    for error in &left {
        aside(&format!("left as it is: {error}\n  what to do: {}", error.remedy()));
    }
    let mut noted = 0;
    for (choice, ids) in grouped_by_choice(decisions.iter()) {
        let resolution = Resolution { choice, by: by.clone(), at: Timestamp::now() };
        noted += store.resolve(&ids, &resolution).await?;
    }
    tell(global, &decisions, noted, &by)?;
    let lost = u64::try_from(decisions.len()).is_ok_and(|wanted| noted < wanted);
    Ok(if lost || !left.is_empty() { Outcome::Partial } else { Outcome::Done })
}

/// A conflict and what stands.
type Decision = (StandingConflict, Choice);

/// The decisions on the conflicts that were named; one that is not answered by it keeps all of them back.
async fn decisions(store: &SqliteStore, arguments: &ConflictsResolve) -> Result<Vec<Decision>, CommandError> {
    let mut decisions: Vec<Decision> = Vec::new();
    for id in &arguments.ids {
        let standing = named(store, id).await?;
        if matches!(standing.state, ConflictState::Applied(_) | ConflictState::Closed) {
            let (id, state) = (standing.met.id.clone(), standing.state.name());
            return Err(ConflictError::Over { id, state }.into());
        }
        let choice = chosen(&arguments.choice, &standing)?;
        if !decisions.iter().any(|(known, _)| known.met.id == standing.met.id) {
            decisions.push((standing, choice));
        }
    }
    Ok(decisions)
}

/// The decisions on all open conflicts that are meant, and those that it does not answer.
async fn matching(
    store: &SqliteStore,
    arguments: &ConflictsResolve,
) -> Result<(Vec<Decision>, Vec<ConflictError>), CommandError> {
    let mapping = arguments.mapping.as_deref().map(MappingName::from);
    let open = ConflictFilter { mapping, subjects: None, states: Some(vec!["open"]) };
    let conflicts = store.conflicts(&open, u32::MAX).await?;
    let is_meant = |standing: &&StandingConflict| {
        let is = |wanted: &Option<String>, shown: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| shown == Some(wanted))
        };
        let conflict = &standing.met.conflict;
        is(&arguments.role, Some(Role::as_str(conflict.role())))
            && is(&arguments.field, conflict.field().map(FieldName::as_str))
    };
    let (mut decisions, mut left) = (Vec::new(), Vec::new());
    for standing in conflicts.iter().filter(is_meant) {
        match chosen(&arguments.choice, standing) {
            Ok(choice) => decisions.push((standing.clone(), choice)),
            Err(error) => left.push(error),
        }
    }
    Ok((decisions, left))
}

/// The decisions whose typed value both systems can take, and why the others cannot be carried out.
async fn weighed(
    config: &Config,
    store: &SqliteStore,
    decisions: Vec<Decision>,
) -> Result<(Vec<Decision>, Vec<ConflictError>), CommandError> {
    let mut weighing = Weighing::begin(config, store).await?;
    let (mut possible, mut refused) = (Vec::new(), Vec::new());
    for (standing, choice) in decisions {
        match weighing.weigh(&standing, choice).await {
            Ok(choice) => possible.push((standing, choice)),
            Err(CommandError::Conflict(error)) => refused.push(error),
            Err(error) => return Err(error),
        }
    }
    Ok((possible, refused))
}

/// One value may be read as a date here and as text there.
fn grouped_by_choice<'d>(decisions: impl Iterator<Item = &'d Decision>) -> Vec<(Choice, Vec<ConflictId>)> {
    let mut groups: Vec<(Choice, Vec<ConflictId>)> = Vec::new();
    for (standing, choice) in decisions {
        let id = standing.met.id.clone();
        match groups.iter_mut().find(|(known, _)| known == choice) {
            Some((_, ids)) => ids.push(id),
            None => groups.push((choice.clone(), vec![id])),
        }
    }
    groups
}

fn tell(global: &Global, decisions: &[Decision], noted: u64, by: &str) -> Result<(), CommandError> {
    for (standing, choice) in decisions {
        let id = &standing.met.id;
        line(&if global.json {
            json!({ "id": id, "state": "resolved", "decision": choice, "by": by }).to_string()
        } else {
            format!("{}  {}: {}", conflict::short(id), standing.subject, conflict::choice(choice))
        })?;
    }
    line(&match (global.json, noted) {
        (true, noted) => json!({ "resolved": noted }).to_string(),
        (false, 0) => "Nothing was decided: no such conflict is open.".to_owned(),
        (false, noted) => {
            format!("{} decided by {by}. The next run carries it out: company-sync sync", grouped(noted))
        }
    })
}
