//! `retrieve` and `query`.

use serde_json::{Map, Value, json};

use super::catalogue::{Module, TypeEntry};
use super::element::loose_parts;
use super::query::{self, Columns, Query, Row, Selected};
use super::refusal::Refusal;
use super::render::Face;
use super::system::{Rights, System, User, Values};

/// What an id stands for.
pub(crate) struct Found<'a> {
    pub(crate) entry: &'a TypeEntry,
    pub(crate) number: u64,
}

impl System {
    /// What an id stands for, with VTiger's order of complaints: unknown prefix, no such record, another module's.
    pub(crate) fn find(&self, user: &User, id: &str) -> Result<Found<'_>, Refusal> {
        let (prefix, number) = loose_parts(id);
        let entry = self.catalogue.by_prefix(prefix).ok_or_else(Refusal::unknown_prefix)?;
        let there = match entry.name.as_str() {
            "Users" => self.users.contains_key(&number).then(|| "Users".to_owned()),
            "Currency" => self.currencies.contains_key(&number).then(|| "Currency".to_owned()),
            "LineItem" => self.item(number).map(|_| "LineItem".to_owned()),
            _ => self.live(number).map(|record| record.module.clone()),
        };
        // Missing, deleted and not allowed are one and the same.
        let name = there.ok_or_else(Refusal::not_permitted)?;
        let visible = self.catalogue.by_name(&name).is_some_and(|found| self.sees(user, found));
        if !visible {
            return Err(Refusal::not_permitted());
        }
        if name != entry.name {
            return Err(Refusal::wrong_id());
        }
        Ok(Found { entry, number })
    }

    /// Whether the user may change a record.
    pub(crate) fn check_own(&self, user: &User, number: u64) -> Result<(), Refusal> {
        let own =
            self.live(number).is_some_and(|record| record.text("assigned_user_id") == user.id.to_string());
        if user.rights == Rights::Admin || own { Ok(()) } else { Err(Refusal::not_yours()) }
    }

    /// The order and the columns of a line item.
    pub(crate) fn item(&self, number: u64) -> Option<(u64, &Values)> {
        let number = number.to_string();
        let orders = self.records.values().filter(|record| !record.deleted);
        orders
            .flat_map(|order| order.items.iter().map(|item| (order.id, item)))
            .find(|(_, item)| item.get("id").and_then(Option::as_deref) == Some(number.as_str()))
    }

    /// `retrieve`.
    pub fn retrieve(&self, user: &User, id: &str) -> Result<Value, Refusal> {
        let found = self.find(user, id)?;
        let module = self.catalogue.module(&found.entry.name).ok_or_else(Refusal::not_permitted)?;
        match self.live(found.number).filter(|record| record.module == module.name) {
            Some(order) if module.name == "SalesOrder" => {
                self.show_order(user, module, order).map(Value::Object)
            }
            Some(product) if module.name == "Products" => {
                let mut shown = self.show_record(user, module, product);
                Self::add_prices(product, &mut shown);
                Ok(Value::Object(shown))
            }
            Some(record) => Ok(Value::Object(self.show_record(user, module, record))),
            None => self.retrieve_actor(module, found.number),
        }
    }

    /// Modules without a record of their own are shown as a query shows them.
    fn retrieve_actor(&self, module: &Module, number: u64) -> Result<Value, Refusal> {
        let owned = self.actor_rows(module);
        let row = owned.iter().find(|(id, _)| *id == number).ok_or_else(Refusal::not_permitted)?;
        let mut shown = Map::new();
        for field in module.fields.iter().filter(|field| !is_secret(&field.name)) {
            let value = if field.name == "id" {
                json!(format!("{}x{number}", module.prefix))
            } else {
                self.show(field, row.1.get(&field.name).and_then(Option::as_deref), Face::Record)
            };
            shown.insert(field.name.clone(), value);
        }
        Ok(Value::Object(shown))
    }

    /// `query`.
    pub fn query(&self, user: &User, text: &str) -> Result<Value, Refusal> {
        let name = query::module_of(text)?;
        let entry = self.catalogue.by_name(name).ok_or_else(|| Refusal::unknown_name(name))?;
        let module = self.catalogue.module(name).filter(|_| self.sees(user, entry));
        let module = module.ok_or_else(Refusal::not_permitted)?;
        let parsed = query::parse(text)?;
        let actors = self.actor_rows(module);
        let rows = if module.head.get("isEntity") == Some(&Value::Bool(true)) && module.name != "Users" {
            self.record_rows(module, joins_items(&parsed, module))
        } else {
            actors.iter().map(|(id, values)| Row { id: *id, natural: (0, *id), values, item: None }).collect()
        };
        let selected = query::select(&parsed, module, rows, !self.persona().is_8_2())?;
        Ok(match selected {
            // 8.3.0 loses the count on its way out (trap 10).
            Selected::Count(count) if self.persona().is_8_2() => json!([{"count": count.to_string()}]),
            Selected::Count(_) => json!([]),
            Selected::Rows(rows) => Value::Array(self.show_rows(user, module, &parsed, &rows)),
        })
    }

    fn show_rows(&self, user: &User, module: &Module, parsed: &Query, rows: &[Row<'_>]) -> Vec<Value> {
        let fields: Vec<_> = match &parsed.columns {
            Columns::All => {
                let columns = module.fields.iter().filter(|field| field.name == "id" || module.keeps(field));
                columns.filter(|field| !is_secret(&field.name)).collect()
            }
            Columns::Named(names) => {
                let id = (!names.iter().any(|name| name == "id")).then_some("id");
                names.iter().map(String::as_str).chain(id).filter_map(|name| module.field(name)).collect()
            }
            Columns::Count => Vec::new(),
        };
        let mut shown: Vec<(u64, Value)> = Vec::new();
        for row in rows {
            let mut value = self.show_row(module, row, &fields);
            let unsaved = self.live(row.id).is_some_and(|record| !record.savers.contains(&user.id));
            if unsaved && let Some(starred) = value.get_mut("starred") {
                *starred = self.null();
            }
            // A record joined with several items comes once, with the last item, where it stood first (trap 8).
            match shown.iter_mut().find(|(id, _)| *id == row.id) {
                Some(earlier) => earlier.1 = value,
                None => shown.push((row.id, value)),
            }
        }
        shown.into_iter().map(|(_, value)| value).collect()
    }

    /// The live records of a module, once for each line item where these are joined.
    fn record_rows(&self, module: &Module, items: bool) -> Vec<Row<'_>> {
        let mut rows = Vec::new();
        for record in self.records.values().filter(|record| !record.deleted && record.module == module.name) {
            // Contacts come in the order of the index on their account (recordings 155 and 295).
            let account = if module.name == "Contacts" { record.text("account_id") } else { "" };
            let natural = (account.parse().unwrap_or(0), record.id);
            let row = Row { id: record.id, natural, values: &record.values, item: None };
            if items && !record.items.is_empty() {
                rows.extend(record.items.iter().map(|item| Row { item: Some(item), ..row }));
            } else {
                rows.push(row);
            }
        }
        rows.sort_by_key(|row| row.natural);
        rows
    }

    /// The rows of modules whose records are kept elsewhere.
    fn actor_rows(&self, module: &Module) -> Vec<(u64, Values)> {
        match module.name.as_str() {
            "Users" => self.users.iter().map(|(id, user)| (*id, user.values.clone())).collect(),
            "Currency" => self.currencies.iter().map(|(id, values)| (*id, values.clone())).collect(),
            "LineItem" => {
                let orders = self.records.values().filter(|record| !record.deleted);
                let items = orders.flat_map(|order| order.items.iter().map(|item| (order.id, item.clone())));
                items
                    .map(|(order, mut item)| {
                        item.insert("parent_id".to_owned(), Some(order.to_string()));
                        let id = item.get("id").and_then(Option::as_deref).and_then(|id| id.parse().ok());
                        (id.unwrap_or(0), item)
                    })
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Whether a query touches the line items, which joins them in.
fn joins_items(parsed: &Query, module: &Module) -> bool {
    let is_item = |name: &String| module.field(name).is_some_and(|field| field.item);
    let selected = match &parsed.columns {
        Columns::All => module.fields.iter().any(|field| field.item),
        Columns::Named(names) => names.iter().any(is_item),
        Columns::Count => false,
    };
    selected || parsed.alternatives.iter().flatten().any(|condition| is_item(&condition.field))
}

/// Fields that `describe` lists and no operation shows.
fn is_secret(name: &str) -> bool {
    matches!(name, "user_password" | "confirm_password" | "accesskey")
}
