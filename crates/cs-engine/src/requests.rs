//! Which fields the engine asks for: those that the mapping names, and what tells who changed a record and whether it may be
//! changed.

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::mapping::{DocumentMapping, UnitMapping};
use cs_domain::{FieldName, Fields, Kind, KindSchema, Record, System, Value};
use cs_ports::{FieldRequest, FieldRequests, Guard};

/// VTiger's stamp of the last change and its author.
const VTIGER_AUTHOR: [&str; 2] = ["modifiedtime", "modifiedby"];
/// VTiger's stamp of the creation, and what made the record.
const VTIGER_ORIGIN: [&str; 2] = ["createdtime", "source"];
/// What VTiger calls a record's source that was not made by hand.
const BY_WEB_SERVICE: &str = "WEBSERVICE";
/// Frappe's.
const FRAPPE_AUTHOR: [&str; 2] = ["modified", "modified_by"];
/// Whether a document is submitted.
const DOCSTATUS: &str = "docstatus";

/// What is asked of VTiger for a unit; card numbers are reduced before they leave the connector.
pub(crate) fn vtiger_fields(unit: &UnitMapping) -> FieldRequests {
    let guarded = unit.guarded_fields();
    let request = |name: &FieldName| FieldRequest {
        name: name.clone(),
        guard: if guarded.contains(name) { Guard::LastFour } else { Guard::None },
    };
    FieldRequests(unit.vtiger_fields().into_iter().map(request).collect())
}

/// The same with the stamp and the author of the last change, and with what a creation left where it leaves a key, as far as
/// the module has such fields.
pub(crate) fn with_author(
    fields: &FieldRequests,
    unit: &UnitMapping,
    schema: Option<&KindSchema>,
) -> FieldRequests {
    let mut all = fields.clone();
    let there = |name: &FieldName| schema.is_some_and(|schema| schema.fields.contains_key(name));
    let key = creation_key(unit).into_iter();
    let origin = key.flat_map(|key| VTIGER_ORIGIN.map(FieldName::from).into_iter().chain([key.clone()]));
    for name in VTIGER_AUTHOR.map(FieldName::from).into_iter().chain(origin) {
        if there(&name) && !all.names().any(|known| *known == name) {
            all.0.push(FieldRequest { name, guard: Guard::None });
        }
    }
    all
}

/// The VTiger field that holds the key of a record's creation.
pub(crate) fn creation_key(unit: &UnitMapping) -> Option<&FieldName> {
    unit.create_in_vtiger.as_ref()?.key.as_ref()
}

/// Whether a VTiger record is as a web service created it: nobody has written it since, and no person copied it from another
/// with all that it says.
pub(crate) fn is_as_created(record: &Record) -> bool {
    let [changed, _] = VTIGER_AUTHOR.map(|name| record.get(&FieldName::from(name)));
    let [created, source] = VTIGER_ORIGIN.map(|name| record.get(&FieldName::from(name)));
    created.is_some_and(|created| changed == Some(created))
        && source.is_some_and(|source| source.plain() == BY_WEB_SERVICE)
}

/// What is asked of Frappe for a document: the fields with a rule, the external id, the tables whose rows must be looked
/// after, and what a new document's conditions look at.
pub(crate) fn frappe_fields(unit: &UnitMapping, document: &DocumentMapping) -> BTreeSet<FieldName> {
    let rules = document.fields.iter().map(|rule| rule.frappe.clone());
    let tables = document.rows.iter().filter(|row| !row.on_create).map(|row| row.table.clone());
    let created = unit.create_in_vtiger.iter().filter(|created| created.document == document.role);
    let conditions = created.flat_map(|created| &created.when).map(|condition| condition.field.clone());
    let mark = match &document.deletes {
        cs_domain::DeletePolicy::Mark { field, .. } => Some(field.clone()),
        _ => None,
    };
    rules.chain(document.external_id.clone()).chain(tables).chain(conditions).chain(mark).collect()
}

/// The same for all documents of a unit, by DocType: roles of one DocType are read together.
pub(crate) fn frappe_fields_by_kind(
    unit: &UnitMapping,
    schemas: &BTreeMap<Kind, KindSchema>,
) -> BTreeMap<Kind, FieldRequests> {
    let mut by_kind: BTreeMap<Kind, BTreeSet<FieldName>> = BTreeMap::new();
    for document in &unit.documents {
        let fields = by_kind.entry(document.doctype.clone()).or_default();
        fields.extend(frappe_fields(unit, document));
        fields.extend(FRAPPE_AUTHOR.map(FieldName::from));
        if schemas.get(&document.doctype).is_some_and(|schema| schema.submittable) {
            fields.insert(FieldName::from(DOCSTATUS));
        }
    }
    by_kind.into_iter().map(|(kind, fields)| (kind, FieldRequests::plain(fields))).collect()
}

/// When a record was changed last by its own system's clock, and by whom, as far as it says.
pub(crate) fn last_edit(record: &Record) -> (Option<&Value>, Option<String>) {
    let names = match record.reference.system {
        System::Vtiger => VTIGER_AUTHOR,
        System::Frappe => FRAPPE_AUTHOR,
    };
    let [stamp, author] = names.map(|name| record.get(&FieldName::from(name)));
    (stamp, author.filter(|author| !author.is_empty()).map(Value::plain))
}

/// The fields that have one value which can be asked for, empty ones left out: what a record can be searched for by. VTiger
/// takes no question that ends in a backslash (facts/VTIGER.md, trap 11).
pub(crate) fn scalars(fields: &Fields) -> Fields {
    let scalar = |value: &Value| match value {
        Value::Rows(_) | Value::Empty => false,
        value => !value.plain().ends_with('\\') && !value.plain().contains('\0'),
    };
    fields
        .iter()
        .filter(|(_, value)| scalar(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
