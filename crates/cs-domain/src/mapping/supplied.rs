//! What an installation supplied for a mapping's settings, held against the fields that they are for: a day that does not
//! read as one would fail every record, or select none, and nobody would be told why.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::mapping::bind::Schemas;
use crate::mapping::{Condition, DocumentMapping, Mapping, Operand, Settings, Source, Test};
use crate::name::{FieldName, Kind};
use crate::schema::{FieldSchema, FieldType, KindSchema, Misfit};
use crate::value::Value;

/// What [`FieldSchema::fit`] calls what it expects.
const DATE: &str = "date";
const NUMBER: &str = "decimal number";

/// A setting whose value one of the fields that it is for cannot take, or cannot be compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingMisfit {
    /// Which setting.
    pub setting: String,
    /// The module or DocType of the field.
    pub kind: Kind,
    /// Why not.
    pub misfit: Misfit,
}

impl SettingMisfit {
    /// How the value would have to be written, where that can be shown by an example.
    pub fn example(&self) -> Option<&'static str> {
        let Misfit::WrongType { expected, .. } = &self.misfit else { return None };
        match expected.as_str() {
            DATE => Some("2026-12-31"),
            NUMBER => Some("12.50"),
            "whole number" => Some("12"),
            _ => None,
        }
    }
}

/// The settings that do not fit, each once, by name. Fields that a system does not describe are not looked at: that they are
/// missing is told by [`crate::mapping::bind()`].
pub fn setting_misfits(
    mapping: &Mapping,
    settings: &Settings,
    vtiger: &Schemas,
    frappe: &Schemas,
) -> Vec<SettingMisfit> {
    let mut scales = Scales { settings, frappe, found: Vec::new() };
    for unit in &mapping.units {
        scales.conditions(vtiger.get(&unit.module), &unit.selection);
        for document in &unit.documents {
            scales.document(document);
        }
        if let Some(created) = &unit.create_in_vtiger {
            let doctype = unit.document(&created.document).and_then(|document| frappe.get(&document.doctype));
            scales.conditions(doctype, &created.when);
        }
    }
    let mut found = scales.found;
    found.sort_by(|one, other| one.setting.cmp(&other.setting));
    found.dedup_by(|one, other| one.setting == other.setting);
    found
}

struct Scales<'a> {
    settings: &'a Settings,
    frappe: &'a Schemas,
    found: Vec<SettingMisfit>,
}

impl Scales<'_> {
    fn document(&mut self, document: &DocumentMapping) {
        let Some(schema) = self.frappe.get(&document.doctype) else { return };
        for rule in &document.fields {
            self.filled(schema, &rule.frappe, &rule.source);
        }
        for row in &document.rows {
            let table = schema.resolve(row.table.as_str()).map(|field| &field.field_type);
            let Some(FieldType::Rows { kind }) = table else { continue };
            let Some(rows) = self.frappe.get(kind) else { continue };
            for (column, source) in &row.columns {
                self.filled(rows, column, source);
            }
        }
    }

    /// A field that takes what the setting says.
    fn filled(&mut self, schema: &KindSchema, field: &FieldName, source: &Source) {
        let Source::Setting(name) = source else { return };
        self.weigh(schema, field, name, |field, text| field.fit(Value::text(text)).map(drop));
    }

    /// Fields that are compared with what settings say.
    fn conditions(&mut self, schema: Option<&KindSchema>, conditions: &[Condition]) {
        let Some(schema) = schema else { return };
        for condition in conditions {
            for operand in operands(&condition.test) {
                if let Operand::Setting(name) = operand {
                    self.weigh(schema, &condition.field, name, comparable);
                }
            }
        }
    }

    fn weigh(
        &mut self,
        schema: &KindSchema,
        field: &FieldName,
        setting: &str,
        fits: impl FnOnce(&FieldSchema, &str) -> Result<(), Misfit>,
    ) {
        let (Some(field), Some(text)) = (schema.resolve(field.as_str()), self.settings.get(setting)) else {
            return;
        };
        if let Err(misfit) = fits(field, text) {
            let (setting, kind) = (setting.to_owned(), schema.kind.clone());
            self.found.push(SettingMisfit { setting, kind, misfit });
        }
    }
}

fn operands(test: &Test) -> &[Operand] {
    match test {
        Test::In(operands) | Test::NotIn(operands) => operands,
        Test::Equals(operand) | Test::AtLeast(operand) | Test::AtMost(operand) => {
            std::slice::from_ref(operand)
        }
        Test::Present | Test::Missing => &[],
    }
}

/// Whether a comparison with this text is one of days or numbers, where the field holds such: otherwise it would be one of
/// letters, which means nothing.
fn comparable(field: &FieldSchema, text: &str) -> Result<(), Misfit> {
    let text = text.trim();
    let (compares, expected) = match &field.field_type {
        FieldType::Date => (text.parse::<Date>().is_ok(), DATE),
        FieldType::Integer | FieldType::Decimal { .. } => (text.parse::<Decimal>().is_ok(), NUMBER),
        _ => return Ok(()),
    };
    if compares {
        return Ok(());
    }
    let (field, value) = (field.name.clone(), text.to_owned());
    Err(Misfit::WrongType { field, value, expected: expected.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::{bind, parse};

    const MAPPING: &str = r#"
format = 1
name = "orders"
title = "Orders"
[settings.due]
help = "The day"
[settings.from]
help = "The first day"
[settings.rate]
help = "The rate"
[settings.least]
help = "The least total"
[[unit]]
name = "order"
module = "SalesOrder"
selection = [
  { field = "sold", at_least = { setting = "from" } },
  { field = "total", at_least = { setting = "least" } },
]
[[unit.document]]
role = "order"
doctype = "Sales Order"
external_id = "custom_vtiger_id"
match = [["title"]]
[unit.document.fields]
title = "subject"
delivery_date = { setting = "due", on_create = true }
[[unit.document.row]]
table = "items"
on_create = true
columns = { rate = { setting = "rate" } }
"#;

    fn kind(name: &str, fields: &[(&str, FieldType)]) -> (Kind, KindSchema) {
        let field = |(name, field_type): &(&str, FieldType)| {
            let field = FieldSchema {
                name: (*name).into(),
                label: (*name).into(),
                field_type: field_type.clone(),
                mandatory: false,
                writable: true,
                max_chars: None,
                bmp_only: false,
                unique: *name == "custom_vtiger_id",
                allow_on_submit: false,
            };
            (FieldName::from(*name), field)
        };
        let fields = fields.iter().map(field).collect();
        let schema = KindSchema {
            kind: name.into(),
            label: name.to_owned(),
            creatable: true,
            updatable: true,
            submittable: false,
            fields,
        };
        (name.into(), schema)
    }

    fn found(settings: &[(&str, &str)]) -> Vec<(String, String, Option<&'static str>)> {
        let decimal = || FieldType::Decimal { scale: Some(2) };
        let vtiger = [kind(
            "SalesOrder",
            &[("subject", FieldType::Text), ("sold", FieldType::Date), ("total", decimal())],
        )];
        let rows = FieldType::Rows { kind: "Sales Order Item".into() };
        let order = [
            ("title", FieldType::Text),
            ("delivery_date", FieldType::Date),
            ("custom_vtiger_id", FieldType::Text),
            ("items", rows),
        ];
        let frappe = [kind("Sales Order", &order), kind("Sales Order Item", &[("rate", decimal())])];
        let (vtiger, frappe) = (vtiger.into(), frappe.into());
        let mapping = bind(&parse(MAPPING).unwrap().mapping, &vtiger, &frappe).unwrap().mapping;
        let settings = settings.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let misfits = setting_misfits(&mapping, &settings, &vtiger, &frappe);
        misfits
            .into_iter()
            .map(|found| (found.setting.clone(), found.misfit.to_string(), found.example()))
            .collect()
    }

    #[test]
    fn a_setting_has_the_form_of_every_field_it_is_for() {
        let right = [("due", "2026-12-31"), ("from", "2026-01-01"), ("rate", "12.5"), ("least", "0.001")];
        assert_eq!(found(&right), []);
        // What nobody supplied is told as missing where it is required, and nowhere else.
        assert_eq!(found(&[]), []);
        let wrong = [("due", "31.12.2026"), ("from", "01/02/2026"), ("rate", "free"), ("least", "much")];
        let told = found(&wrong);
        let names: Vec<&str> = told.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, ["due", "from", "least", "rate"]);
        assert!(told[0].1.contains("\"31.12.2026\" is not a date"), "{told:?}");
        assert!(told[1].1.contains("field sold"), "{told:?}");
        assert_eq!(told[0].2, Some("2026-12-31"));
        assert_eq!(told[2].2, Some("12.50"));
    }
}
