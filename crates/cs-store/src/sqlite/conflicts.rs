//! Conflicts in SQLite.

use std::collections::BTreeSet;

use cs_domain::{
    ConflictId, ConflictState, FieldName, MappingName, MetConflict, RecordRef, Resolution, RunId,
    StandingConflict,
};
use cs_ports::{ConflictFilter, StoreError, UnitKey, UnitOutcome};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, column, commit, from_json, named, number, record, staging, to_json};
use crate::conflict::{Conflicts, Kept};
use crate::error::{corrupt, database};
use crate::sql;
use crate::word::Word;

const OPERATION: &str = "write down conflicts";

/// Takes in what a run met: those of the units concerned are read, decided on, and written where they changed.
pub(super) async fn conclude(
    connection: &mut SqliteConnection,
    run: &RunId,
    outcomes: &[UnitOutcome],
) -> Result<(), StoreError> {
    let subjects = outcomes.iter().map(|outcome| &outcome.key.subject);
    let mut conflicts = of_subjects(connection, subjects).await?;
    let ids: BTreeSet<&ConflictId> =
        outcomes.iter().flat_map(|outcome| &outcome.conflicts).map(|met| &met.id).collect();
    let elsewhere: Vec<&ConflictId> = ids.into_iter().filter(|id| conflicts.get(id).is_none()).collect();
    if !elsewhere.is_empty() {
        for kept in listed(connection, sql::own::CONFLICTS_NAMED, &elsewhere).await? {
            conflicts.put(kept);
        }
    }
    let mut changed = BTreeSet::new();
    for outcome in outcomes {
        changed.extend(conflicts.conclude(run, outcome));
    }
    for kept in changed.iter().filter_map(|id| conflicts.get(id)) {
        put(connection, kept).await?;
    }
    Ok(())
}

/// The conflicts of these records, ready to take in what a run met.
pub(super) async fn of_subjects(
    connection: &mut SqliteConnection,
    subjects: impl IntoIterator<Item = &RecordRef>,
) -> Result<Conflicts, StoreError> {
    let last: i64 = sqlx::query_scalar(sql::LAST_MEETING)
        .fetch_one(&mut *connection)
        .await
        .map_err(database("read conflicts"))?;
    let mut conflicts = Conflicts::after(last);
    for kept in listed(connection, sql::own::CONFLICTS_OF_SUBJECTS, &named(subjects)).await? {
        conflicts.put(kept);
    }
    Ok(conflicts)
}

/// The conflicts that a statement finds by a list.
async fn listed<T: serde::Serialize>(
    connection: &mut SqliteConnection,
    statement: &'static str,
    wanted: &T,
) -> Result<Vec<Kept>, StoreError> {
    const OPERATION: &str = "read conflicts";
    let rows = sqlx::query(statement)
        .bind(to_json(OPERATION, wanted)?)
        .fetch_all(connection)
        .await
        .map_err(database(OPERATION))?;
    rows.iter().map(kept).collect()
}

async fn put(connection: &mut SqliteConnection, kept: &Kept) -> Result<(), StoreError> {
    let StandingConflict { met, mapping, unit, subject, first_run, last_run, state } = &kept.standing;
    let resolution = state.resolution().map(|resolution| to_json(OPERATION, resolution)).transpose()?;
    sqlx::query(sql::PUT_CONFLICT)
        .bind(&met.id.0)
        .bind(mapping.as_str())
        .bind(unit.as_str())
        .bind(subject.system.word())
        .bind(subject.kind.as_str())
        .bind(subject.id.as_str())
        .bind(met.conflict.role().as_str())
        .bind(met.conflict.code())
        .bind(met.conflict.field().map(FieldName::as_str))
        .bind(to_json(OPERATION, &met.conflict)?)
        .bind(to_json(OPERATION, &met.edits)?)
        .bind(state.name())
        .bind(resolution)
        .bind(&first_run.0)
        .bind(&last_run.0)
        .bind(kept.met)
        .execute(connection)
        .await
        .map(drop)
        .map_err(database(OPERATION))
}

pub(super) async fn find(
    store: &SqliteStore,
    filter: &ConflictFilter,
    limit: u32,
) -> Result<Vec<StandingConflict>, StoreError> {
    const OPERATION: &str = "read conflicts";
    if let Some(subjects) = &filter.subjects {
        let mut reading = store.pools.readers.acquire().await.map_err(database(OPERATION))?;
        let conflicts = of_subjects(&mut reading, subjects).await?;
        return Ok(conflicts.listed(filter, usize::try_from(limit).unwrap_or(usize::MAX)));
    }
    let mapping = filter.mapping.as_ref().map(MappingName::as_str);
    let limit = i64::from(limit);
    let statement = match &filter.states {
        Some(states) => {
            let states = to_json(OPERATION, states)?;
            sqlx::query(sql::own::CONFLICTS_IN).bind(mapping).bind(limit).bind(states)
        }
        None => sqlx::query(sql::CONFLICTS).bind(mapping).bind(limit),
    };
    let rows = statement.fetch_all(&store.pools.readers).await.map_err(database(OPERATION))?;
    rows.iter().map(|row| Ok(kept(row)?.standing)).collect()
}

/// The states of a filter as a list, where it names some.
fn states(operation: &'static str, filter: &ConflictFilter) -> Result<Option<String>, StoreError> {
    filter.states.as_ref().map(|states| to_json(operation, states)).transpose()
}

pub(super) async fn from(
    store: &SqliteStore,
    filter: &ConflictFilter,
    offset: u64,
    limit: u32,
) -> Result<Vec<StandingConflict>, StoreError> {
    const OPERATION: &str = "read a page of conflicts";
    let rows = sqlx::query(sql::own::CONFLICTS_FROM)
        .bind(filter.mapping.as_ref().map(MappingName::as_str))
        .bind(states(OPERATION, filter)?)
        .bind(i64::from(limit))
        .bind(i64::try_from(offset).unwrap_or(i64::MAX))
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database(OPERATION))?;
    rows.iter().map(|row| Ok(kept(row)?.standing)).collect()
}

pub(super) async fn after(
    store: &SqliteStore,
    filter: &ConflictFilter,
    after: Option<&ConflictId>,
    limit: u32,
) -> Result<Vec<StandingConflict>, StoreError> {
    const OPERATION: &str = "read conflicts by their ids";
    let rows = sqlx::query(sql::own::CONFLICTS_AFTER)
        .bind(filter.mapping.as_ref().map(MappingName::as_str))
        .bind(states(OPERATION, filter)?)
        .bind(i64::from(limit))
        .bind(after.map(|id| id.0.as_str()).unwrap_or_default())
        .fetch_all(&store.pools.readers)
        .await
        .map_err(database(OPERATION))?;
    rows.iter().map(|row| Ok(kept(row)?.standing)).collect()
}

pub(super) async fn count(store: &SqliteStore, filter: &ConflictFilter) -> Result<u64, StoreError> {
    const OPERATION: &str = "count conflicts";
    let count: i64 = sqlx::query_scalar(sql::own::COUNT_CONFLICTS)
        .bind(filter.mapping.as_ref().map(MappingName::as_str))
        .bind(states(OPERATION, filter)?)
        .fetch_one(&store.pools.readers)
        .await
        .map_err(database(OPERATION))?;
    number(count)
}

/// The conflicts of these ids, by id.
pub(super) async fn of_ids(
    store: &SqliteStore,
    ids: &[ConflictId],
) -> Result<Vec<StandingConflict>, StoreError> {
    let ids: BTreeSet<&ConflictId> = ids.iter().collect();
    let mut reading = store.pools.readers.acquire().await.map_err(database("read conflicts"))?;
    let mut found = listed(&mut reading, sql::own::CONFLICTS_NAMED, &ids).await?;
    found.sort_by(|one, other| one.standing.met.id.cmp(&other.standing.met.id));
    Ok(found.into_iter().map(|kept| kept.standing).collect())
}

pub(super) async fn resolve(
    store: &SqliteStore,
    ids: &[ConflictId],
    resolution: &Resolution,
) -> Result<u64, StoreError> {
    const OPERATION: &str = "note a decision";
    let mut writing = store.write(OPERATION).await?;
    let rows = sqlx::query(sql::own::RESOLVE)
        .bind(to_json(OPERATION, ids)?)
        .bind(to_json(OPERATION, resolution)?)
        .fetch_all(&mut *writing)
        .await
        .map_err(database(OPERATION))?;
    let units: Vec<UnitKey> = rows.iter().map(unit).collect::<Result<_, _>>()?;
    staging::make_due(&mut writing, &units).await?;
    commit(writing, OPERATION).await?;
    Ok(units.iter().fold(0, |count, _| count + 1))
}

fn unit(row: &SqliteRow) -> Result<UnitKey, StoreError> {
    Ok(UnitKey {
        mapping: column::<String>(row, "mapping")?.into(),
        unit: column::<String>(row, "unit")?.into(),
        subject: record(row, ["subject_system", "subject_kind", "subject_id"])?,
    })
}

fn kept(row: &SqliteRow) -> Result<Kept, StoreError> {
    let UnitKey { mapping, unit, subject } = unit(row)?;
    let standing = StandingConflict {
        met: MetConflict {
            id: ConflictId(column(row, "id")?),
            conflict: from_json("conflict", column(row, "body")?)?,
            edits: from_json("conflict", column(row, "edits")?)?,
        },
        mapping,
        unit,
        subject,
        first_run: RunId(column(row, "first_run")?),
        last_run: RunId(column(row, "last_run")?),
        state: state(row)?,
    };
    Ok(Kept { standing, met: column(row, "met")? })
}

/// A conflict is decided on without the decision being there.
#[derive(Debug, thiserror::Error)]
#[error("a conflict that is `{0}` has no decision, or one that is not has one")]
struct Undecided(String);

fn state(row: &SqliteRow) -> Result<ConflictState, StoreError> {
    let name: String = column(row, "state")?;
    let resolution: Option<String> = column(row, "resolution")?;
    let resolution = resolution.map(|text| from_json("decision", &text)).transpose()?;
    match (name.as_str(), resolution) {
        ("open", None) => Ok(ConflictState::Open),
        ("resolved", Some(resolution)) => Ok(ConflictState::Resolved(resolution)),
        ("applied", Some(resolution)) => Ok(ConflictState::Applied(resolution)),
        ("closed", None) => Ok(ConflictState::Closed),
        _ => Err(corrupt("state of a conflict", Undecided(name))),
    }
}
