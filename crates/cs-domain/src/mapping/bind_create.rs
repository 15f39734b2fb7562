//! What a unit creates in VTiger, against both systems: a creation that VTiger would refuse is told beforehand.

use crate::mapping::bind::Binder;
use crate::mapping::place::{Place, UnitPart};
use crate::mapping::{CreateInVtiger, DocumentMapping, UnitMapping, misfits};
use crate::name::FieldName;
use crate::record::System;
use crate::schema::{FieldType, KindSchema};

/// The mandatory field that nobody maps: the connector gives a new record the product's user for an owner.
const OWNER: &str = "assigned_user_id";

impl<'a> Binder<'a> {
    /// The unit's documents are bound already; `module` is its module.
    pub(super) fn create(&mut self, module: Option<&'a KindSchema>, unit: &mut UnitMapping) {
        let Some(mut create) = unit.create_in_vtiger.take() else { return };
        let place = |part| Place::Unit { unit: unit.name.clone(), part };
        let document = unit.document(&create.document);
        let doctype = document.and_then(|document| self.frappe.get(&document.doctype));
        if let Some(doctype) = doctype {
            for (index, condition) in create.when.iter_mut().enumerate() {
                let place = place(UnitPart::CreateCondition(index));
                self.resolve(System::Frappe, doctype, &mut condition.field, &place);
            }
        }
        if let Some(module) = module {
            if let Some(key) = &mut create.key {
                self.create_key(module, unit, key, place(UnitPart::CreateKey));
            }
            if !module.creatable {
                self.warn(place(UnitPart::Create), misfits::not_creatable(&module.kind));
            }
            if let Some(document) = document {
                self.create_mandatory(module, document, &create, place(UnitPart::Create));
            }
        }
        unit.create_in_vtiger = Some(create);
    }

    fn create_key(&mut self, module: &'a KindSchema, unit: &UnitMapping, key: &mut FieldName, place: Place) {
        let Some(field) = self.resolve(System::Vtiger, module, key, &place) else { return };
        if !field.writable {
            self.tell(place, misfits::key_not_writable(&field.name));
        } else if field.field_type != FieldType::Text {
            self.tell(place, misfits::key_not_text(&field.name));
        } else if unit.never_read.contains(&field.name) || unit.vtiger_fields().contains(&field.name) {
            self.tell(place, misfits::key_in_use(&field.name));
        }
    }

    fn create_mandatory(
        &mut self,
        module: &KindSchema,
        document: &DocumentMapping,
        create: &CreateInVtiger,
        place: Place,
    ) {
        let rules = document.fields.iter().filter(|rule| rule.direction.reaches_vtiger());
        let filled: Vec<&FieldName> =
            rules.flat_map(|rule| rule.source.vtiger_fields()).chain(&create.key).collect();
        let lacking = module.fields.values().filter(|field| field.mandatory && field.writable);
        let lacking: Vec<&str> = lacking
            .map(|field| &field.name)
            .filter(|name| name.as_str() != OWNER && !filled.contains(name))
            .map(FieldName::as_str)
            .collect();
        if !lacking.is_empty() {
            let lacks = misfits::creation_lacks(&module.kind, lacking.join(", "), &document.role);
            self.tell(place, lacks);
        }
    }
}
