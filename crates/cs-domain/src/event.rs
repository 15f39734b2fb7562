//! What happens in a run, as it happens: the engine emits these, and terminals, pages and logs render them.

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::mapping::drift::Drift;
use crate::name::{MappingName, Role, UnitName};
use crate::record::RecordRef;
use crate::run::{Balance, Run, RunId, Verdict};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A run began.
    RunStarted {
        /// Which.
        run: RunId,
        /// Of which mapping.
        mapping: MappingName,
    },
    /// Writes left open by a run that died were looked into.
    Recovered {
        /// Writes the peer turned out to hold.
        settled: u64,
        /// Writes the peer turned out not to hold; their units are decided anew.
        dropped: u64,
    },
    /// The mapping or its settings are not what they were in the run before: every unit is looked at again.
    Redefined {
        /// How many units that is.
        units: u64,
    },
    /// Something that the mapping uses is no longer what it was.
    Drifted {
        /// What, and what the run does about it.
        drift: Box<Drift>,
    },
    /// A page of changes was read.
    Pulled {
        /// The unit whose module was read.
        unit: UnitName,
        /// Records seen in this run so far.
        seen: u64,
    },
    /// A page of a census was read.
    Counted {
        /// The unit whose module was counted.
        unit: UnitName,
        /// Records seen in this run so far.
        seen: u64,
    },
    /// Records were held against the documents that are there, in search of those that are one and the same. Nothing is written.
    Searched {
        /// The unit of the records.
        unit: UnitName,
        /// The role of the documents.
        role: Role,
        /// Records looked through so far; none of them changes.
        balance: Balance,
    },
    /// How many units are to be gone through; grows while changes are read, and never shrinks.
    Expecting {
        /// Units.
        units: u64,
    },
    /// A document was written.
    Written {
        /// The VTiger record whose unit it belongs to.
        subject: RecordRef,
        /// Its role.
        role: Role,
        /// Which document.
        document: RecordRef,
        /// `create` or `update`.
        verb: String,
    },
    /// The VTiger record was written.
    Recorded {
        /// Which record.
        subject: RecordRef,
        /// `create`, `update` or `delete`.
        verb: String,
    },
    /// A link was given up, since one side was deleted.
    GivenUp {
        /// The VTiger record.
        subject: RecordRef,
        /// The role.
        role: Role,
        /// The document, there or not.
        document: RecordRef,
    },
    /// A document goes by another name now, and its link with it.
    Renamed {
        /// What it was.
        from: RecordRef,
        /// What it is.
        to: RecordRef,
    },
    /// A document was already there and was linked.
    Adopted {
        /// The VTiger record whose unit it belongs to.
        subject: RecordRef,
        /// Its role.
        role: Role,
        /// Which document.
        document: RecordRef,
    },
    /// A unit was gone through.
    UnitDone {
        /// Which.
        subject: RecordRef,
        /// With what result.
        verdict: Verdict,
        /// Why, where it failed or waits for a person.
        failures: Vec<Failure>,
        /// The run's balance after it.
        balance: Balance,
    },
    /// A request is repeated after a pause.
    Retrying {
        /// Why.
        failure: Failure,
        /// Milliseconds until then.
        pause_ms: u64,
    },
    /// A run ended.
    RunEnded {
        /// The run as it ended.
        run: Box<Run>,
    },
}
