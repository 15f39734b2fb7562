//! Sales Orders: the module whose web service is broken in most ways (facts/VTIGER.md, traps 2, 3 and 4).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::catalogue::Module;
use super::changes::Write;
use super::element::Element;
use super::entities;
use super::items::{self, Totals};
use super::refusal::Refusal;
use super::render::Face;
use super::system::{Record, System, User, Values};

/// The columns of an order that stay NULL unless they are set, whatever their kind.
const NULLS: [&str; 9] = [
    "hdnDiscountPercent",
    "hdnDiscountAmount",
    "hdnTaxType",
    "region_id",
    "recurring_frequency",
    "start_period",
    "end_period",
    "payment_duration",
    "invoicestatus",
];

/// The columns of `vtiger_invoice_recurring_info`, whose row a save of an order that does not recur throws away.
const RECURRING: [&str; 6] = [
    "recurring_frequency",
    "start_period",
    "end_period",
    "payment_duration",
    "invoicestatus",
    "last_recurring_date",
];

/// Takes blanks back to NULL in an order that is about to be kept.
pub(super) fn null_out(values: &mut Values) {
    for name in NULLS {
        let text = values.get(name).and_then(Option::as_deref);
        if text.is_some_and(|text| text.chars().all(|sign| matches!(sign, '0' | '.'))) {
            values.insert(name.to_owned(), None);
        }
    }
}

/// An order that PHP 8 cannot read: VTiger dies on its way to the items.
fn is_poison(order: &Record) -> bool {
    order.text("hdnTaxType") == "individual"
}

impl System {
    pub(crate) fn create_order(
        &mut self,
        user: &User,
        module: &Module,
        element: &Element,
        mut kept: Values,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        if !self.persona().creates_orders() {
            return Err(Refusal::wrong_id());
        }
        let group = kept.get("hdnTaxType").and_then(Option::as_deref) == Some("group");
        if !group {
            kept.insert("hdnTaxType".to_owned(), Some("individual".to_owned()));
        }
        kept.entry("currency_id".to_owned()).or_insert(Some("1".to_owned()));
        let id = self.insert(user, module, element, kept, now);
        if !group {
            // Half of an order stays: it can be queried, never retrieved.
            return Err(Refusal::Fatal);
        }
        let totals = self.replace_items(id, element);
        let order = self.live(id).ok_or(Refusal::Fatal)?;
        self.check_owner_exists(order.text("assigned_user_id"))?;
        let mut shown = self.show_order_with(module, user, order, totals);
        shown.insert("new".to_owned(), Value::Bool(true));
        Ok(Value::Object(shown))
    }

    /// The answer to a write that brought items: totals are numbers, and the details were made before the items were.
    fn show_order_with(
        &self,
        module: &Module,
        user: &User,
        order: &Record,
        totals: Totals,
    ) -> Map<String, Value> {
        let mut shown = self.show_record(user, module, order);
        for (name, amount) in
            [("hdnGrandTotal", totals.grand), ("hdnSubTotal", totals.sub), ("pre_tax_total", totals.sub)]
        {
            shown.insert(name.to_owned(), number(amount));
        }
        Self::add_shipping(&mut shown);
        shown.insert("LineItems".to_owned(), self.show_items(order));
        let nothing = if self.persona().is_8_2() { Value::Null } else { Value::from("") };
        shown.insert("productid".to_owned(), nothing);
        let details = super::details::before_items(order, self.setup.currency_decimals);
        shown.insert("LineItems_FinalDetails".to_owned(), details);
        shown
    }

    /// `retrieve`.
    pub(crate) fn show_order(
        &self,
        user: &User,
        module: &Module,
        order: &Record,
    ) -> Result<Map<String, Value>, Refusal> {
        if is_poison(order) {
            return Err(Refusal::Fatal);
        }
        let mut shown = self.show_record(user, module, order);
        Self::add_shipping(&mut shown);
        shown.insert("LineItems".to_owned(), self.show_items(order));
        let first = order.items.first().map_or(Value::Null, |item| self.show_product(item));
        shown.insert("productid".to_owned(), first);
        let details = super::details::of_items(self, order, self.setup.currency_decimals);
        shown.insert("LineItems_FinalDetails".to_owned(), details);
        Ok(shown)
    }

    fn add_shipping(shown: &mut Map<String, Value>) {
        shown.insert("shipping_&_handling".to_owned(), Value::Null);
        for tax in 1..=3 {
            shown.insert(format!("shipping_&_handling_shtax{tax}"), json!(0));
        }
    }

    fn show_product(&self, item: &Values) -> Value {
        let field = self.catalogue.module("LineItem").and_then(|module| module.field("productid"));
        let cell = item.get("productid").and_then(Option::as_deref);
        field.map_or(Value::Null, |field| self.show(field, cell, Face::Record))
    }

    pub(crate) fn show_items(&self, order: &Record) -> Value {
        let Some(module) = self.catalogue.module("LineItem") else {
            return json!([]);
        };
        let one = |item: &Values| {
            let mut shown = Map::new();
            for field in module.fields.iter().filter(|field| field.name != "id") {
                let value = match field.name.as_str() {
                    // 8.2.0 makes a text of a list here.
                    "parent_id" if self.persona().is_8_2() => Value::from("6xArray"),
                    "parent_id" => Value::from(format!("6x{}", order.id)),
                    name => self.show(field, item.get(name).and_then(Option::as_deref), Face::Record),
                };
                shown.insert(field.name.clone(), value);
            }
            let id = item.get("id").and_then(Option::as_deref).unwrap_or_default();
            shown.insert("id".to_owned(), Value::from(format!("{}x{id}", module.prefix)));
            let product = item.get("productid").and_then(Option::as_deref).and_then(|id| id.parse().ok());
            let product = product.and_then(|id: u64| self.live(id));
            let name = product.map(|record| entities::encode(record.text("productname"))).unwrap_or_default();
            shown.insert("product_name".to_owned(), Value::from(name));
            let kind = product.map_or("", |record| record.module.as_str());
            shown.insert("entity_type".to_owned(), Value::from(kind));
            shown.insert("deleted".to_owned(), Value::from("0"));
            Value::Object(shown)
        };
        Value::Array(order.items.iter().map(one).collect())
    }

    /// Puts the sent items in the place of the old ones and adds the order up.
    fn replace_items(&mut self, id: u64, element: &Element) -> Totals {
        let sent = element.get("LineItems").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let module = self.catalogue.module("LineItem").cloned();
        let mut kept = module.map(|module| items::kept(&module, sent)).unwrap_or_default();
        if !self.persona().is_8_2() {
            for item in &mut kept {
                item.insert("incrementondel".to_owned(), Some("1".to_owned()));
            }
        }
        // The rows are written over, so their numbers stay (recordings 262 and 277).
        let numbers = self.records.get(&id).map(|order| order.items.clone()).unwrap_or_default();
        for (item, old) in kept.iter_mut().zip(numbers) {
            item.insert("id".to_owned(), old.get("id").cloned().flatten());
        }
        let kept: Vec<Values> = kept.into_iter().map(|item| self.complete_item(item)).collect();
        let Some(order) = self.records.get_mut(&id) else {
            return Totals { sub: 0, grand: 0 };
        };
        let totals = items::totals(&kept, order.text("hdnTaxType") == "group");
        order.items = kept;
        items::write_totals(order, totals);
        totals
    }

    /// What becomes of an order after its own columns were written by `revise` or `update`.
    pub(crate) fn finish_order(
        &mut self,
        user: &User,
        module: &Module,
        id: u64,
        write: Write,
        element: &Element,
    ) -> Result<Value, Refusal> {
        let brings_items =
            element.get("LineItems").and_then(Value::as_array).is_some_and(|items| !items.is_empty());
        let group = element.get("hdnTaxType").and_then(Value::as_str) == Some("group");
        if let Some(order) = self.records.get_mut(&id) {
            if matches!(order.text("enable_recurring"), "" | "0") {
                for name in RECURRING {
                    order.set(name, None);
                }
            }
            null_out(&mut order.values);
            if brings_items && !group {
                order.set("hdnTaxType", None);
            }
        }
        if !brings_items {
            return self.answer_revise(user, module, id, element);
        }
        let totals = self.replace_items(id, element);
        if self.persona().is_8_2() && write == Write::Revise {
            let order = self.live(id).ok_or(Refusal::Fatal)?;
            self.check_owner_exists(order.text("assigned_user_id"))?;
            return Ok(Value::Object(self.show_order_with(module, user, order, totals)));
        }
        // Trap 3: the items are replaced, the totals and the kind of tax are gone, and nobody is told.
        if let Some(order) = self.records.get_mut(&id) {
            items::write_totals(order, Totals { sub: 0, grand: 0 });
            order.set("hdnTaxType", None);
        }
        Err(Refusal::Fatal)
    }

    /// Without items, the answer shows the first item's columns among the order's own, and no details.
    fn answer_revise(
        &self,
        user: &User,
        module: &Module,
        id: u64,
        element: &Element,
    ) -> Result<Value, Refusal> {
        let order = self.live(id).ok_or(Refusal::Fatal)?;
        if is_poison(order) {
            return Err(Refusal::Fatal);
        }
        self.check_owner_exists(order.text("assigned_user_id"))?;
        let mut record = self.show_record(user, module, order);
        let mut shown = Map::new();
        let sent = element.keys().map(String::as_str).filter(|name| module.field(name).is_some());
        let fields = module.stored().map(|field| field.name.as_str());
        for name in ["id"].into_iter().chain(sent).chain(["conversion_rate"]).chain(fields) {
            if shown.contains_key(name) {
                continue;
            }
            let item = module.field(name).filter(|field| field.item);
            let value = match item {
                Some(_) if matches!(name, "image" | "purchase_cost" | "margin") => self.null(),
                Some(field) => {
                    let first = order.items.first().and_then(|item| item.get(name)?.as_deref());
                    self.show(field, first, Face::Record)
                }
                None => record.shift_remove(name).unwrap_or_default(),
            };
            shown.insert(name.to_owned(), value);
        }
        shown.insert("label".to_owned(), record.shift_remove("label").unwrap_or_default());
        shown.insert("LineItems".to_owned(), self.show_items(order));
        Ok(Value::Object(shown))
    }

    /// What `retrieve` and `create` add to a product: its price in its currency.
    pub(crate) fn add_prices(product: &Record, shown: &mut Map<String, Value>) {
        shown.insert("currency1".to_owned(), number(items::amount(&product.values, "unit_price")));
        shown.insert("currency_id".to_owned(), Value::from("21x1"));
    }
}

/// An amount of 10^-8 as PHP writes a float: no point where there is nothing after it.
fn number(amount: i128) -> Value {
    let text = super::values::fixed(amount, items::PLACES, items::PLACES);
    let trimmed = text.trim_end_matches('0').trim_end_matches('.');
    trimmed
        .parse::<i64>()
        .map(Value::from)
        .or_else(|_| trimmed.parse::<f64>().map(Value::from))
        .unwrap_or_default()
}
