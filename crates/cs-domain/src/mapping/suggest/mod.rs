//! Which of VTiger's fields could be which of Frappe's, with why: by what they are called, what they hold, and what
//! sampled records say. A person accepts or does not; nothing here decides anything.

mod score;
mod values;
mod words;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::mapping::Transform;
use crate::name::FieldName;
use crate::policy::Direction;
use crate::record::Record;
use crate::schema::KindSchema;
use score::Scorer;

/// A pair below this is not worth showing; `score` counts to 100.
pub const WORTH_SHOWING: u32 = 30;

/// A pair from here on is proposed as the one for its field.
pub const WORTH_PROPOSING: u32 = 50;

/// One side of what is to be mapped.
#[derive(Clone, Copy, Debug)]
pub struct Offered<'a> {
    /// The module or DocType.
    pub schema: &'a KindSchema,
    /// Some of its records, the fields of interest read; none is fine.
    pub samples: &'a [Record],
}

/// What is known of the document besides its fields.
#[derive(Clone, Debug, Default)]
pub struct Context<'a> {
    /// The role of the document in its unit; a field whose label speaks of it belongs to it.
    pub role: &'a str,
    /// The other roles of the unit; a field whose label speaks of one of them belongs there.
    pub other_roles: Vec<&'a str>,
    /// Fields of VTiger that are not to be proposed: those never read, those that hold card data.
    pub not_vtiger: BTreeSet<FieldName>,
    /// Fields of Frappe that are not to be proposed: those that have a rule, the external id.
    pub not_frappe: BTreeSet<FieldName>,
    /// The country of phone numbers without a country code, where that is known.
    pub region: Option<&'a str>,
}

/// A pair of fields that could be one and the same fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// VTiger's field.
    pub vtiger: FieldName,
    /// Frappe's field.
    pub frappe: FieldName,
    /// How much speaks for it, 0 to 100.
    pub score: u32,
    /// What speaks for it, and against.
    pub reasons: Vec<Reason>,
    /// What would have to happen to the values on their way, where that is clear.
    pub transforms: Vec<Transform>,
    /// Which way the fields allow.
    pub direction: Direction,
}

/// Something that speaks for a pair, or against it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// Both are called the same.
    SameWords {
        /// What they are called, in words that stand for their synonyms.
        words: Vec<String>,
    },
    /// What they are called has these words in common.
    SharedWords {
        /// Which.
        words: Vec<String>,
    },
    /// VTiger's label speaks of the document's role.
    Role {
        /// Which role.
        role: String,
    },
    /// VTiger's label speaks of another document's role.
    OtherRole {
        /// Which role.
        role: String,
    },
    /// Both hold the same type.
    SameType,
    /// Both are lists with entries in common.
    SharedChoices {
        /// Entries in both.
        shared: u32,
        /// Entries of the shorter list.
        of: u32,
    },
    /// Sampled records hold the same values.
    SharedValues {
        /// Different values that both sides hold.
        shared: u32,
        /// Different values of the side that has fewer.
        of: u32,
    },
}

/// Every pair worth showing, the best first; a field may stand in several.
pub fn ranked(vtiger: Offered<'_>, frappe: Offered<'_>, context: &Context<'_>) -> Vec<Suggestion> {
    let mut found = Scorer::new(vtiger, frappe, context).pairs();
    found.retain(|suggestion| suggestion.score >= WORTH_SHOWING);
    found.sort_by(|left, right| {
        let key = |suggestion: &Suggestion| (suggestion.frappe.clone(), suggestion.vtiger.clone());
        right.score.cmp(&left.score).then_with(|| key(left).cmp(&key(right)))
    });
    found
}

/// The pairs to propose: each field once, the better pair before the worse.
pub fn suggest(vtiger: Offered<'_>, frappe: Offered<'_>, context: &Context<'_>) -> Vec<Suggestion> {
    let mut taken: (BTreeSet<FieldName>, BTreeSet<FieldName>) = Default::default();
    let mut chosen = ranked(vtiger, frappe, context);
    chosen.retain(|suggestion| {
        let free = suggestion.score >= WORTH_PROPOSING
            && !taken.0.contains(&suggestion.vtiger)
            && !taken.1.contains(&suggestion.frappe);
        if free {
            taken.0.insert(suggestion.vtiger.clone());
            taken.1.insert(suggestion.frappe.clone());
        }
        free
    });
    chosen
}
