//! Everything one decision needs, gathered beforehand, so that deciding does no I/O.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::conflict::Decided;
use crate::identity::{Choice, choose};
use crate::link::Link;
use crate::link::LinkStanding;
use crate::mapping::{DocumentMapping, Settings};
use crate::name::Role;
use crate::record::{Record, RecordRef, System};
use crate::shadow::Shadow;

/// One unit as both sides show it now, with what was last agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Situation {
    /// The VTiger record.
    pub subject: RecordRef,
    /// What it holds; `None` where VTiger does not show it any more.
    pub record: Option<Record>,
    /// What the installation supplied.
    pub settings: Settings,
    /// Today, where the agency is.
    pub today: Date,
    /// Where the subject is a Frappe document without a VTiger record: that document. It may become one
    /// ([`crate::mapping::CreateInVtiger`]).
    pub newcomer: Option<Record>,
    /// The VTiger record that a newcomer's match key leads to, where there is one already.
    pub namesake: Option<RecordRef>,
    /// A VTiger record that has no document yet and takes the newcomer when its own turn comes: it was created for it, or its
    /// match key leads there. Until then the newcomer is neither new nor anybody's.
    #[serde(default)]
    pub awaited_by: Option<RecordRef>,
    /// Whether VTiger may be written. Where it may not, VTiger's values stand at first contact, and what only Frappe knows
    /// stays there.
    pub writes_vtiger: bool,
    /// Whether VTiger has just refused what it was to be told of this unit. It is not told again now, and its values stand
    /// against nothing for that: the documents get what nobody disputes.
    #[serde(default)]
    pub refused_by_vtiger: bool,
    /// What people decided about conflicts of this unit.
    pub decided: Vec<Decided>,
    /// Each role's document, as far as there is one or might be one.
    pub counterparts: BTreeMap<Role, Counterpart>,
    /// Documents of other units' records that this record refers to.
    pub elsewhere: Vec<Elsewhere>,
}

/// A document that belongs to another unit's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The other record.
    pub subject: RecordRef,
    /// Its document's role there.
    pub role: Role,
    /// The document.
    pub document: RecordRef,
    /// Whether the link between the two still holds; where it was given up, the record has no document that others could
    /// refer to.
    pub standing: LinkStanding,
    /// Whether the link holds and Frappe does not show the document: it was deleted, or renamed just now.
    #[serde(default)]
    pub missing: bool,
}

impl Situation {
    /// Whether VTiger can be told something now.
    pub fn may_tell_vtiger(&self) -> bool {
        self.writes_vtiger && !self.refused_by_vtiger
    }

    /// Whether a document that should be there is not: its own or another unit's, deleted or renamed just now.
    pub fn misses_a_document(&self) -> bool {
        let own = self.counterparts.values().any(|known| {
            let live = |(link, _): &(Link, Shadow)| link.standing == LinkStanding::Live;
            known.linked.is_none() && known.tie.as_ref().is_some_and(live)
        });
        own || self.elsewhere.iter().any(|other| other.missing)
    }
}

/// What is known of one role's document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counterpart {
    /// The tie, where there is one.
    pub tie: Option<(Link, Shadow)>,
    /// The linked document as it is now; `None` where there is no tie, or the document is gone.
    pub linked: Option<Record>,
    /// Other records that are linked to the same document, with what they agreed on.
    pub others: Vec<(RecordRef, Shadow)>,
    /// Documents that might be the one, where there is no tie.
    pub candidates: Vec<Candidate>,
    /// The side whose version is the later one, where the two can be compared.
    pub newest: Option<System>,
    /// Whether a run created the linked document for a unit that was never whole since: of a record that is gone, nobody knows
    /// it, and it goes too.
    #[serde(default)]
    pub half_made: bool,
}

/// A document that might be the one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// As it is now.
    pub document: Record,
    /// What it was found by.
    pub found_by: FoundBy,
    /// Another record that it is linked to already.
    pub taken_by: Option<RecordRef>,
}

/// What a candidate was found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// It carries the key of its creation for this very record and role: it is the one, whatever else it holds.
    OperationKey,
    /// The VTiger record carries the key of its creation for this very document ([`crate::mapping::CreateInVtiger::key`]).
    CreatedFor {
        /// Whether nobody has written the record since: it holds what the document said then.
        untouched: bool,
    },
    /// A person said that it is the one.
    Person,
    /// The match key with this number, counted from 0.
    MatchKey(usize),
}

impl Counterpart {
    /// Whether there is a tie to a document that is not there any more.
    pub fn is_gone(&self) -> bool {
        self.tie.is_some() && self.linked.is_none() && !self.is_given_up()
    }

    /// Whether there was a tie, and it was given up.
    pub fn is_given_up(&self) -> bool {
        self.tie.as_ref().is_some_and(|(link, _)| link.standing == LinkStanding::GivenUp)
    }

    /// The document that plays the role as things stand: the linked one, or the one candidate.
    pub fn document(&self, mapping: &DocumentMapping) -> Option<&Record> {
        if self.is_given_up() {
            return None;
        }
        if self.tie.is_some() {
            return self.linked.as_ref();
        }
        match choose(mapping, &self.candidates) {
            Choice::One(candidate) => Some(&candidate.document),
            Choice::None | Choice::Several(_) | Choice::Taken(_) => None,
        }
    }
}
