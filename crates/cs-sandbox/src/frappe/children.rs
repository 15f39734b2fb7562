//! Child rows on their way in: which fields they keep, their place, and their names (facts/FRAPPE.md, trap 4).

use serde_json::Value;

use super::catalogue::Field;
use super::draft::{Draft, LATE, UNSAVED};
use super::site::Txn;
use super::values::{Row, has_value, integer};

impl Txn<'_> {
    pub(super) fn child_rows(&self, table: &Field, sent: &Value) -> Value {
        let Some(meta) = self.site.store.doctype(&table.options) else {
            return Value::Array(Vec::new());
        };
        let kept = ["name", "creation", "owner"];
        let rows = sent.as_array().into_iter().flatten().filter_map(Value::as_object);
        rows.map(|row| {
            let known = |key: &str| kept.contains(&key) || meta.field(key).is_some_and(Field::has_column);
            let fields = row
                .iter()
                .filter(|(key, value)| known(key) && !(kept.contains(&key.as_str()) && value.is_null()));
            Value::Object(fields.map(|(key, value)| (key.clone(), value.clone())).collect())
        })
        .collect()
    }

    /// Gives child rows their place, and new ones a name.
    pub(super) fn name_rows(&mut self, draft: &mut Draft) {
        let tables: Vec<String> = draft.meta.tables().map(|field| field.fieldname.clone()).collect();
        for table in tables {
            let mut rows = draft.rows(&table);
            for (index, row) in rows.iter_mut().enumerate() {
                self.place_row(draft, &table, index, row);
            }
            draft.row.insert(table, rows.into_iter().map(Value::Object).collect());
        }
    }

    fn place_row(&mut self, draft: &Draft, table: &str, index: usize, row: &mut Row) {
        let late = row.shift_remove(LATE).is_some();
        let modified = if late { self.stamp() } else { draft.text("modified") };
        let creation = if late { modified.clone() } else { draft.text("creation") };
        if !has_value(row.get("name")) {
            row.insert("name".to_owned(), self.site.random_name().into());
            if !late {
                row.insert(UNSAVED.to_owned(), 1.into());
            }
        }
        if late {
            row.insert(LATE.to_owned(), true.into());
        }
        row.entry("owner").or_insert_with(|| self.user.clone().into());
        row.entry("creation").or_insert_with(|| creation.into());
        let fixed: [(&str, Value); 7] = [
            ("modified", modified.into()),
            ("modified_by", self.user.clone().into()),
            ("docstatus", integer(draft.row.get("docstatus")).into()),
            ("idx", (index + 1).into()),
            ("parent", draft.name().into()),
            ("parentfield", table.into()),
            ("parenttype", draft.meta.name.clone().into()),
        ];
        for (field, value) in fixed {
            row.insert(field.to_owned(), value);
        }
    }

    pub(super) fn place_late_rows(&mut self, draft: &mut Draft) {
        let tables: Vec<String> = draft.meta.tables().map(|field| field.fieldname.clone()).collect();
        for table in tables {
            let mut rows = draft.rows(&table);
            if rows.iter().all(|row| has_value(row.get("name"))) {
                continue;
            }
            for (index, row) in rows.iter_mut().enumerate() {
                self.place_row(draft, &table, index, row);
            }
            draft.row.insert(table, rows.into_iter().map(Value::Object).collect());
        }
    }
}
