//! What this run itself wrote since the batch was read: documents that several records share (a bank, a plan, a person
//! with two policies) are created for the first record and found here by the next.

use std::collections::{BTreeMap, HashMap};

use cs_domain::identity::{KeyValues, key_values};
use cs_domain::mapping::{DocumentMapping, UnitMapping};
use cs_domain::situation::{Candidate, FoundBy, Situation};
use cs_domain::wanted::{WantedDocument, wanted_document};
use cs_domain::{Kind, KindSchema, Record, RecordRef, Role, Shadow};

/// Documents written in this batch.
#[derive(Default)]
pub(crate) struct Fresh {
    documents: HashMap<RecordRef, Record>,
    by_key: HashMap<(Kind, String), RecordRef>,
    /// The record whose unit wrote it last.
    written_for: HashMap<RecordRef, RecordRef>,
}

impl Fresh {
    /// Remembers a document as it was last written; under the match keys it was created with, when it is new.
    pub(crate) fn remember(&mut self, document: &Record, subject: &RecordRef, keys: &[String]) {
        self.written_for.insert(document.reference.clone(), subject.clone());
        for key in keys {
            let key = (document.reference.kind.clone(), key.clone());
            self.by_key.insert(key, document.reference.clone());
        }
        self.documents.insert(document.reference.clone(), document.clone());
    }

    /// Brings a situation that was read before up to what was written since.
    pub(crate) fn amend(
        &self,
        unit: &UnitMapping,
        schemas: &BTreeMap<Kind, KindSchema>,
        situation: &mut Situation,
    ) {
        if self.documents.is_empty() {
            return;
        }
        for counterpart in situation.counterparts.values_mut() {
            let candidates = counterpart.candidates.iter_mut().map(|candidate| &mut candidate.document);
            for document in counterpart.linked.iter_mut().chain(candidates) {
                if let Some(newer) = self.documents.get(&document.reference) {
                    document.clone_from(newer);
                }
            }
        }
        for role in &unit.match_order {
            let Some(mapping) = unit.document(role) else {
                continue;
            };
            if let Some(candidate) = self.candidate(unit, mapping, schemas, situation) {
                let other = self.written_for.get(&candidate.document.reference).cloned();
                let known = situation.counterparts.entry(role.clone()).or_default();
                known.others.extend(other.map(|other| (other, Shadow::default())));
                known.candidates.push(candidate);
            }
        }
    }

    fn candidate(
        &self,
        unit: &UnitMapping,
        mapping: &DocumentMapping,
        schemas: &BTreeMap<Kind, KindSchema>,
        situation: &Situation,
    ) -> Option<Candidate> {
        let known = situation.counterparts.get(&mapping.role);
        if known.is_some_and(|known| known.tie.is_some() || !known.candidates.is_empty()) {
            return None;
        }
        let record = situation.record.as_ref()?;
        let wanted = wanted_document(mapping, schemas.get(&mapping.doctype), record, situation).ok()?;
        let documents = documents(unit, situation);
        let mut keys = mapping.match_keys.iter().enumerate();
        keys.find_map(|(number, key)| {
            let signature = key_values(key, &wanted, &documents)?.signature();
            let reference = self.by_key.get(&(mapping.doctype.clone(), signature))?;
            let document = self.documents.get(reference)?.clone();
            let taken_by = (!mapping.shared).then(|| situation.subject.clone());
            Some(Candidate { document, found_by: FoundBy::MatchKey(number), taken_by })
        })
    }
}

/// The documents that stand, by role.
pub(crate) fn documents<'a>(
    unit: &'a UnitMapping,
    situation: &'a Situation,
) -> BTreeMap<&'a Role, &'a Record> {
    let standing = unit.documents.iter().filter_map(|mapping| {
        let document = situation.counterparts.get(&mapping.role)?.document(mapping)?;
        Some((&mapping.role, document))
    });
    standing.collect()
}

/// The match keys of a document about to be created, as they will be asked for by the records that come after.
pub(crate) fn signatures(
    mapping: &DocumentMapping,
    wanted: &WantedDocument,
    documents: &BTreeMap<&Role, &Record>,
) -> Vec<String> {
    let keys = mapping.match_keys.iter().filter_map(|key| key_values(key, wanted, documents));
    keys.map(|values: KeyValues<'_>| values.signature()).collect()
}
