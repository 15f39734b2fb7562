//! What became of units, in SQLite.

use cs_domain::{MappingName, RunId, Version};
use cs_ports::{Lease, StagedState, StoreError, UnitKey, UnitOutcome};
use serde::Serialize;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::staging::place;
use super::{SqliteStore, column, commit, conflicts, from_json, number, record, to_json};
use crate::error::database;
use crate::staging::is_trouble;
use crate::word::Word;
use crate::{sql, stamp};

pub(super) async fn conclude(
    store: &SqliteStore,
    lease: &Lease,
    run: &RunId,
    outcomes: &[UnitOutcome],
) -> Result<(), StoreError> {
    const OPERATION: &str = "write down what became of units";
    let mut writing = store.write_under(lease, OPERATION).await?;
    put_outcomes(&mut writing, run, outcomes).await?;
    conflicts::conclude(&mut writing, run, outcomes).await?;
    commit(writing, OPERATION).await
}

/// An outcome as the statement takes it.
#[derive(Serialize)]
struct Row<'o>(
    String,
    String,
    String,
    &'static str,
    &'o str,
    &'o str,
    Option<&'o str>,
    &'static str,
    Option<String>,
    u32,
    u64,
    &'static str,
    String,
    Option<i64>,
    Option<&'o str>,
    u8,
);

async fn put_outcomes(
    connection: &mut SqliteConnection,
    run: &RunId,
    outcomes: &[UnitOutcome],
) -> Result<(), StoreError> {
    const OPERATION: &str = "write down what became of units";
    let mut last: i64 = sqlx::query_scalar(sql::LAST_TROUBLE)
        .fetch_one(&mut *connection)
        .await
        .map_err(database(OPERATION))?;
    let mut rows = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        let trouble = is_trouble(outcome).then(|| {
            last += 1;
            last
        });
        let (mapping, unit, order_key) = place(&outcome.key);
        let subject = &outcome.key.subject;
        rows.push(Row(
            mapping,
            unit,
            order_key,
            subject.system.word(),
            subject.kind.as_str(),
            subject.id.as_str(),
            outcome.version.as_ref().map(Version::as_str),
            outcome.state.word(),
            outcome.not_before.map(stamp::write),
            outcome.attempts,
            outcome.revision,
            outcome.verdict.word(),
            to_json(OPERATION, &outcome.failures)?,
            trouble,
            outcome.failures.first().map(|failure| failure.code.as_str()),
            u8::from(outcome.verdict.leaves_whole()),
        ));
    }
    sqlx::query(sql::own::CONCLUDE)
        .bind(to_json(OPERATION, &rows)?)
        .bind(&run.0)
        .execute(connection)
        .await
        .map(drop)
        .map_err(database(OPERATION))
}

pub(super) async fn troubled(
    store: &SqliteStore,
    mapping: Option<&MappingName>,
    limit: u32,
) -> Result<Vec<UnitOutcome>, StoreError> {
    const OPERATION: &str = "read the units in trouble";
    // One view of both tables.
    let mut reading = store.pools.readers.begin().await.map_err(database(OPERATION))?;
    let rows = sqlx::query(sql::TROUBLED)
        .bind(mapping.map(MappingName::as_str))
        .bind(i64::from(limit))
        .fetch_all(&mut *reading)
        .await
        .map_err(database(OPERATION))?;
    let mut outcomes: Vec<UnitOutcome> = rows.iter().map(outcome).collect::<Result<_, _>>()?;
    let subjects = outcomes.iter().map(|outcome| &outcome.key.subject);
    let conflicts = conflicts::of_subjects(&mut reading, subjects).await?;
    for outcome in &mut outcomes {
        outcome.conflicts = conflicts.pending(&outcome.key);
    }
    Ok(outcomes)
}

/// What was last concluded about a unit, with where it stands now; without its conflicts.
pub(super) fn outcome(row: &SqliteRow) -> Result<UnitOutcome, StoreError> {
    let not_before: Option<String> = column(row, "not_before")?;
    Ok(UnitOutcome {
        key: UnitKey {
            mapping: column::<String>(row, "mapping")?.into(),
            unit: column::<String>(row, "unit")?.into(),
            subject: record(row, ["system", "kind", "id"])?,
        },
        revision: number(column(row, "seen_revision")?)?,
        version: column::<Option<String>>(row, "seen_version")?.map(Version::from),
        verdict: Word::read(column(row, "verdict")?)?,
        state: <StagedState as Word>::read(column(row, "state")?)?,
        not_before: not_before.as_deref().map(stamp::read).transpose()?,
        attempts: number(column(row, "attempts")?)?,
        failures: from_json("list of failures", column(row, "failures")?)?,
        conflicts: Vec::new(),
    })
}
