//! What engines created, and how often.

use std::collections::BTreeSet;

use cs_domain::{Choice, Kind, OperationKey, RecordId, RecordRef, System as Side};

use super::{Decision, Ledger, number};

impl Ledger {
    /// The engine created a VTiger record under this key.
    pub(crate) fn engine_created(&mut self, kind: &Kind, key: &OperationKey, number: u64) {
        self.tally.created += 1;
        self.creations.entry((Side::Vtiger, format!("{kind} {}", key.0))).or_default().push(number);
        // The key names the document.
        let Some((doctype, name)) = key.0.split_once('/') else { return };
        let pair = self.pairs.iter().find(|pair| pair.module == *kind && pair.doctype.as_str() == doctype);
        let document = self.known_document(&RecordRef::frappe(doctype, name));
        if let (Some(role), Some(document)) = (pair.map(|pair| pair.role.to_string()), document) {
            self.made_from.insert(number, document);
            self.ties.entry((number, role)).or_default().push(document);
        }
    }

    /// The engine created a document under this key, which names the record and the role.
    pub(crate) fn engine_created_document(&mut self, kind: &Kind, key: &OperationKey, name: &str) {
        self.tally.created += 1;
        let id = self.document_of(kind.as_str(), name);
        self.creations.entry((Side::Frappe, format!("{kind} {}", key.0))).or_default().push(id);
        let mut parts = key.0.split('/');
        if let (Some(subject), Some(role)) = (parts.next(), parts.next())
            && let Some(subject) = number(&RecordId::new(subject))
        {
            let role = role.to_owned();
            self.made_for.insert(id, subject);
            self.ties.entry((subject, role)).or_default().push(id);
        }
    }

    /// Creations under one key of which more than one is still there.
    pub(crate) fn duplicates(&self) -> Vec<String> {
        let counts = |side: Side, id: u64| match side {
            Side::Vtiger => !self.records_gone.contains(&id) && !self.is_kept_apart(id),
            Side::Frappe => self.documents.get(&id).is_some_and(|document| !document.gone),
        };
        let living = |((side, key), made): (&(Side, String), &Vec<u64>)| {
            let made: BTreeSet<u64> = made.iter().copied().filter(|id| counts(*side, *id)).collect();
            (made.len() > 1).then(|| format!("{key} was created {} times: {made:?}", made.len()))
        };
        self.creations.iter().filter_map(living).collect()
    }

    /// Whether a person was asked about a VTiger record that came twice, and wants to keep both: somebody had touched it.
    fn is_kept_apart(&self, id: u64) -> bool {
        let kept = |decision: &Decision| {
            decision.subject == id && decision.field.is_empty() && decision.choice == Choice::Separate
        };
        self.decisions.iter().any(kept)
    }
}
