//! The vocabulary of Company Sync as values: what a record is, what corresponds to what, what was last agreed,
//! and which writes follow from it.
//!
//! This crate decides and does nothing else. It is not allowed to know that there is a network, a database, a
//! clock, a random number, a log or an async runtime: everything it needs is handed to it, and the same input
//! gives the same output on every machine.

pub mod approval;
pub mod conflict;
pub mod cost;
pub mod decide;
pub mod digest;
pub mod event;
pub mod failure;
pub mod fold;
pub mod guarded;
pub mod identity;
pub mod intent;
pub mod link;
pub mod linking;
pub mod mapping;
pub mod merge;
pub mod name;
pub mod plan;
pub mod policy;
pub mod record;
pub mod run;
pub mod schema;
pub mod shadow;
pub mod situation;
pub mod typed;
pub mod value;
pub mod wanted;

pub use conflict::{
    Choice, ConflictId, ConflictState, Decided, Edit, MetConflict, Resolution, StandingConflict,
};
pub use digest::Content;
pub use event::Event;
pub use failure::{Advice, Failure};
pub use intent::{Action, Intent, IntentId, IntentState, OperationKey};
pub use link::{Link, LinkOrigin, LinkStanding};
pub use linking::{DecidedPair, LinkDecision, LinkReason, Proposal};
pub use mapping::{Mapping, Settings};
pub use name::{FieldName, Kind, MappingName, RecordId, Role, UnitName, Version};
pub use policy::{Clearing, ConflictPolicy, DeletePolicy, Direction, DriftPolicy};
pub use record::{Fields, Record, RecordRef, System};
pub use run::{Balance, Edition, Origin, RequestCount, Requests, Run, RunId, RunStatus, Verdict};
pub use schema::{FieldSchema, FieldType, KindSchema, Misfit};
pub use shadow::{Agreed, Shadow};
pub use value::{Moment, Row, Value};
