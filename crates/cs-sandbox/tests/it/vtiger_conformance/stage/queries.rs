//! The rows that a query finds, those that it must not find, and those before and after its page.

use std::collections::{BTreeMap, BTreeSet};

use cs_sandbox::vtiger::{Draft, Kind, System, Values};
use serde_json::{Map, Value};

use super::super::request::lab;
use super::super::where_clause::{self, Reading, Wanted};
use super::super::world::columns;
use super::Context;

pub(super) fn stage(context: &Context<'_>, system: &mut System) {
    let (Some(query), Some(module)) = (&context.asked.query, &context.asked.target) else { return };
    let reading = where_clause::read(query);
    let rows = context.result.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    let page =
        Page { context, reading: &reading, module, rows: rows.iter().filter_map(Value::as_object).collect() };
    match module.as_str() {
        "Users" | "Currency" => {}
        "LineItem" => page.line_items(system),
        _ if rows.iter().any(|row| row.get("count").is_some()) => page.counted(system),
        _ => page.records(system),
    }
}

struct Page<'a> {
    context: &'a Context<'a>,
    reading: &'a Reading,
    module: &'a str,
    rows: Vec<&'a Map<String, Value>>,
}

impl Page<'_> {
    fn records(&self, system: &mut System) {
        let drafts: Vec<Draft> =
            self.rows.iter().enumerate().map(|(index, row)| self.draft(row, index)).collect();
        self.pointed_to(system);
        for draft in &drafts {
            system.put(draft.clone());
        }
        self.before_and_after(system, &drafts);
        self.must_not_be_found(system, &drafts);
    }

    /// An answered row as a record, with what the condition and the order need besides.
    fn draft(&self, row: &Map<String, Value>, index: usize) -> Draft {
        let id = row.get("id").and_then(Value::as_str).unwrap_or_default();
        let mut values = columns(self.module, row);
        for wanted in self.chosen(row, id) {
            let known = row.contains_key(&wanted.field) || wanted.field == "id";
            if !known {
                let seen = self.seen(id, &wanted.field).filter(|value| wanted.allows(value));
                self.insert(&mut values, &wanted.field, &seen.unwrap_or_else(|| wanted.example()));
            }
        }
        let unknown = |name: &&String| !row.contains_key(*name) && *name != "id";
        for name in self.reading.order.iter().filter(unknown) {
            let place = if self.reading.descending { 10_000 - index } else { index };
            self.insert(&mut values, name, &format!("{place:05}"));
        }
        Draft {
            module: self.module.to_owned(),
            id: id.split_once('x').and_then(|(_, number)| number.parse().ok()),
            items: self.items(row),
            values,
            ..Draft::default()
        }
    }

    /// The first alternative that the answered fields do not contradict.
    fn chosen(&self, row: &Map<String, Value>, id: &str) -> Vec<Wanted> {
        let fits = |wanted: &Wanted| {
            let shown =
                if wanted.field == "id" { Some(id) } else { row.get(&wanted.field).and_then(Value::as_str) };
            shown.is_none_or(|value| wanted.allows(value))
        };
        let of_all = self.reading.alternatives.iter();
        of_all.clone().find(|all| all.iter().all(fits)).or(of_all.clone().next()).cloned().unwrap_or_default()
    }

    fn seen(&self, id: &str, field: &str) -> Option<String> {
        self.context.world.field(id, field, self.context.turn)?.as_str().map(str::to_owned)
    }

    fn insert(&self, values: &mut Values, field: &str, value: &str) {
        let one = Map::from_iter([(field.to_owned(), Value::from(value))]);
        values.extend(columns(self.module, &one));
    }

    /// As many items as the sums of a joined row speak of.
    fn items(&self, row: &Map<String, Value>) -> Vec<Values> {
        let fields = lab().module(self.module).map(|module| module.fields.clone()).unwrap_or_default();
        let item: Map<String, Value> = fields
            .iter()
            .filter(|field| field.item)
            .filter_map(|field| Some((field.name.clone(), row.get(&field.name)?.clone())))
            .collect();
        if item.is_empty() || item.values().all(Value::is_null) {
            return Vec::new();
        }
        // Amounts are compared in cents, in which the recorded ones are whole.
        let cents = |of: &Map<String, Value>, name: &str| {
            let (whole, rest) = of.get(name)?.as_str()?.split_once('.')?;
            format!("{whole}{}", rest.get(..2)?).parse::<usize>().ok()
        };
        let one = cents(&item, "quantity").unwrap_or(100) * cents(&item, "listprice").unwrap_or(100) / 100;
        let count = cents(row, "hdnSubTotal").and_then(|all| all.checked_div(one)).unwrap_or(1);
        let mut values = super::records::item_columns(&item);
        values.remove("id");
        vec![values; count.clamp(1, 50)]
    }

    /// What the rows point to exists.
    fn pointed_to(&self, system: &mut System) {
        let Some(module) = lab().module(self.module) else { return };
        let mut ids: BTreeSet<String> = BTreeSet::new();
        for field in module.fields.iter().filter(|field| field.kind == Kind::Reference) {
            let shown = self.rows.iter().filter_map(|row| row.get(&field.name)?.as_str());
            ids.extend(shown.filter(|id| id.contains('x')).map(str::to_owned));
        }
        for id in &ids {
            super::records::put(
                self.context,
                system,
                id,
                self.context.world.fields(id, self.context.turn),
                false,
            );
        }
    }

    /// Matching rows before the page, so that its offset is reached, and after it, so that its limit is.
    fn before_and_after(&self, system: &mut System, drafts: &[Draft]) {
        let (Some(first), Some(last)) = (drafts.first(), drafts.last()) else { return };
        let by_id = self.reading.alternatives.iter().flatten().any(|wanted| wanted.field == "id");
        let mut left = self.reading.offset;
        let mut id = first.id.unwrap_or(0);
        while left > 0 && id > 1 {
            id -= 1;
            let joined = if self.reading.star { first.items.len().max(1) } else { 1 };
            if joined > left {
                break;
            }
            left -= joined;
            system.put(Draft { id: Some(id), ..first.clone() });
        }
        let full = self.rows.len() >= self.reading.limit;
        let ascending = self.reading.order.last().is_none_or(|name| name == "id") && !self.reading.descending;
        if full && ascending && !by_id {
            let highest = drafts.iter().filter_map(|draft| draft.id).max().unwrap_or(0);
            for id in highest + 1..highest + 4 {
                system.put(Draft { id: Some(id), ..last.clone() });
            }
        }
    }

    /// Deleted copies of what is found, and a record without values where the condition wants some.
    fn must_not_be_found(&self, system: &mut System, drafts: &[Draft]) {
        for (index, draft) in drafts.iter().take(3).enumerate() {
            let id = Some(900_000 + index as u64);
            system.put(Draft { id, deleted: true, ..draft.clone() });
        }
        if drafts.is_empty() {
            self.deleted_by_id(system);
        }
        let wants = |wanted: &Wanted| {
            matches!(wanted.operator.as_str(), "=" | "in" | "like")
                && wanted.values.iter().all(|value| {
                    value.chars().any(|sign| sign.is_ascii_digit() && sign != '0' || sign.is_alphabetic())
                })
        };
        let alternatives = &self.reading.alternatives;
        if !alternatives.is_empty() && alternatives.iter().all(|all| all.iter().any(wants)) {
            system.put(Draft { module: self.module.to_owned(), id: Some(910_000), ..Draft::default() });
        }
    }

    /// A record that is asked for by its id and not found was deleted.
    fn deleted_by_id(&self, system: &mut System) {
        for wanted in self.reading.alternatives.iter().flatten().filter(|wanted| wanted.field == "id") {
            for id in wanted.values.iter().filter(|id| self.context.world.is_deleted(id, self.context.turn)) {
                let fields = self.context.world.fields(id, self.context.turn);
                super::records::put(self.context, system, id, fields, true);
            }
        }
    }

    /// As many records as were counted.
    fn counted(&self, system: &mut System) {
        let count =
            self.rows.first().and_then(|row| row.get("count")?.as_str()?.parse::<u64>().ok()).unwrap_or(0);
        for index in 0..count {
            let mut values = Values::new();
            for wanted in self.reading.alternatives.first().into_iter().flatten() {
                self.insert(&mut values, &wanted.field, &wanted.example());
            }
            system.put(Draft {
                module: self.module.to_owned(),
                id: Some(1000 + index),
                values,
                ..Draft::default()
            });
        }
    }

    fn line_items(&self, system: &mut System) {
        let mut orders: BTreeMap<u64, Vec<Values>> = BTreeMap::new();
        for row in &self.rows {
            let order = row
                .get("parent_id")
                .and_then(Value::as_str)
                .and_then(|id| id.strip_prefix("6x")?.parse().ok());
            orders.entry(order.unwrap_or(1)).or_default().push(super::records::item_columns(row));
        }
        self.pointed_to(system);
        for (id, items) in orders {
            system.put(Draft { module: "SalesOrder".to_owned(), id: Some(id), items, ..Draft::default() });
        }
    }
}
