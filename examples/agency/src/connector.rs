//! A connector: a CRM that is a folder of JSON files, one a module, in VTiger's place.
//!
//! ```toml
//! [vtiger]
//! connector = "json-folder"
//! url = "/srv/crm"        # the folder
//! user = "-"              # this CRM asks for none
//! access_key = "-"
//! ```
//!
//! The engine asks six things of a system, and each is a few lines here: a feed of changes, a census, reading, writing, its
//! schema, and how many requests it took. `cs_ports::peer` says what each must keep; the remarks below say how this one does.

mod file;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use company_sync::{Address, Connect, Connector};
use cs_domain::{
    Content, Fields, Kind, KindSchema, OperationKey, Record, RecordId, RecordRef, RequestCount, System,
    Version,
};
use cs_ports::{
    Census, CensusPage, ChangeFeed, Criterion, Cursor, ErrorKind, Expected, FeedPage, FieldRequests, Meter,
    Observation, PeerError, Reader, Removal, Sighting, WriteOutcome, Writer, Written,
};

use file::{Entry, ModuleFile};

/// Makes connectors to folders.
#[derive(Debug)]
pub struct JsonFolders;

impl Connect for JsonFolders {
    fn name(&self) -> &'static str {
        "json-folder"
    }

    fn connect(&self, address: &Address<'_>) -> Result<Arc<dyn Connector>, PeerError> {
        Ok(Arc::new(JsonFolder::at(PathBuf::from(address.url))))
    }
}

/// Records on a page.
const PAGE: usize = 100;

/// A folder of modules.
#[derive(Debug)]
struct JsonFolder {
    folder: PathBuf,
    /// One change at a time: a file is read, changed and put back whole.
    writing: Mutex<()>,
    reads: AtomicU64,
    writes: AtomicU64,
}

impl JsonFolder {
    fn at(folder: PathBuf) -> Self {
        Self { folder, writing: Mutex::default(), reads: AtomicU64::new(0), writes: AtomicU64::new(0) }
    }

    fn open(&self, kind: &Kind, operation: &str) -> Result<ModuleFile, PeerError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        ModuleFile::read(&self.folder, kind).map_err(|source| failed(format!("{operation} {kind}"), source))
    }

    /// Changes a module; `change` answers the record that it left, or why there is none.
    fn change(
        &self,
        kind: &Kind,
        operation: &str,
        change: impl FnOnce(&mut ModuleFile) -> Result<RecordId, WriteOutcome>,
    ) -> Result<(ModuleFile, RecordId), WriteOutcome> {
        let _held = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut module = self.open(kind, operation).map_err(WriteOutcome::Rejected)?;
        let id = change(&mut module)?;
        self.writes.fetch_add(1, Ordering::Relaxed);
        // The file is put in its place whole or not at all, so an error means that nothing was written.
        match module.write(&self.folder, kind) {
            Ok(()) => Ok((module, id)),
            Err(source) => Err(WriteOutcome::Rejected(failed(format!("{operation} {kind}"), source))),
        }
    }
}

fn failed(operation: String, source: std::io::Error) -> PeerError {
    let kind = match source.kind() {
        std::io::ErrorKind::NotFound => ErrorKind::Missing,
        std::io::ErrorKind::PermissionDenied => ErrorKind::Permission,
        std::io::ErrorKind::InvalidData => ErrorKind::Garbled,
        _ => ErrorKind::Unavailable,
    };
    PeerError {
        system: System::Vtiger,
        operation,
        kind,
        code: format!("json_folder.{}", kind.code()).into(),
        message: source.to_string(),
        remedy: Some("Look at the file of that module in the folder that [vtiger] url names.".into()),
        retry_after: None,
        source: Some(Box::new(source)),
    }
}

/// A record with the fields that are asked for, and no others: what is not asked for does not leave the connector.
fn record(kind: &Kind, id: &str, entry: &Entry, fields: &FieldRequests) -> Record {
    Record {
        reference: RecordRef::vtiger(kind.clone(), id),
        version: entry.version(),
        fields: fields.0.iter().map(|asked| (asked.name.clone(), entry.value(asked))).collect(),
    }
}

fn observation(kind: &Kind, id: &str, entry: &Entry, fields: &FieldRequests) -> Observation {
    let record = record(kind, id, entry, fields);
    Observation {
        content: Some(Content::of(&record, fields.names())),
        reference: record.reference,
        version: record.version,
        sighting: Sighting::There,
    }
}

#[async_trait]
impl ChangeFeed for JsonFolder {
    /// Each change gives its record the next number of the module's count, and the cursor is a number: nothing is missed, since
    /// a change that comes later has a higher one. (Where a system stamps changes with a clock instead, the last page's cursor
    /// has to lie back far enough for what was written while it was read.)
    async fn changes(
        &self,
        kind: &Kind,
        after: Option<&Cursor>,
        fields: &FieldRequests,
    ) -> Result<FeedPage, PeerError> {
        let module = self.open(kind, "changes of")?;
        let after: u64 = after.and_then(|cursor| cursor.0.parse().ok()).unwrap_or(0);
        let mut newer: Vec<(&String, &Entry)> =
            module.records.iter().filter(|(_, entry)| entry.changed > after).collect();
        newer.sort_by_key(|(_, entry)| entry.changed);
        let more = newer.len() > PAGE;
        newer.truncate(PAGE);
        let next = newer.last().map_or(after, |(_, entry)| entry.changed);
        let observations = newer.iter().map(|(id, entry)| observation(kind, id, entry, fields)).collect();
        Ok(FeedPage { observations, next: Cursor(next.to_string()), more })
    }
}

#[async_trait]
impl Census for JsonFolder {
    /// This CRM's feed shows no deletes; a census does, since what is missing between two records is not there.
    async fn census(
        &self,
        kind: &Kind,
        after: Option<&RecordId>,
        fields: &FieldRequests,
    ) -> Result<CensusPage, PeerError> {
        let module = self.open(kind, "census of")?;
        let mut ids: Vec<&String> = module.records.keys().collect();
        // Numbers in ids compare as numbers.
        ids.sort_by_key(|id| number(id));
        ids.retain(|id| after.is_none_or(|after| number(id) > number(after.as_str())));
        let more = ids.len() > PAGE;
        ids.truncate(PAGE);
        let entries = ids.into_iter().filter_map(|id| module.records.get(id).map(|entry| (id, entry)));
        let observations = entries.map(|(id, entry)| observation(kind, id, entry, fields)).collect();
        Ok(CensusPage { observations, more })
    }
}

fn number(id: &str) -> u64 {
    id.parse().unwrap_or(u64::MAX)
}

#[async_trait]
impl Reader for JsonFolder {
    fn system(&self) -> System {
        System::Vtiger
    }

    async fn schema(&self, kind: &Kind) -> Result<KindSchema, PeerError> {
        Ok(self.open(kind, "describe")?.schema(kind))
    }

    async fn read(
        &self,
        kind: &Kind,
        ids: &[RecordId],
        fields: &FieldRequests,
    ) -> Result<Vec<Record>, PeerError> {
        let module = self.open(kind, "read")?;
        let found = ids.iter().filter_map(|id| module.records.get_key_value(id.as_str()));
        Ok(found.map(|(id, entry)| record(kind, id, entry, fields)).collect())
    }

    async fn find(
        &self,
        kind: &Kind,
        criteria: &[Criterion],
        fields: &FieldRequests,
    ) -> Result<Vec<Record>, PeerError> {
        let module = self.open(kind, "find")?;
        let found = module.records.iter().filter(|(_, entry)| criteria.iter().all(|one| entry.meets(one)));
        Ok(found.map(|(id, entry)| record(kind, id, entry, fields)).collect())
    }
}

#[async_trait]
impl Writer for JsonFolder {
    async fn create(
        &self,
        kind: &Kind,
        fields: &Fields,
        _key: &OperationKey,
        wanted: &FieldRequests,
    ) -> WriteOutcome {
        written(kind, wanted, self.change(kind, "create", |module| Ok(module.add(fields))))
    }

    async fn update(
        &self,
        target: &RecordRef,
        changes: &Fields,
        expected: Expected<'_>,
        wanted: &FieldRequests,
    ) -> WriteOutcome {
        let done = self.change(&target.kind, "update", |module| {
            let entry = module.records.get(target.id.as_str());
            // What moved since the decision was made is not written over: the engine looks again and decides anew.
            if entry.is_none_or(|entry| entry.version() != *expected.version) {
                return Err(WriteOutcome::Stale);
            }
            module.put(&target.id, changes);
            Ok(target.id.clone())
        });
        written(&target.kind, wanted, done)
    }

    async fn delete(&self, target: &RecordRef, expected: Expected<'_>) -> Removal {
        let done =
            self.change(&target.kind, "delete", |module| match module.records.get(target.id.as_str()) {
                Some(entry) if entry.version() != *expected.version => Err(WriteOutcome::Stale),
                _ => {
                    module.records.remove(target.id.as_str());
                    Ok(target.id.clone())
                }
            });
        match done {
            Ok(_) => Removal::Gone,
            Err(WriteOutcome::Rejected(error)) => Removal::Rejected(error),
            Err(WriteOutcome::Unknown(error)) => Removal::Unknown(error),
            Err(WriteOutcome::Stale | WriteOutcome::Applied(_)) => Removal::Stale,
        }
    }

    /// Nothing here is ever submitted.
    async fn amend(
        &self,
        target: &RecordRef,
        _changes: &Fields,
        _expected: &Version,
        _wanted: &FieldRequests,
    ) -> WriteOutcome {
        let unsupported = std::io::Error::from(std::io::ErrorKind::Unsupported);
        WriteOutcome::Rejected(failed(format!("amend {}", target.kind), unsupported))
    }
}

/// What the file holds after a write. Nobody else writes it while this one does, so what it holds is what was written.
fn written(
    kind: &Kind,
    wanted: &FieldRequests,
    done: Result<(ModuleFile, RecordId), WriteOutcome>,
) -> WriteOutcome {
    match done {
        Ok((module, id)) => match module.records.get(id.as_str()) {
            Some(entry) => WriteOutcome::Applied(Written {
                record: record(kind, id.as_str(), entry, wanted),
                untouched: true,
            }),
            None => WriteOutcome::Stale,
        },
        Err(outcome) => outcome,
    }
}

impl Meter for JsonFolder {
    fn requests(&self) -> RequestCount {
        RequestCount { read: self.reads.load(Ordering::Relaxed), write: self.writes.load(Ordering::Relaxed) }
    }
}
