//! Item: what ERPNext fills in.

use serde_json::{Value, json};

use crate::frappe::draft::{Action, Draft};
use crate::frappe::site::Txn;
use crate::frappe::values::{Row, text};

impl Txn<'_> {
    /// Name, description, the stock unit and the company's warehouse.
    pub(super) fn validate_item(&mut self, draft: &mut Draft) {
        let name = draft.text("item_name");
        draft.set_missing("description", name);
        if draft.action != Action::Insert {
            return;
        }
        draft.set_missing("customer_code", "");
        let unit = draft.text("stock_uom");
        if draft.rows("uoms").is_empty() && !unit.is_empty() {
            draft.set_late_rows("uoms", vec![object(json!({"uom": unit, "conversion_factor": 1.0}))]);
        }
        let company = self.site.defaults.get("company").cloned().unwrap_or_default();
        if draft.rows("item_defaults").is_empty() && !company.is_empty() {
            let warehouse = self.warehouse_of(&company);
            let row = json!({"company": company, "default_warehouse": warehouse});
            draft.set_late_rows("item_defaults", vec![object(row)]);
        }
    }

    /// `Stores - ABBR`, where the company has it.
    pub(super) fn warehouse_of(&self, company: &str) -> Value {
        self.of_company("Warehouse", "Stores", company)
    }

    /// A tree's leaf that ERPNext makes with each company: its name and the company's abbreviation.
    pub(super) fn of_company(&self, doctype: &str, leaf: &str, company: &str) -> Value {
        let abbreviation = self.site.store.get("Company", company).map(|row| text(row.get("abbr")));
        let name = format!("{leaf} - {}", abbreviation.unwrap_or_default());
        self.true_name(doctype, &name).map_or(Value::Null, Value::from)
    }
}

fn object(value: Value) -> Row {
    match value {
        Value::Object(row) => row,
        _ => Row::new(),
    }
}
