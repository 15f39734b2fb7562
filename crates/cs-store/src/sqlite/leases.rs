//! Leases in SQLite.

use std::time::Duration;

use cs_ports::{Lease, LeaseAnswer, StoreError};
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::{SqliteStore, column, commit};
use crate::error::database;
use crate::lease::{self, Held, Request};
use crate::{sql, stamp};

/// The highest token of a lease. PostgreSQL has to lock the row here (`FOR SHARE`); in SQLite the transaction holds
/// the one write lock.
pub(super) async fn token(connection: &mut SqliteConnection, name: &str) -> Result<Option<i64>, StoreError> {
    sqlx::query_scalar(sql::LEASE_TOKEN)
        .bind(name)
        .fetch_optional(connection)
        .await
        .map_err(database("check a lease"))
}

async fn held(connection: &mut SqliteConnection, name: &str) -> Result<Option<Held>, StoreError> {
    let row = sqlx::query(sql::LEASE)
        .bind(name)
        .fetch_optional(connection)
        .await
        .map_err(database("read a lease"))?;
    row.map(|row| {
        Ok(Held {
            holder: column(&row, "holder")?,
            until: stamp::read(column(&row, "until")?)?,
            token: column(&row, "token")?,
        })
    })
    .transpose()
}

async fn put(connection: &mut SqliteConnection, name: &str, held: &Held) -> Result<(), StoreError> {
    sqlx::query(sql::PUT_LEASE)
        .bind(name)
        .bind(held.holder.as_deref())
        .bind(stamp::write(held.until))
        .bind(held.token)
        .execute(connection)
        .await
        .map(drop)
        .map_err(database("write a lease"))
}

pub(super) async fn take(store: &SqliteStore, request: Request<'_>) -> Result<LeaseAnswer, StoreError> {
    const OPERATION: &str = "take a lease";
    let mut writing = store.write(OPERATION).await?;
    let held = held(&mut writing, request.name).await?;
    let (answer, grant) = lease::decide(held.as_ref(), request);
    if let Some(grant) = grant {
        put(&mut writing, request.name, &grant).await?;
        commit(writing, OPERATION).await?;
    }
    Ok(answer)
}

pub(super) async fn renew(
    store: &SqliteStore,
    lease: &Lease,
    now: Timestamp,
    term: Duration,
) -> Result<(), StoreError> {
    const OPERATION: &str = "renew a lease";
    let mut writing = store.write_under(lease, OPERATION).await?;
    sqlx::query(sql::RENEW_LEASE)
        .bind(&lease.name)
        .bind(lease.token)
        .bind(stamp::write(stamp::end(now, term)))
        .execute(&mut *writing)
        .await
        .map_err(database(OPERATION))?;
    commit(writing, OPERATION).await
}

pub(super) async fn release(store: &SqliteStore, lease: &Lease) -> Result<(), StoreError> {
    const OPERATION: &str = "give a lease back";
    let mut writing = store.write(OPERATION).await?;
    let held = held(&mut writing, &lease.name).await?;
    match held {
        Some(held) if held.token == lease.token => {
            put(&mut writing, &lease.name, &lease::given_back(&held)).await?;
            commit(writing, OPERATION).await
        }
        _ => Ok(()),
    }
}
