//! The store in a SQLite file: one connection that writes, a few that read.
//!
//! Every call that changes something is one `BEGIN IMMEDIATE` transaction on the one writer; where it carries a lease,
//! its first statement reads the token. Several processes may share a file on a local disk (not on a network drive:
//! the write-ahead log needs shared memory).

mod audit;
mod backup;
mod catalogue;
mod conclusions;
mod conflicts;
mod due;
mod files;
mod findings;
mod insight;
mod journal;
mod leases;
mod linking;
mod logbook;
mod open;
mod people;
mod plans;
mod runs;
mod schedules;
mod schemas;
mod settings;
mod staging;
mod systems;
mod tasks;
mod ties;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use cs_domain::{
    ConflictId, DecidedPair, Event, Intent, Link, MappingName, RecordId, RecordRef, Resolution, Role, Run,
    RunId, StandingConflict, System, UnitName,
};
use cs_ports::{
    ConflictFilter, Cursor, Due, FeedKey, JournalEntry, Known, Lease, LeaseAnswer, LogEntry, Settlement,
    Staged, Store, StoreError, SystemIdentity, Tie, UnitKey, UnitOutcome,
};
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, Transaction};

use crate::error::{corrupt, database};
use crate::lease;
use crate::word::Word;

/// A store in a SQLite file.
pub struct SqliteStore {
    pools: open::Pools,
}

/// A transaction on the writer.
type Writing = Transaction<'static, Sqlite>;

impl SqliteStore {
    /// Opens the store in this file, which is made where it is not there; the folder must be. Only its owner can read
    /// the file. Fails with [`StoreError::TooNew`] where a newer version of the program wrote it, with
    /// [`StoreError::Corrupt`] where it is no database or damaged, and otherwise with a [`crate::OpenError`] or the
    /// database's error as the source.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Ok(Self { pools: open::open(path.as_ref()).await? })
    }

    /// Opens a file that must hold a store already, as a backup does; one that holds nothing is not made into one.
    pub async fn open_existing(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        open::expect_store(path.as_ref()).await?;
        Self::open(path).await
    }

    /// Copies the store as it is now into a file that is not there yet, while others go on reading and writing. The
    /// copy is durable, complete by itself, and private to its owner.
    pub async fn backup_to(&self, path: impl AsRef<Path>) -> Result<(), StoreError> {
        backup::copy(&self.pools.readers, path.as_ref()).await
    }

    /// Reads the file from end to end for damage ([`StoreError::Corrupt`]), which opening it does not show. Takes as long
    /// as the store is large.
    pub async fn expect_sound(&self) -> Result<(), StoreError> {
        open::expect_sound(&self.pools.readers).await
    }

    /// The systems that the store belongs to; none before its first run.
    pub async fn systems(&self) -> Result<BTreeMap<System, SystemIdentity>, StoreError> {
        systems::known(self).await
    }

    /// Notes which system the store belongs to, in place of what was noted.
    pub async fn put_system(&self, system: System, identity: &SystemIdentity) -> Result<(), StoreError> {
        systems::put(self, system, identity).await
    }

    /// Waits for the calls under way and closes the file. A store that is merely dropped loses nothing; closing also
    /// folds the write-ahead log into the file.
    pub async fn close(&self) {
        self.pools.readers.close().await;
        self.pools.writer.close().await;
    }

    /// Begins a transaction that writes.
    async fn write(&self, operation: &'static str) -> Result<Writing, StoreError> {
        self.pools.writer.begin_with("BEGIN IMMEDIATE").await.map_err(database(operation))
    }

    /// Begins a transaction that writes, if the lease's token is the highest.
    async fn write_under(&self, lease: &Lease, operation: &'static str) -> Result<Writing, StoreError> {
        let mut writing = self.write(operation).await?;
        let highest = leases::token(&mut writing, &lease.name).await?;
        lease::check(highest, lease)?;
        Ok(writing)
    }
}

/// Makes a transaction durable.
async fn commit(writing: Writing, operation: &'static str) -> Result<(), StoreError> {
    writing.commit().await.map_err(database(operation))
}

/// A column of a row.
fn column<'r, T>(row: &'r SqliteRow, name: &'static str) -> Result<T, StoreError>
where
    T: sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite>,
{
    row.try_get(name).map_err(database("read a row"))
}

/// The record that three columns name: its system, its kind, its id.
fn record(row: &SqliteRow, [system, kind, id]: [&'static str; 3]) -> Result<RecordRef, StoreError> {
    Ok(RecordRef {
        system: Word::read(column(row, system)?)?,
        kind: column::<String>(row, kind)?.into(),
        id: column::<String>(row, id)?.into(),
    })
}

/// Records as the statements take them that look many up: id, kind, system; each once.
fn named<'r>(records: impl IntoIterator<Item = &'r RecordRef>) -> BTreeSet<(&'r str, &'r str, &'static str)> {
    let named = records.into_iter();
    named.map(|record| (record.id.as_str(), record.kind.as_str(), record.system.word())).collect()
}

/// A value from its JSON text.
fn from_json<T: serde::de::DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| corrupt(what, error))
}

/// A value's JSON text.
fn to_json<T: serde::Serialize + ?Sized>(operation: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| crate::error::failed(operation, error))
}

/// A counter as SQLite keeps it.
fn number<T: TryFrom<i64, Error = std::num::TryFromIntError>>(count: i64) -> Result<T, StoreError> {
    T::try_from(count).map_err(|error| corrupt("counter", error))
}

#[async_trait]
impl Store for SqliteStore {
    async fn take_lease(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        term: Duration,
    ) -> Result<LeaseAnswer, StoreError> {
        leases::take(self, lease::Request { name, holder, now, term }).await
    }

    async fn renew_lease(&self, lease: &Lease, now: Timestamp, term: Duration) -> Result<(), StoreError> {
        leases::renew(self, lease, now, term).await
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        leases::release(self, lease).await
    }

    async fn put_run(&self, run: &Run) -> Result<(), StoreError> {
        runs::put(self, run).await
    }

    async fn run(&self, id: &RunId) -> Result<Option<Run>, StoreError> {
        runs::one(self, id).await
    }

    async fn runs(&self, limit: u32) -> Result<Vec<Run>, StoreError> {
        runs::latest(self, limit).await
    }

    async fn cursor(&self, feed: &FeedKey) -> Result<Option<Cursor>, StoreError> {
        staging::cursor(self, feed).await
    }

    async fn stage(
        &self,
        lease: &Lease,
        feed: &FeedKey,
        observations: &[Staged],
        next: &Cursor,
    ) -> Result<u64, StoreError> {
        staging::stage(self, lease, feed, observations, next).await
    }

    async fn restage_all(&self, lease: &Lease, mapping: &MappingName) -> Result<u64, StoreError> {
        staging::restage_all(self, lease, mapping).await
    }

    async fn count_due(
        &self,
        mapping: &MappingName,
        unit: &UnitName,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        due::count_due(self, mapping, unit, now).await
    }

    async fn due(
        &self,
        mapping: &MappingName,
        unit: &UnitName,
        now: Timestamp,
        after: Option<&RecordRef>,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError> {
        due::due(self, mapping, unit, now, after, limit).await
    }

    async fn known(
        &self,
        mapping: &MappingName,
        unit: &UnitName,
        after: Option<&RecordId>,
        through: Option<&RecordId>,
        limit: u32,
    ) -> Result<Vec<Known>, StoreError> {
        due::known(self, mapping, unit, after, through, limit).await
    }

    async fn conclude(&self, lease: &Lease, run: &RunId, outcomes: &[UnitOutcome]) -> Result<(), StoreError> {
        conclusions::conclude(self, lease, run, outcomes).await
    }

    async fn troubled(
        &self,
        mapping: Option<&MappingName>,
        limit: u32,
    ) -> Result<Vec<UnitOutcome>, StoreError> {
        conclusions::troubled(self, mapping, limit).await
    }

    async fn ties_of(&self, mapping: &MappingName, subjects: &[RecordRef]) -> Result<Vec<Tie>, StoreError> {
        ties::of(self, mapping, subjects).await
    }

    async fn ties_to(&self, mapping: &MappingName, documents: &[RecordRef]) -> Result<Vec<Tie>, StoreError> {
        ties::to(self, mapping, documents).await
    }

    async fn begun_for(&self, unit: &UnitKey) -> Result<BTreeSet<Role>, StoreError> {
        journal::begun_for(self, unit).await
    }

    async fn linked_by(
        &self,
        mapping: &MappingName,
        documents: &[RecordRef],
    ) -> Result<Vec<Link>, StoreError> {
        ties::linked_by(self, mapping, documents).await
    }

    async fn count_linked(&self, mapping: &MappingName) -> Result<u64, StoreError> {
        ties::count_linked(self, mapping).await
    }

    async fn decided_pairs(
        &self,
        mapping: &MappingName,
        subjects: &[RecordRef],
    ) -> Result<Vec<DecidedPair>, StoreError> {
        linking::decided(self, mapping, subjects).await
    }

    async fn record_intents(&self, lease: &Lease, intents: &[Intent]) -> Result<(), StoreError> {
        journal::record(self, lease, intents).await
    }

    async fn settle(
        &self,
        lease: &Lease,
        mapping: &MappingName,
        settlements: &[Settlement],
    ) -> Result<(), StoreError> {
        journal::settle(self, lease, mapping, settlements).await
    }

    async fn open_intents(&self, mapping: &MappingName) -> Result<Vec<Intent>, StoreError> {
        journal::open(self, mapping).await
    }

    async fn journal(&self, run: &RunId) -> Result<Vec<JournalEntry>, StoreError> {
        journal::of_run(self, run).await
    }

    async fn conflicts(
        &self,
        filter: &ConflictFilter,
        limit: u32,
    ) -> Result<Vec<StandingConflict>, StoreError> {
        conflicts::find(self, filter, limit).await
    }

    async fn resolve(&self, ids: &[ConflictId], resolution: &Resolution) -> Result<u64, StoreError> {
        conflicts::resolve(self, ids, resolution).await
    }

    async fn hint(&self, keys: &[UnitKey]) -> Result<u64, StoreError> {
        staging::hint(self, keys).await
    }

    async fn append_log(&self, run: &RunId, at: Timestamp, events: &[Event]) -> Result<(), StoreError> {
        logbook::append(self, run, at, events).await
    }

    async fn log(&self, run: Option<&RunId>, after: i64, limit: u32) -> Result<Vec<LogEntry>, StoreError> {
        logbook::read(self, run, after, limit).await
    }

    async fn latest_log(&self, run: Option<&RunId>, limit: u32) -> Result<Vec<LogEntry>, StoreError> {
        logbook::latest(self, run, limit).await
    }
}

#[cfg(test)]
mod tests;
