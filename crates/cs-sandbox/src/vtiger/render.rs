//! How columns look from outside.
//!
//! `retrieve` shows NULL as empty text, `query` as null; empty references are null on 8.3.0, and on 8.2.0 nothing is
//! ever null (facts/VTIGER.md, Values).

use serde_json::{Map, Value};

use super::catalogue::{Field, Kind, Module};
use super::entities;
use super::query::Row;
use super::system::{Record, System, User};

/// Which operation shows the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    /// `retrieve`, and the answers of `create`, `revise` and `update`.
    Record,
    /// A row of `query`.
    Row,
}

impl System {
    /// What stands for nothing at all.
    pub(crate) fn null(&self) -> Value {
        if self.persona().is_8_2() { Value::from("") } else { Value::Null }
    }

    /// One column.
    pub(crate) fn show(&self, field: &Field, cell: Option<&str>, face: Face) -> Value {
        match field.kind {
            Kind::Reference => self.show_reference(field, cell),
            Kind::Owner => self.show_owner(cell),
            _ => match cell {
                Some(text) => Value::from(text),
                None if face == Face::Record => Value::from(""),
                None => self.null(),
            },
        }
    }

    fn show_reference(&self, field: &Field, cell: Option<&str>) -> Value {
        let number = cell.and_then(|text| text.parse::<u64>().ok());
        // Only users have such: `roleid` (H2) and an empty `reports_to_id`.
        if let (Some(text), None) = (cell, number) {
            return Value::from(text);
        }
        let found = number.and_then(|number| {
            let holds = |name: &&String| match name.as_str() {
                "Users" => self.users.contains_key(&number),
                "Currency" => self.currencies.contains_key(&number),
                name => self.live(number).is_some_and(|record| record.module == name),
            };
            let name = field.refers_to.iter().find(holds)?;
            Some(format!("{}x{number}", self.catalogue.by_name(name)?.prefix))
        });
        // A record that was deleted, or never was, shows as none.
        found.map_or_else(|| self.null(), Value::from)
    }

    /// An owner who does not exist shows as the bare number (recording 351).
    fn show_owner(&self, cell: Option<&str>) -> Value {
        let Some(text) = cell else { return self.null() };
        let known = text.parse::<u64>().is_ok_and(|number| self.users.contains_key(&number));
        Value::from(if known { format!("19x{text}") } else { text.to_owned() })
    }

    /// A record's fields, id and label, as `retrieve` gives them; without anything about line items.
    pub(crate) fn show_record(&self, user: &User, module: &Module, record: &Record) -> Map<String, Value> {
        let mut shown = Map::new();
        for field in module.stored().filter(|field| !field.item) {
            let cell = record.values.get(&field.name).and_then(Option::as_deref);
            let cell = cell.filter(|_| field.name != "starred" || record.savers.contains(&user.id));
            shown.insert(field.name.clone(), self.show(field, cell, Face::Record));
        }
        shown.insert("id".to_owned(), Value::from(format!("{}x{}", module.prefix, record.id)));
        shown.insert("label".to_owned(), Value::from(entities::encode(&record.label)));
        shown
    }

    /// A row with these fields. Fields that share a column come under the name of the last of them, so that an
    /// order's `hdnDiscountPercent` is called `discount_percent` here (recording 292).
    pub(crate) fn show_row(&self, module: &Module, row: &Row<'_>, fields: &[&Field]) -> Value {
        let mut shown = Map::new();
        for field in fields {
            if field.name == "id" {
                shown.insert("id".to_owned(), Value::from(format!("{}x{}", module.prefix, row.id)));
                continue;
            }
            let namesake = module.fields.iter().rev().find(|other| other.column == field.column);
            let name = namesake.map_or(&field.name, |other| &other.name);
            // Where the item is joined, its column is the one that is read last.
            let shared = namesake.filter(|other| other.item && row.item.is_some()).unwrap_or(field);
            shown.insert(name.clone(), self.show(field, row.cell(shared), Face::Row));
        }
        Value::Object(shown)
    }
}
