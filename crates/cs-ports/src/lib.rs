//! What the engine needs from outside, as traits: a feed of changes, a reader, a writer, a store, a clock, an
//! observer; and the error kinds they share.
//!
//! This crate names needs and implements none. It is not allowed to know VTiger's or Frappe's protocol, SQL, HTTP
//! or files.

pub mod catalogue;
pub mod clock;
pub mod discovery;
pub mod error;
pub mod findings;
pub mod identity;
pub mod insight;
pub mod linking;
pub mod observer;
pub mod peer;
pub mod people;
pub mod schemas;
pub mod settings;
pub mod store;
pub mod task;

pub use catalogue::{MappingDraft, MappingStore, MappingVersion, PublishedMapping, RetiredMapping};
pub use clock::{Clock, Entropy};
pub use discovery::{Discovery, KindAbout};
pub use error::{ErrorKind, PeerError, StoreError};
pub use findings::{
    Book, FindingChange, FindingEvent, FindingFilter, FindingId, FindingState, FindingStore, FindingsOfRun,
    FindingsTaken, FoundFinding, LoadedReport, Review, StandingFinding,
};
pub use identity::{Births, SystemIdentity};
pub use insight::{
    Counted, FindingGroup, FindingQuery, FindingSort, Insight, LinkCount, LogFilter, RunFilter,
    TroubleFilter, TroubledUnit, UnitCounts,
};
pub use linking::{KeptProposal, LinkingStore, ProposalFilter, ProposalId};
pub use observer::{Observer, TaskObserver};
pub use peer::{
    Census, CensusPage, ChangeFeed, Criterion, Cursor, Expected, FeedPage, FieldRequest, FieldRequests,
    Guard, Meter, Observation, Reader, Removal, Sighting, WriteOutcome, Writer, Written,
};
pub use peer::{Peer, Schemas};
pub use people::{
    ApiToken, AuditEntry, AuditFilter, GivenAnswer, Part, PeopleStore, Person, Reserved, Right, Session,
    somebody_else_manages,
};
pub use schemas::{KindsSeen, ReliedOn, SchemaSight, SchemaStore};
pub use settings::{KeptSettings, Pruned, SealedSecret, SettingsStore};
pub use store::{
    ConflictFilter, Due, FeedKey, JournalEntry, Known, Lease, LeaseAnswer, LogEntry, Settlement, Staged,
    StagedState, Store, Tie, TieChange, UnitKey, UnitOutcome,
};
pub use task::{
    CatchUp, FileId, Schedule, Task, TaskFilter, TaskId, TaskStore, UploadedFile, Work, percent, task_lease,
};
