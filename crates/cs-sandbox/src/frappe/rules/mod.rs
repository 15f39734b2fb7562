//! What single kinds of document do besides the general rules: ERPNext's controllers, as far as a client notices them.

mod contact;
mod custom;
mod customer;
mod item;
mod sales_order;

pub(super) use custom::{describe, with_field};

use super::draft::{Action, Draft};
use super::refusal::Refusal;
use super::site::Txn;
use super::values::{Row, has_value, text};

impl Txn<'_> {
    /// Before links are looked at.
    pub(super) fn before_links(&mut self, draft: &mut Draft) -> Result<(), Refusal> {
        match draft.meta.name.as_str() {
            "Sales Order" => self.sales_order_party(draft),
            "Contact" | "Address" => {
                self.title_links(draft);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Frappe's `validate`.
    pub(super) fn validate_rules(&mut self, draft: &mut Draft) -> Result<(), Refusal> {
        let submitted = matches!(draft.action, Action::UpdateAfterSubmit | Action::Cancel);
        match draft.meta.name.as_str() {
            "Contact" => self.validate_contact(draft),
            "Address" => {
                self.title_links(draft);
                Ok(())
            }
            "Customer" => {
                self.validate_customer(draft);
                Ok(())
            }
            "Bank Account" => validate_iban(draft),
            "Item" => {
                self.validate_item(draft);
                Ok(())
            }
            "Sales Order" if submitted => {
                sales_order::keep_sales_order(draft);
                Ok(())
            }
            "Sales Order" => self.validate_sales_order(draft),
            "Custom Field" => self.validate_custom_field(draft),
            _ => Ok(()),
        }
    }

    /// Frappe's `on_update` and `after_insert`.
    pub(super) fn after_write(&mut self, draft: &mut Draft) -> Result<(), Refusal> {
        match draft.meta.name.as_str() {
            "Customer" => self.customer_written(draft),
            "Address" => {
                self.address_written(draft);
                Ok(())
            }
            "Sales Order" => {
                self.sales_order_written(draft);
                Ok(())
            }
            "Custom Field" => self.custom_field_written(draft),
            "DocType" => {
                self.doctype_written(draft);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Frappe's `on_trash`.
    pub(super) fn on_trash(&mut self, doctype: &str, row: &Row) -> Result<(), Refusal> {
        match doctype {
            "Customer" => self.customer_trashed(row),
            "Custom Field" => {
                self.custom_field_trashed(row);
                Ok(())
            }
            "DocType" => {
                self.site.store.remove_doctype(&text(row.get("name")));
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Before a new document gets its name.
pub(super) fn before_naming(draft: &mut Draft) -> Result<(), Refusal> {
    match draft.meta.name.as_str() {
        "Custom Field" => custom::custom_field_name(draft),
        "Item" => {
            let code = draft.text("item_code");
            draft.set_missing("item_name", code);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// An IBAN is checked by length and check digits.
fn validate_iban(draft: &mut Draft) -> Result<(), Refusal> {
    if !has_value(draft.row.get("iban")) {
        return Ok(());
    }
    let iban: String = draft.text("iban").split_whitespace().collect();
    let (head, tail) = iban.split_at_checked(4).unwrap_or((&iban, ""));
    let remainder = tail.chars().chain(head.chars()).try_fold(0_u32, |sum, character| {
        let digit = character.to_digit(36)?;
        let width = if digit > 9 { 100 } else { 10 };
        Some((sum * width + digit) % 97)
    });
    if iban.len() >= 15 && remainder == Some(1) {
        Ok(())
    } else {
        Err(Refusal::invalid("IBAN is not valid").by_erpnext())
    }
}
