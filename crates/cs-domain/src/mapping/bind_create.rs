//! What a unit creates in VTiger, against both systems: a creation that VTiger would refuse is told beforehand.

use crate::mapping::bind::Binder;
use crate::mapping::place::{Place, UnitPart};
use crate::mapping::{CreateInVtiger, DocumentMapping, UnitMapping};
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
                let message = format!("the product's user may not create {} in VTiger", module.kind);
                let remedy = "Give it the right to, or take [unit.create_in_vtiger] out.";
                self.warn("bind.not_creatable", place(UnitPart::Create), message, remedy);
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
            let message = format!("{} of VTiger cannot be written", field.name);
            let remedy = "Name a text field of its own: the key of each creation is written into it.";
            self.tell("bind.not_writable", place, message, remedy);
        } else if field.field_type != FieldType::Text {
            let message = format!("{} of VTiger holds no text, and the key of a creation is one", field.name);
            let remedy = "Name a text field.";
            self.tell("bind.types", place, message, remedy);
        } else if unit.never_read.contains(&field.name) || unit.vtiger_fields().contains(&field.name) {
            let message =
                format!("{} holds the key of the creation, and the unit names it elsewhere, too", field.name);
            let remedy = "Give the key a field of its own that nothing else in the mapping names.";
            self.tell("bind.key_in_use", place, message, remedy);
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
            let message = format!(
                "VTiger refuses a new record of {} without {}, and no field of `{}` that travels to VTiger fills that",
                module.kind,
                lacking.join(", "),
                document.role
            );
            let remedy = "Add a rule that goes to VTiger (direction = \"to_vtiger\", on_create = true gives it to new \
                          records only), make the field optional in VTiger, or take [unit.create_in_vtiger] out.";
            self.tell("create_in_vtiger.mandatory", place, message, remedy);
        }
    }
}
