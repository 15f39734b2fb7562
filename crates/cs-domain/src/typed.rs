//! A value that a person types for both sides, held against what both can take before it is noted: a decision that no run
//! can carry out would come back as a failure, and with it the conflict.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::decide::Schemas;
use crate::failure::Failure;
use crate::mapping::{DocumentMapping, FieldRule, Settings, Source, UnitMapping};
use crate::name::{FieldName, Role};
use crate::record::{Fields, Record};
use crate::schema::{FieldSchema, FieldType, KindSchema, Misfit};
use crate::situation::Situation;
use crate::value::Value;
use crate::wanted::{fitted, misfit_failure, wanted_document};

/// What a typed value is held against.
#[derive(Clone, Copy, Debug)]
pub struct Scales<'a> {
    /// The unit, bound to the two systems.
    pub unit: &'a UnitMapping,
    /// What both systems say of its fields.
    pub schemas: Schemas<'a>,
    /// The VTiger record as it is now.
    pub record: &'a Record,
    /// What the installation supplied.
    pub settings: &'a Settings,
    /// Today, where the agency is.
    pub today: Date,
}

impl Scales<'_> {
    /// The value as Frappe's field holds it, or why a run could not write it: the field's type and length on either side, a
    /// choice that VTiger does not list (it takes any, facts/VTIGER.md, "Values"), or the mapping's own checks.
    pub fn weigh(&self, role: &Role, field: &FieldName, value: Value) -> Result<Value, Failure> {
        let Some((mapping, rule)) = self.rule(role, field) else { return Ok(value) };
        let schema = self.schemas.frappe.get(&mapping.doctype);
        let value = fitted(rule, schema, value)?;
        let travels_back = matches!(rule.source, Source::Fields { .. });
        if rule.direction.reaches_vtiger() && travels_back {
            let fields = rule.to_vtiger(&value, self.record).map_err(|error| error.failure())?;
            self.fits_vtiger(&fields).map_err(|misfit| misfit_failure(&misfit))?;
            self.meets_checks(fields)?;
        }
        Ok(value)
    }

    fn rule(&self, role: &Role, field: &FieldName) -> Option<(&DocumentMapping, &FieldRule)> {
        let mapping = self.unit.document(role)?;
        Some((mapping, mapping.fields.iter().find(|rule| rule.frappe == *field)?))
    }

    fn fits_vtiger(&self, fields: &Fields) -> Result<(), Misfit> {
        let known = |name: &FieldName| self.schemas.vtiger.and_then(|schema| schema.fields.get(name));
        for (name, value) in fields {
            let Some(field) = known(name) else { continue };
            closed(field).take(name, value.clone())?;
        }
        Ok(())
    }

    /// Refuses what the mapping has against the record with the value in it and has nothing against without.
    fn meets_checks(&self, fields: Fields) -> Result<(), Failure> {
        let mut next = self.record.clone();
        next.fields.extend(fields);
        let before = self.objections(self.record);
        match self.objections(&next).into_iter().find(|objection| !before.contains(objection)) {
            Some(objection) => Err(objection),
            None => Ok(()),
        }
    }

    fn objections(&self, record: &Record) -> Vec<Failure> {
        let situation = Situation {
            subject: record.reference.clone(),
            record: Some(record.clone()),
            settings: self.settings.clone(),
            today: self.today,
            newcomer: None,
            namesake: None,
            awaited_by: None,
            writes_vtiger: true,
            refused_by_vtiger: false,
            decided: Vec::new(),
            counterparts: BTreeMap::new(),
            elsewhere: Vec::new(),
        };
        let schema =
            |mapping: &DocumentMapping| -> Option<&KindSchema> { self.schemas.frappe.get(&mapping.doctype) };
        let documents = self.unit.documents.iter();
        let refused = documents
            .filter_map(|mapping| wanted_document(mapping, schema(mapping), record, &situation).err());
        refused.flatten().collect()
    }
}

/// The field as a person may fill it: nothing beside what its list holds.
fn closed(field: &FieldSchema) -> FieldSchema {
    let mut field = field.clone();
    if let FieldType::Choice { closed, .. } = &mut field.field_type {
        *closed = true;
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::{Mapping, parse};
    use crate::name::Kind;
    use crate::record::RecordRef;

    const MAPPING: &str = r#"
format = 1
name = "people"
title = "People"
[[unit]]
name = "person"
module = "Contacts"
[[unit.document]]
role = "person"
doctype = "Contact"
external_id = "custom_vtiger_id"
match = [["last_name"]]
checks = [{ not_in_future = "born" }]
[unit.document.fields]
last_name = "lastname"
born = "birthday"
status = "leadsource"
note = { vtiger = "description", direction = "to_frappe" }
"#;

    fn field(name: &str, field_type: FieldType, max_chars: Option<u32>) -> FieldSchema {
        FieldSchema {
            name: name.into(),
            label: name.into(),
            field_type,
            mandatory: name == "lastname",
            writable: true,
            max_chars,
            bmp_only: true,
            unique: false,
            allow_on_submit: false,
        }
    }

    fn schema(kind: &str, fields: Vec<FieldSchema>) -> KindSchema {
        KindSchema {
            kind: kind.into(),
            label: kind.into(),
            creatable: true,
            updatable: true,
            submittable: false,
            fields: fields.into_iter().map(|field| (field.name.clone(), field)).collect(),
        }
    }

    struct Systems {
        mapping: Mapping,
        vtiger: KindSchema,
        frappe: BTreeMap<Kind, KindSchema>,
        record: Record,
    }

    fn systems() -> Systems {
        let choices = FieldType::Choice { values: vec!["Web".into(), "Phone".into()], closed: false };
        let vtiger = vec![
            field("lastname", FieldType::Text, Some(80)),
            field("birthday", FieldType::Date, None),
            field("leadsource", choices, None),
            field("description", FieldType::Text, None),
        ];
        let mut frappe = vec![
            field("last_name", FieldType::Text, Some(140)),
            field("born", FieldType::Date, None),
            field("status", FieldType::Text, Some(140)),
            field("note", FieldType::Text, Some(10)),
        ];
        for field in &mut frappe {
            field.bmp_only = false;
        }
        let texts = [("lastname", Value::text("Prueba")), ("leadsource", Value::Choice("Web".into()))];
        Systems {
            mapping: parse(MAPPING).unwrap().mapping,
            vtiger: schema("Contacts", vtiger),
            frappe: BTreeMap::from([("Contact".into(), schema("Contact", frappe))]),
            record: Record {
                reference: RecordRef::vtiger("Contacts", "12x1"),
                version: "2026-01-01 00:00:00".into(),
                fields: texts.into_iter().map(|(name, value)| (name.into(), value)).collect(),
            },
        }
    }

    fn weigh(systems: &Systems, field: &str, text: &str) -> Result<Value, String> {
        let scales = Scales {
            unit: &systems.mapping.units[0],
            schemas: Schemas { vtiger: Some(&systems.vtiger), frappe: &systems.frappe },
            record: &systems.record,
            settings: &Settings::new(),
            today: "2026-11-22".parse().unwrap(),
        };
        let value = if text.is_empty() { Value::Empty } else { Value::text(text) };
        scales.weigh(&"person".into(), &field.into(), value).map_err(|failure| failure.code)
    }

    #[test]
    fn what_no_run_could_write_is_refused() {
        let systems = systems();
        for (field, text, code) in [
            ("last_name", "Prueba 😀".to_owned(), "value.unstorable_character"),
            ("last_name", "x".repeat(81), "value.too_long"),
            ("last_name", String::new(), "value.mandatory"),
            ("born", "2026-11-23".to_owned(), "check.date_in_future"),
            ("born", "yesterday".to_owned(), "value.wrong_type"),
            ("status", "Pigeon".to_owned(), "value.not_a_choice"),
            ("note", "x".repeat(11), "value.too_long"),
        ] {
            assert_eq!(weigh(&systems, field, &text), Err(code.to_owned()), "{field} {text}");
        }
    }

    #[test]
    fn a_field_that_failed_is_not_said_to_be_missing_as_well() {
        let mut systems = systems();
        systems.mapping.units[0].documents[0]
            .checks
            .push(crate::mapping::Check::Required("last_name".into()));
        let objections = |systems: &Systems| {
            let scales = Scales {
                unit: &systems.mapping.units[0],
                schemas: Schemas { vtiger: Some(&systems.vtiger), frappe: &systems.frappe },
                record: &systems.record,
                settings: &Settings::new(),
                today: "2026-11-22".parse().unwrap(),
            };
            scales.objections(&systems.record).into_iter().map(|failure| failure.code).collect::<Vec<_>>()
        };
        systems.record.fields.insert("lastname".into(), Value::text("x".repeat(141)));
        assert_eq!(objections(&systems), ["value.too_long"]);
        systems.record.fields.insert("lastname".into(), Value::Empty);
        assert_eq!(objections(&systems), ["check.required"]);
    }

    #[test]
    fn what_both_can_hold_passes_in_the_field_s_own_type() {
        let systems = systems();
        for (field, text) in [("last_name", "x".repeat(80)), ("status", "Phone".to_owned())] {
            assert_eq!(weigh(&systems, field, &text), Ok(Value::text(text)), "{field}");
        }
        let day = Value::Date("2026-11-22".parse().unwrap());
        assert_eq!(weigh(&systems, "born", "2026-11-22"), Ok(day));
        assert_eq!(weigh(&systems, "note", "short 😀"), Ok(Value::text("short 😀")), "VTiger is not written");
        assert_eq!(weigh(&systems, "unknown", "x"), Ok(Value::text("x")));
    }

    #[test]
    fn what_the_checks_object_to_anyway_is_not_held_against_the_value() {
        let mut systems = systems();
        systems.record.fields.insert("birthday".into(), Value::Date("2030-01-01".parse().unwrap()));
        assert_eq!(weigh(&systems, "last_name", "Otra"), Ok(Value::text("Otra")));
    }
}
