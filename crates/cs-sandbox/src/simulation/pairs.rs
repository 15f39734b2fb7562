//! What the mapping promises of each pair of fields, read from the mapping as it stands in its file; how the promise is
//! kept is the engine's business and not looked at.

use cs_domain::mapping::{DocumentMapping, FieldRule, Source, Transform, UnitMapping};
use cs_domain::{
    Clearing, ConflictPolicy, DeletePolicy, Direction, FieldName, Kind, Mapping, Role, System, UnitName,
};

/// A VTiger field and the Frappe field that holds the same fact.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) unit: UnitName,
    pub(crate) module: Kind,
    pub(crate) role: Role,
    pub(crate) doctype: Kind,
    pub(crate) vtiger: FieldName,
    pub(crate) frappe: FieldName,
    pub(crate) direction: Direction,
    pub(crate) clearing: Clearing,
    pub(crate) policy: ConflictPolicy,
    /// Who decides before anything was agreed on, where that is somebody else.
    pub(crate) first_contact: Option<ConflictPolicy>,
    /// What is written here when the other side is deleted.
    pub(crate) mark: Option<String>,
    /// VTiger's words and Frappe's.
    words: Vec<(String, String)>,
}

impl Pair {
    /// Whether the two sides say the same. Space at the ends says nothing anywhere.
    pub(crate) fn same(&self, vtiger: &str, frappe: &str) -> bool {
        let there =
            self.words.iter().find(|(here, _)| here == vtiger.trim()).map(|(_, there)| there.as_str());
        bare(there.unwrap_or(vtiger)) == bare(frappe)
    }

    /// Whether values of this side ever travel.
    pub(crate) fn speaks(&self, side: System) -> bool {
        match side {
            System::Vtiger => self.direction.reaches_frappe(),
            System::Frappe => self.direction.reaches_vtiger(),
        }
    }
}

/// A text without what says nothing.
pub(crate) fn bare(text: &str) -> &str {
    let text = text.trim();
    if text.starts_with("0000-00-00") { "" } else { text }
}

/// All pairs of a mapping whose sides can be compared field by field.
pub(crate) fn pairs(mapping: &Mapping) -> Vec<Pair> {
    let documents =
        mapping.units.iter().flat_map(|unit| unit.documents.iter().map(move |document| (unit, document)));
    // What a keyed document says belongs to its key, not to the record.
    let documents = documents.filter(|(_, document)| !document.keyed);
    documents
        .flat_map(|(unit, document)| {
            document.fields.iter().filter_map(move |rule| pair(unit, document, rule))
        })
        .collect()
}

fn pair(unit: &UnitMapping, document: &DocumentMapping, rule: &FieldRule) -> Option<Pair> {
    let Source::Fields { names, .. } = &rule.source else { return None };
    let [vtiger] = names.as_slice() else { return None };
    let words = rule.transforms.iter().map(|transform| match transform {
        Transform::Trim => Some(Vec::new()),
        Transform::Map { pairs, .. } => Some(pairs.clone()),
        _ => None,
    });
    let words = words.collect::<Option<Vec<_>>>()?.concat();
    (!rule.on_create).then(|| Pair {
        unit: unit.name.clone(),
        module: unit.module.clone(),
        role: document.role.clone(),
        doctype: document.doctype.clone(),
        vtiger: vtiger.clone(),
        frappe: rule.frappe.clone(),
        direction: rule.direction,
        clearing: rule.clearing,
        policy: rule.conflict.unwrap_or(document.conflict),
        first_contact: document.first_contact.filter(|_| rule.conflict.is_none()),
        mark: match &document.deletes {
            DeletePolicy::Mark { field, value } if *field == rule.frappe => Some(value.clone()),
            _ => None,
        },
        words,
    })
}
