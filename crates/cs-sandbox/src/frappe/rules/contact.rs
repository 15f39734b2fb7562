//! Contact and Address (facts/FRAPPE.md, "Writing" and trap 10).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::frappe::draft::Draft;
use crate::frappe::naming::full_name;
use crate::frappe::refusal::Refusal;
use crate::frappe::site::Txn;
use crate::frappe::values::{Row, has_value, integer, text};

impl Txn<'_> {
    /// Rows of `links` carry the title of what they lead to.
    pub(super) fn title_links(&mut self, draft: &mut Draft) {
        let mut rows = draft.rows("links");
        for row in &mut rows {
            let doctype = text(row.get("link_doctype"));
            let Some(meta) = self.site.store.doctype(&doctype) else {
                continue;
            };
            if let Some(linked) = self.site.store.get(&doctype, &text(row.get("link_name"))) {
                let field = if meta.title_field.is_empty() { "name" } else { &meta.title_field };
                row.insert("link_title".to_owned(), text(linked.get(field)).into());
            }
        }
        draft.row.insert("links".to_owned(), rows.into_iter().map(Value::Object).collect());
    }

    /// Full name and primary address and numbers are derived; the fields themselves cannot be sent.
    pub(super) fn validate_contact(&mut self, draft: &mut Draft) -> Result<(), Refusal> {
        let name = full_name(&draft.row);
        draft.set("full_name", name);
        primary_email(draft)?;
        let phone = primary_number(draft, "is_primary_phone", "Phone")?;
        draft.set("phone", phone);
        let mobile = primary_number(draft, "is_primary_mobile_no", "Mobile No")?;
        draft.set("mobile_no", mobile);
        // A site without an avatar service answers an empty picture.
        if has_value(draft.row.get("email_id")) {
            draft.set_missing("image", "");
        }
        self.title_links(draft);
        single_links(draft);
        Ok(())
    }

    /// A Customer whose primary address changes is written, too: it looks like an edit.
    pub(super) fn address_written(&mut self, draft: &Draft) {
        let name = draft.name();
        let holders: Vec<String> = self
            .site
            .store
            .rows("Customer")
            .filter(|row| text(row.get("customer_primary_address")) == name)
            .map(|row| text(row.get("name")))
            .collect();
        let display = address_display(&draft.row);
        for customer in holders {
            let now = self.stamp();
            let user = self.user.clone();
            self.site.store.set(
                "Customer",
                &customer,
                &[
                    ("primary_address", display.clone().into()),
                    ("modified", now.into()),
                    ("modified_by", user.into()),
                ],
            );
        }
    }
}

fn primary_email(draft: &mut Draft) -> Result<(), Refusal> {
    let mut rows = draft.rows("email_ids");
    if let [only] = rows.as_mut_slice() {
        only.insert("is_primary".to_owned(), 1.into());
    }
    let primary: Vec<String> = chosen(&rows, "is_primary", "email_id");
    if primary.len() > 1 {
        return Err(two_primaries("Email ID"));
    }
    let email = primary.first().map(|email| email.trim().to_owned());
    draft.row.insert("email_ids".to_owned(), rows.into_iter().map(Value::Object).collect());
    draft.set("email_id", email.unwrap_or_default());
    Ok(())
}

fn primary_number(draft: &Draft, flag: &str, label: &str) -> Result<String, Refusal> {
    let mut primary = chosen(&draft.rows("phone_nos"), flag, "phone");
    if primary.len() > 1 {
        return Err(two_primaries(label));
    }
    Ok(primary.pop().unwrap_or_default())
}

fn chosen(rows: &[Row], flag: &str, field: &str) -> Vec<String> {
    let rows = rows.iter().filter(|row| integer(row.get(flag)) != 0);
    rows.map(|row| text(row.get(field))).collect()
}

fn two_primaries(label: &str) -> Refusal {
    Refusal::invalid(format!("Only one <strong>{label}</strong> can be set as primary."))
}

/// Where a link is there twice, Frappe makes all of them anew, with nothing but the two names.
fn single_links(draft: &mut Draft) {
    let rows = draft.rows("links");
    let pair = |row: &Row| (text(row.get("link_doctype")), text(row.get("link_name")));
    let mut seen = BTreeSet::new();
    let once: Vec<Row> = rows.iter().filter(|row| seen.insert(pair(row))).cloned().collect();
    if once.len() == rows.len() {
        return;
    }
    let bare = once.into_iter().map(|row| {
        let kept = |key: &String| ["link_doctype", "link_name"].contains(&key.as_str());
        row.into_iter().filter(|(key, _)| kept(key)).collect()
    });
    draft.set_late_rows("links", bare.collect());
}

/// An address as ERPNext's default template prints it.
pub(super) fn address_display(row: &Row) -> String {
    let mut lines = text(row.get("address_line1"));
    lines.push_str("<br>\n");
    for field in ["address_line2", "city", "state", "pincode"] {
        if has_value(row.get(field)) {
            lines.push_str(&text(row.get(field)));
            lines.push_str("<br>\n");
        }
    }
    lines.push_str(&text(row.get("country")));
    lines.push_str("<br>\n<br>\n");
    lines
}
