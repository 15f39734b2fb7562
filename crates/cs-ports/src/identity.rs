//! Which systems a store belongs to. Links, shadows and cursors mean nothing for another pair of systems, and with one
//! they would be followed as deletes.

use std::collections::BTreeMap;

use cs_domain::{Kind, RecordId};
use serde::{Deserialize, Serialize};

/// One of the two systems as a store remembers it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemIdentity {
    /// Where it is: the address without user, password and a slash at its end; of Frappe the site as well, where several
    /// share an address.
    pub address: String,
    /// Some of its first records; nothing where none could be read.
    #[serde(default)]
    pub births: Option<Births>,
    /// The zone that it writes its times in, as an IANA name or `+HH[:MM]`; nothing where it was not told.
    #[serde(default)]
    pub time_zone: Option<String>,
}

/// When some records were made, in the system's own words. A record's creation never changes, so that another system behind
/// the same address gives itself away: the same ids, made at other times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Births {
    /// Of which module.
    pub kind: Kind,
    /// By record.
    pub created: BTreeMap<RecordId, String>,
}

impl Births {
    /// Whether what is found there now contradicts what is remembered. A record that is gone contradicts nothing.
    pub fn contradicted_by(&self, found: &BTreeMap<RecordId, String>) -> bool {
        found.iter().any(|(id, created)| self.created.get(id).is_some_and(|known| known != created))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn births(pairs: &[(&str, &str)]) -> BTreeMap<RecordId, String> {
        pairs.iter().map(|(id, at)| (RecordId::new(*id), (*at).to_owned())).collect()
    }

    #[test]
    fn only_the_same_record_made_at_another_time_contradicts() {
        let created = births(&[("6x1", "2026-01-01 10:00:00"), ("6x2", "2026-01-02 10:00:00")]);
        let known = Births { kind: "SalesOrder".into(), created };
        assert!(!known.contradicted_by(&births(&[("6x1", "2026-01-01 10:00:00")])));
        assert!(!known.contradicted_by(&births(&[])), "deleted since");
        assert!(!known.contradicted_by(&births(&[("6x9", "2026-03-01 10:00:00")])));
        assert!(
            known.contradicted_by(&births(&[("6x1", "2026-01-01 10:00:00"), ("6x2", "2026-01-02 10:00:01")]))
        );
    }
}
