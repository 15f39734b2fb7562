//! `create`, `revise`, `update` and `delete`.
//!
//! VTiger checks nothing between reading a record and writing it, moves `modifiedtime` with every write, and dies or
//! prints a page only after the work was done: so a [`Refusal::Fatal`] or [`Refusal::Page`] from here leaves its
//! traces in the state.

use jiff::Timestamp;
use serde_json::Value;

use super::catalogue::Module;
use super::collation;
use super::element::{Element, check_complete, check_not_blanked};
use super::entities;
use super::refusal::{Code, RESTRICTED_FILE, Refusal};
use super::system::{Draft, System, User, Values, label};
use super::values::as_text;

/// Which of the two writes to an existing record is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// `revise`: what is not sent stays.
    Revise,
    /// `update`: wants every mandatory field, and writes the entities of an untouched description out once more.
    Update,
}

impl System {
    /// `create`.
    pub fn create(
        &mut self,
        user: &User,
        name: &str,
        element: &Element,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let visible = self.catalogue.by_name(name).is_some_and(|entry| self.sees(user, entry));
        let module =
            self.catalogue.module(name).filter(|_| visible).ok_or_else(Refusal::not_permitted)?.clone();
        self.check_references(user, &module, element)?;
        check_complete(&module, element)?;
        self.check_owner(user, &module, element)?;
        let kept = Self::kept(user, &module, element)?;
        self.check_unique(&module, &kept, None)?;
        match module.name.as_str() {
            "SalesOrder" => return self.create_order(user, &module, element, kept, now),
            "Users" | "Currency" | "LineItem" => return Err(Refusal::Fatal),
            _ => {}
        }
        let id = self.insert(user, &module, element, kept, now);
        self.answer_write(user, &module, id)
    }

    /// Makes the record and gives its number.
    pub(crate) fn insert(
        &mut self,
        user: &User,
        module: &Module,
        element: &Element,
        kept: Values,
        now: Timestamp,
    ) -> u64 {
        let stamp = self.stamp(now);
        let some = |text: &str| Some(text.to_owned());
        let mut values: Values = module
            .stored()
            .filter(|field| !matches!(field.kind, super::Kind::Text(_)))
            .filter_map(|field| {
                let default = field.default.clone()?;
                let stored = super::values::stored(field.kind, &default, "yyyy-mm-dd").ok()?;
                Some((field.name.clone(), stored))
            })
            .collect();
        values.extend(kept);
        values.insert("createdtime".to_owned(), some(&stamp));
        values.insert("modifiedtime".to_owned(), some(&stamp));
        values.insert("modifiedby".to_owned(), Some(user.id.to_string()));
        values.insert("source".to_owned(), some("WEBSERVICE"));
        values.insert("starred".to_owned(), some("0"));
        if let Some((field, prefix)) = numbering(&module.name) {
            let number = self.take_number(prefix);
            values.insert(field.to_owned(), Some(number));
        }
        let id = self.take_id();
        let label = Self::sent_label(module, element, &values);
        self.put(Draft {
            module: module.name.clone(),
            id: Some(id),
            values,
            label: Some(label),
            ..Draft::default()
        });
        if let Some(record) = self.records.get_mut(&id) {
            record.savers.insert(user.id);
        }
        id
    }

    /// The label is made of what was sent, before the columns cut it (recording 079).
    fn sent_label(module: &Module, element: &Element, values: &Values) -> String {
        let mut whole = values.clone();
        for name in &module.label_fields {
            if let Some(text) = element.get(name).and_then(as_text) {
                let uncut = super::values::stored(super::Kind::Text(None), &text, "").ok().flatten();
                whole.insert(name.clone(), uncut);
            }
        }
        label(module, &whole)
    }

    /// `revise` and `update`.
    pub fn write(
        &mut self,
        user: &User,
        write: Write,
        element: &Element,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let id = element.get("id").and_then(as_text).unwrap_or_default();
        self.parts(&id)?;
        let found = self.find(user, &id)?;
        let number = found.number;
        let module = self.catalogue.module(&found.entry.name).ok_or_else(Refusal::not_permitted)?.clone();
        self.check_own(user, number)?;
        self.check_references(user, &module, element)?;
        match write {
            Write::Revise => check_not_blanked(&module, element)?,
            Write::Update => check_complete(&module, element)?,
        }
        self.check_owner(user, &module, element)?;
        if !self.records.contains_key(&number) || matches!(&*module.name, "Users" | "Currency" | "LineItem") {
            return Err(Refusal::Fatal);
        }
        let kept = Self::kept(user, &module, element)?;
        self.check_unique(&module, &kept, Some(number))?;
        let described = kept.contains_key("description");
        self.overwrite(user, &module, number, element, kept, now);
        let answer = if module.name == "SalesOrder" {
            self.finish_order(user, &module, number, write, element)
        } else {
            self.answer_write(user, &module, number)
        };
        // Trap 6; the answer was read before, the harm shows afterwards (recordings 230 and 231).
        if write == Write::Update
            && !described
            && let Some(record) = self.records.get_mut(&number)
        {
            let encoded = entities::encode(record.text("description"));
            record.set("description", Some(&encoded));
        }
        answer
    }

    fn overwrite(
        &mut self,
        user: &User,
        module: &Module,
        number: u64,
        element: &Element,
        kept: Values,
        now: Timestamp,
    ) {
        let stamp = self.stamp(now);
        let Some(record) = self.records.get_mut(&number) else {
            return;
        };
        record.values.extend(kept);
        record.set("modifiedtime", Some(&stamp));
        record.set("modifiedby", Some(&user.id.to_string()));
        record.savers.insert(user.id);
        if record.text("starred").is_empty() {
            record.set("starred", Some("0"));
        }
        let values = record.values.clone();
        let touched = module.label_fields.iter().any(|name| element.contains_key(name));
        let label = Self::sent_label(module, element, &values);
        if touched && let Some(record) = self.records.get_mut(&number) {
            record.label = label;
        }
    }

    /// What a write answers once it is done: the record as it is now, or a page where its owner does not exist.
    fn answer_write(&self, user: &User, module: &Module, number: u64) -> Result<Value, Refusal> {
        let record = self.live(number).ok_or_else(Refusal::not_permitted)?;
        self.check_owner_exists(record.text("assigned_user_id"))?;
        let mut shown = self.show_record(user, module, record);
        if module.name == "Products" {
            Self::add_prices(record, &mut shown);
        }
        Ok(Value::Object(shown))
    }

    /// Trap 5: the write is done, and VTiger prints a page.
    pub(crate) fn check_owner_exists(&self, owner: &str) -> Result<(), Refusal> {
        let known = owner.parse::<u64>().is_ok_and(|number| self.users.contains_key(&number));
        if known { Ok(()) } else { Err(RESTRICTED_FILE) }
    }

    /// Accounts have unique names; nothing else is checked.
    fn check_unique(&self, module: &Module, kept: &Values, own: Option<u64>) -> Result<(), Refusal> {
        for field in
            module.fields.iter().filter(|field| field.describe.get("isunique") == Some(&Value::Bool(true)))
        {
            let Some(Some(wanted)) = kept.get(&field.name) else {
                continue;
            };
            let taken = self.records.values().any(|record| {
                !record.deleted
                    && record.module == module.name
                    && Some(record.id) != own
                    && collation::compare(record.text(&field.name), wanted).is_eq()
            });
            if taken && !wanted.is_empty() {
                return Err(Refusal::error(Code::Zero, "Duplicate(s) detected!"));
            }
        }
        Ok(())
    }

    /// `delete`. The record stays, invisible; what pointed to it is not told (trap 12).
    pub fn delete(&mut self, user: &User, id: &str, now: Timestamp) -> Result<Value, Refusal> {
        let found = self.find(user, id)?;
        let (number, contact) = (found.number, found.entry.name == "Contacts");
        self.check_own(user, number)?;
        let stamp = self.stamp(now);
        let record = self.records.get_mut(&number).ok_or(Refusal::Fatal)?;
        record.deleted = true;
        record.set("modifiedtime", Some(&stamp));
        if contact {
            let pointer = number.to_string();
            let orders = self.records.values_mut().filter(|record| record.module == "SalesOrder");
            for order in orders.filter(|order| order.text("contact_id") == pointer) {
                order.set("contact_id", None);
            }
        }
        Ok(serde_json::json!({"status": "successful"}))
    }
}

/// The field that VTiger numbers, and what the numbers begin with.
fn numbering(module: &str) -> Option<(&'static str, &'static str)> {
    match module {
        "Accounts" => Some(("account_no", "ACC")),
        "Contacts" => Some(("contact_no", "CON")),
        "Leads" => Some(("lead_no", "LEA")),
        "Products" => Some(("product_no", "PRO")),
        "SalesOrder" => Some(("salesorder_no", "SO")),
        _ => None,
    }
}
