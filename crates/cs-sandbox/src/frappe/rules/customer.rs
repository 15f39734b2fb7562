//! Customer: makes its own Contact, takes Contacts and Addresses with it (facts/FRAPPE.md, trap 10).

use serde_json::{Value, json};

use crate::frappe::draft::{Action, Draft, rows_of};
use crate::frappe::refusal::{Class, Message, Refusal};
use crate::frappe::site::Txn;
use crate::frappe::values::{Row, has_value, text};

impl Txn<'_> {
    /// Email and mobile follow the primary contact.
    pub(super) fn validate_customer(&mut self, draft: &mut Draft) {
        let contact = draft.text("customer_primary_contact");
        if contact.is_empty() {
            return;
        }
        if let Some(row) = self.site.store.get("Contact", &contact).cloned() {
            draft.set("mobile_no", text(row.get("mobile_no")));
            draft.set("email_id", text(row.get("email_id")));
        }
    }

    /// A Customer with an email or a mobile number and no contact gets one.
    pub(super) fn customer_written(&mut self, draft: &mut Draft) -> Result<(), Refusal> {
        let (email, mobile) = (draft.text("email_id"), draft.text("mobile_no"));
        let has_contact = has_value(draft.row.get("customer_primary_contact"));
        if draft.action != Action::Insert || has_contact || (email.is_empty() && mobile.is_empty()) {
            return Ok(());
        }
        let mut contact = person(draft);
        let name = draft.name();
        contact.insert("is_primary_contact".to_owned(), 1.into());
        contact.insert("links".to_owned(), json!([{"link_doctype": "Customer", "link_name": name}]));
        if !email.is_empty() {
            contact.insert("email_ids".to_owned(), json!([{"email_id": email, "is_primary": 1}]));
        }
        if !mobile.is_empty() {
            contact.insert("phone_nos".to_owned(), json!([{"phone": mobile, "is_primary_mobile_no": 1}]));
        }
        let contact = self.insert("Contact", &contact)?;
        let now = self.stamp();
        let fields =
            [("customer_primary_contact", Value::from(text(contact.get("name")))), ("modified", now.into())];
        self.site.store.set("Customer", &name, &fields);
        for (field, value) in fields {
            draft.set(field, value);
        }
        Ok(())
    }

    /// Contacts and Addresses that are linked to nothing else go; others lose the link.
    pub(super) fn customer_trashed(&mut self, row: &Row) -> Result<(), Refusal> {
        let name = text(row.get("name"));
        let point_back =
            [("customer_primary_contact", Value::Null), ("customer_primary_address", Value::Null)];
        self.site.store.set("Customer", &name, &point_back);
        for doctype in ["Contact", "Address"] {
            for (document, others) in self.linked_parties(doctype, &name) {
                if others.is_empty() {
                    self.remove_unasked(doctype, &document)
                        .map_err(|refusal| keep_party(doctype, refusal))?;
                } else {
                    let links = others.into_iter().map(Value::Object).collect();
                    self.site.store.set(doctype, &document, &[("links", links)]);
                }
            }
        }
        Ok(())
    }

    /// Documents with a link to the customer, each with its links to others.
    fn linked_parties(&self, doctype: &str, customer: &str) -> Vec<(String, Vec<Row>)> {
        let is_link =
            |row: &Row| text(row.get("link_doctype")) == "Customer" && text(row.get("link_name")) == customer;
        let rows = self.site.store.rows(doctype);
        rows.filter_map(|row| {
            let links = rows_of(row, "links");
            let others: Vec<Row> = links.iter().filter(|link| !is_link(link)).cloned().collect();
            (others.len() < links.len()).then(|| (text(row.get("name")), others))
        })
        .collect()
    }
}

fn keep_party(doctype: &str, refusal: Refusal) -> Refusal {
    if refusal.class != Class::LinkExists {
        return refusal;
    }
    let text = format!("You can disable this {doctype} instead of deleting it.");
    let mut kept = refusal;
    kept.text.clone_from(&text);
    kept.saying(Message::thrown(text)).by_erpnext()
}

/// A person's name in parts, or the company's.
fn person(draft: &Draft) -> Row {
    let name = draft.text("customer_name");
    let mut contact = Row::new();
    if draft.text("customer_type") != "Individual" {
        contact.insert("company_name".to_owned(), draft.name().into());
        return contact;
    }
    let words: Vec<&str> = name.split_whitespace().collect();
    let (first, rest) = words.split_first().map_or(("", [].as_slice()), |(first, rest)| (*first, rest));
    let (last, middle) = rest.split_last().map_or(("", [].as_slice()), |(last, middle)| (*last, middle));
    for (field, value) in
        [("first_name", first.to_owned()), ("middle_name", middle.join(" ")), ("last_name", last.to_owned())]
    {
        if !value.is_empty() {
            contact.insert(field.to_owned(), value.into());
        }
    }
    contact
}
