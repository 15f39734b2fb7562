//! What a create needs: links that lead somewhere, names that are taken, counters, and an order's parties.

use cs_sandbox::frappe::Row;
use cs_sandbox::frappe::catalogue::Naming;
use serde_json::{Value, json};

use super::super::facts::text;
use super::super::history;
use super::Case;
use super::needs::{as_rows, links_to};

impl Case<'_> {
    pub(super) fn for_create(&mut self, doctype: &str, sent: &Row) {
        if self.site.doctype(doctype).is_none() {
            return;
        }
        self.link_targets(doctype, sent);
        if doctype == "Sales Order" {
            self.order_parties(sent);
        }
        if let Some(Value::String(from)) = sent.get("amended_from") {
            let mut row = self
                .history
                .before(self.recording, doctype, from)
                .unwrap_or_else(|| self.least(doctype, from));
            row.insert("docstatus".to_owned(), 2.into());
            history::put(&mut self.site, &row);
        }
        // A duplicate names the document that is there; a duplicate of the request's own making is none of ours.
        if self.words.contains("Duplicate entry '") {
            self.taken_value(doctype, "Otro");
        } else if let Some((_, rest)) = self.words.split_once(&format!("{doctype} <strong>"))
            && let Some((name, _)) = rest.split_once("</strong> already exists")
        {
            let row = self.least(doctype, name);
            history::put(&mut self.site, &row);
        }
        self.unique_value_without_its_text(doctype, sent);
        self.force_name(doctype, sent);
        self.force_series(doctype, sent);
        if doctype == "Custom Field" && self.words.contains("already exists in") {
            cs_sandbox::frappe::install::stage_custom_field(&mut self.site, sent.clone());
        }
    }

    /// Without tracebacks, a unique value's refusal says only the label.
    fn unique_value_without_its_text(&mut self, doctype: &str, sent: &Row) {
        if self.exc_type != "UniqueValidationError" || self.words.contains("Duplicate entry") {
            return;
        }
        let meta = self.site.doctype(doctype).unwrap();
        let mut holder = self.least(doctype, "Titular");
        for field in
            meta.columns().filter(|field| self.words.contains(&format!("{} must be unique", field.title())))
        {
            holder.insert(field.fieldname.clone(), sent.get(&field.fieldname).cloned().unwrap_or_default());
        }
        history::put(&mut self.site, &holder);
    }

    /// Where the answer's name has a number behind it, the plain name was taken, and the number before this one.
    fn force_name(&mut self, doctype: &str, sent: &Row) {
        let name = text(self.payload.get("name"));
        let joint = match doctype {
            "Customer" => " - ",
            "Contact" | "Address" => "-",
            _ => return,
        };
        let Some((plain, number)) = name.rsplit_once(joint) else {
            return;
        };
        let Ok(number) = number.parse::<u32>() else {
            return;
        };
        if text(sent.get("customer_name")) == name {
            return;
        }
        for taken in [plain.to_owned(), format!("{plain}{joint}{}", number - 1)] {
            if number > 1 || taken == plain {
                let row = self.least(doctype, &taken);
                history::put(&mut self.site, &row);
            }
        }
    }

    /// The counter stands where the next number is the one that the answer shows.
    fn force_series(&mut self, doctype: &str, sent: &Row) {
        let meta = self.site.doctype(doctype).unwrap();
        if meta.naming != Naming::Series && doctype != "Customer" {
            return;
        }
        let pattern = meta.field("naming_series").map(|field| field.options.clone()).unwrap_or_default();
        let pattern = sent.get("naming_series").map_or(pattern, |sent| text(Some(sent)));
        let prefix: String = pattern
            .split('.')
            .map(|part| match part {
                "YYYY" => "2026",
                part if part.contains('#') => "",
                part => part,
            })
            .collect();
        let shown = self.recording.response.body.split(&prefix).skip(1).find_map(|rest| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            (digits.len() >= 5).then(|| digits.parse::<u64>().unwrap())
        });
        if let Some(number) = shown {
            self.site.stage_series(&prefix, number - 1);
        }
    }

    /// An order's answer shows its customer's address and contact, and what the price list said.
    pub(super) fn order_parties(&mut self, sent: &Row) {
        let customer = text(sent.get("customer"));
        for doctype in ["Address", "Contact"] {
            for row in self.history.all_before(self.recording, doctype, |row| links_to(row, &customer)) {
                let shown = self.recording.response.body.contains(&text(row.get("name")));
                if shown {
                    self.link_targets(doctype, &row);
                    history::put(&mut self.site, &row);
                }
            }
        }
        for (doctype, field, display) in [
            ("Address", "customer_address", "address_display"),
            ("Contact", "contact_person", "contact_display"),
        ] {
            let name = text(self.payload.get(field));
            let linked = |row: Value| row.as_object().is_some_and(|row| links_to(row, &customer));
            if name.is_empty() || self.site.document(doctype, &name).is_some_and(linked) {
                continue;
            }
            let mut row = self.least(doctype, &name);
            row.insert("links".to_owned(), json!([{"link_doctype": "Customer", "link_name": customer}]));
            row.insert("is_primary_contact".to_owned(), 1.into());
            row.insert("full_name".to_owned(), self.payload.get(display).cloned().unwrap_or_default());
            for (field, shown) in
                [("phone", "contact_phone"), ("mobile_no", "contact_mobile"), ("email_id", "contact_email")]
            {
                row.insert(field.to_owned(), self.payload.get(shown).cloned().unwrap_or_default());
            }
            if doctype == "Address" {
                address_from(&text(self.payload.get(display)), &mut row);
            }
            history::put(&mut self.site, &row);
        }
        let shown = as_rows(self.payload.get("items"));
        self.prices(&if shown.is_empty() { as_rows(sent.get("items")) } else { shown });
    }

    /// An item as the rows of an order show it.
    pub(super) fn item_facts(&self, code: &str, row: &mut Row) {
        row.insert("item_name".to_owned(), code.into());
        let shown = as_rows(self.payload.get("items"));
        for item in shown.iter().filter(|item| text(item.get("item_code")) == code) {
            for field in ["item_name", "description", "item_group", "stock_uom", "is_stock_item"] {
                row.insert(field.to_owned(), item.get(field).cloned().unwrap_or_default());
            }
        }
    }

    /// What the price list said: a first sale shows by its message.
    pub(super) fn prices(&mut self, items: &[Row]) {
        if self.words.contains("Item Price added") {
            return;
        }
        for item in items {
            let price = json!({"doctype": "Item Price", "name": text(item.get("item_code")),
                "item_code": text(item.get("item_code")), "price_list": "Standard Selling",
                "price_list_rate": item.get("price_list_rate").and_then(Value::as_f64).unwrap_or_default()});
            history::put(&mut self.site, price.as_object().unwrap());
        }
    }
}

fn address_from(display: &str, row: &mut Row) {
    let lines: Vec<&str> = display.split("<br>\n").collect();
    for (field, line) in ["address_line1", "city", "country"].into_iter().zip(lines) {
        row.insert(field.to_owned(), line.into());
    }
}
