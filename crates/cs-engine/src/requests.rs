//! Which fields the engine asks for: those that the mapping names, and no others.

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::mapping::{DocumentMapping, UnitMapping};
use cs_domain::{FieldName, Kind};
use cs_ports::{FieldRequest, FieldRequests, Guard};

/// What is asked of VTiger for a unit; card numbers are reduced before they leave the connector.
pub(crate) fn vtiger_fields(unit: &UnitMapping) -> FieldRequests {
    let guarded = unit.guarded_fields();
    let request = |name: &FieldName| FieldRequest {
        name: name.clone(),
        guard: if guarded.contains(name) { Guard::LastFour } else { Guard::None },
    };
    FieldRequests(unit.vtiger_fields().into_iter().map(request).collect())
}

/// What is asked of Frappe for a document: the fields with a rule, the external id, and the tables whose rows must be
/// looked after.
pub(crate) fn frappe_fields(document: &DocumentMapping) -> BTreeSet<FieldName> {
    let rules = document.fields.iter().map(|rule| rule.frappe.clone());
    let tables = document.rows.iter().filter(|row| !row.on_create).map(|row| row.table.clone());
    rules.chain(document.external_id.clone()).chain(tables).collect()
}

/// The same for all documents of a unit, by DocType: roles of one DocType are read together.
pub(crate) fn frappe_fields_by_kind(unit: &UnitMapping) -> BTreeMap<Kind, FieldRequests> {
    let mut by_kind: BTreeMap<Kind, BTreeSet<FieldName>> = BTreeMap::new();
    for document in &unit.documents {
        by_kind.entry(document.doctype.clone()).or_default().extend(frappe_fields(document));
    }
    by_kind.into_iter().map(|(kind, fields)| (kind, FieldRequests::plain(fields))).collect()
}
