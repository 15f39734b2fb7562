//! `LineItems_FinalDetails`: what VTiger's order form computes, HTML-encoded and formatted for the user's eyes.

use serde_json::{Map, Value, json};

use super::entities;
use super::items::{self, PLACES, amount, discount, gross, percent_of};
use super::system::{Record, System, Values};
use super::values::fixed;

/// The taxes that a server is shipped with, in thousandths of a percent.
const TAXES: [(&str, &str, &str); 3] =
    [("tax1", "VAT", "4.500"), ("tax2", "Sales", "10.000"), ("tax3", "Service", "12.500")];

/// The details in the answer of a write that brought items: they are made before the items are there.
pub(crate) fn before_items(order: &Record, decimals: u32) -> Value {
    let group = order.text("hdnTaxType") == "group";
    let last =
        final_details(order, &Sums::default(), if group { Rates::None } else { Rates::Shipped }, decimals);
    json!({"1": {"final_details": last}})
}

/// The details of an order as it stands.
pub(crate) fn of_items(system: &System, order: &Record, decimals: u32) -> Value {
    let group = order.text("hdnTaxType") == "group";
    let sums = Sums {
        sub: amount(&order.values, "hdnSubTotal"),
        grand: amount(&order.values, "hdnGrandTotal"),
        pre_tax: amount(&order.values, "pre_tax_total"),
    };
    let rates = match order.items.first() {
        Some(first) if group => Rates::Of(first),
        _ if group => Rates::None,
        _ => Rates::Shipped,
    };
    let last = final_details(order, &sums, rates, decimals);
    let mut details = Map::new();
    for (index, item) in order.items.iter().enumerate() {
        details.insert((index + 1).to_string(), Value::Object(line(system, index + 1, item, decimals)));
    }
    let first = details.entry("1").or_insert_with(|| json!({}));
    if let Some(first) = first.as_object_mut() {
        first.insert("final_details".to_owned(), last);
    }
    Value::Object(details)
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    sub: i128,
    grand: i128,
    pre_tax: i128,
}

#[derive(Debug, Clone, Copy)]
enum Rates<'a> {
    None,
    Shipped,
    Of(&'a Values),
}

fn money(amount: i128, decimals: u32) -> String {
    fixed(amount, PLACES, decimals)
}

/// A quantity without zeros at its end.
fn plain(amount: i128) -> String {
    let text = fixed(amount, PLACES, PLACES);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn line(system: &System, n: usize, item: &Values, decimals: u32) -> Map<String, Value> {
    let product = item.get("productid").and_then(Option::as_deref).and_then(|id| id.parse().ok());
    let record = product.and_then(|id: u64| system.live(id));
    let text = |name: &str| record.map(|record| entities::encode(record.text(name))).unwrap_or_default();
    let of_product = |name: &str| record.map_or(0, |record| amount(&record.values, name));
    let own = |name: &str| item.get(name).and_then(Option::as_deref).unwrap_or_default();
    let money = |amount: i128| Value::from(money(amount, decimals));
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| line.insert(format!("{name}{n}"), value);
    put("purchaseCost", money(amount(item, "purchase_cost")));
    put("margin", money(amount(item, "margin")));
    put("productDeleted", Value::Bool(record.is_none()));
    put("entityType", Value::from(record.map_or("", |record| record.module.as_str())));
    if n > 1 {
        put("delRow", Value::from("Del"));
    }
    put("hdnProductId", Value::from(product.map(|id: u64| id.to_string()).unwrap_or_default()));
    put("productName", Value::from(text("productname")));
    put("hdnProductcode", Value::from(text("product_no")));
    put("productDescription", Value::from(entities::encode(own("description"))));
    put("comment", Value::from(entities::encode(own("comment"))));
    put("qtyInStock", Value::from(plain(of_product("qtyinstock"))));
    put("qty", Value::from(plain(amount(item, "quantity"))));
    put("listPrice", money(amount(item, "listprice")));
    put("unitPrice", money(of_product("unit_price")));
    put("productTotal", money(gross(item)));
    put("subproduct_ids", Value::from(""));
    put("subprod_qty_list", json!([]));
    put("subprod_names", Value::from(""));
    let (percent, sum) = (amount(item, "discount_percent"), amount(item, "discount_amount"));
    put("discount_percent", if percent == 0 { json!(0) } else { Value::from(own("discount_percent")) });
    put("discount_amount", if sum == 0 { json!(0) } else { money(sum) });
    let checked = match (percent, sum) {
        (0, 0) => "checked_discount_zero",
        (0, _) => "checked_discount_amount",
        _ => "checked_discount_percent",
    };
    put(checked, Value::from(" checked"));
    put("discountTotal", money(discount(item)));
    put("totalAfterDiscount", money(gross(item) - discount(item)));
    put("taxTotal", money(0));
    put("netPrice", money(gross(item) - discount(item)));
    line
}

fn final_details(order: &Record, sums: &Sums, rates: Rates<'_>, decimals: u32) -> Value {
    let mut taxes = Map::new();
    let mut total = 0;
    for (index, (name, label, shipped)) in TAXES.iter().enumerate() {
        let text = match rates {
            Rates::None => None,
            Rates::Shipped => Some(*shipped),
            Rates::Of(item) => item.get(*name).and_then(Option::as_deref),
        };
        let rate = text
            .map_or(0, |text| amount(&Values::from([("rate".to_owned(), Some(text.to_owned()))]), "rate"));
        let (shown, rounded) = tax_amount(percent_of(rate, sums.sub), decimals);
        total += rounded;
        let id = (index + 1).to_string();
        let mut tax = tax(name, label, &id);
        tax.insert("percentage".to_owned(), text.map_or(json!(0), Value::from));
        tax.insert("amount".to_owned(), shown);
        taxes.insert(id, Value::Object(tax));
    }
    let shipping: Vec<Value> = TAXES
        .iter()
        .enumerate()
        .map(|(index, (name, label, _))| {
            Value::Object(tax(&format!("sh{name}"), label, &(index + 1).to_string()))
        })
        .collect();
    let money = |amount: i128| money(amount, decimals);
    let zero = money(0);
    let kind = order.values.get("hdnTaxType").cloned().flatten().filter(|kind| !kind.is_empty());
    json!({
        "taxtype": kind, "discount_type_final": "zero", "hdnSubTotal": money(sums.sub),
        "discount_percentage_final": 0, "discount_amount_final": zero, "discountTotal_final": zero,
        "taxes": taxes, "tax_totalamount": money(total), "shipping_handling_charge": zero,
        "sh_taxes": shipping, "shtax_totalamount": zero, "adjustment": money(items::amount(&order.values, "txtAdjustment")),
        "grandTotal": money(sums.grand), "preTaxTotal": money(sums.pre_tax), "totalAfterDiscount": money(sums.sub),
        "chargesAndItsTaxes": {"1": {"value": null, "taxes": {"1": 0, "2": 0, "3": 0}}},
        "deductTaxes": [], "deductTaxesTotalAmount": zero,
    })
}

/// What had to be rounded comes as a number, what had not as text (recording 280). Gives the rounded amount, too.
fn tax_amount(exact: i128, decimals: u32) -> (Value, i128) {
    let text = money(exact, decimals);
    let rounded = amount(&Values::from([("amount".to_owned(), Some(text.clone()))]), "amount");
    if rounded == exact {
        return (Value::from(text), rounded);
    }
    let number = text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<f64>().map(Value::from));
    (number.unwrap_or_default(), rounded)
}

fn tax(name: &str, label: &str, id: &str) -> Map<String, Value> {
    let tax = json!({
        "taxname": name, "taxlabel": label, "percentage": 0, "amount": 0, "taxid": id,
        "type": "Fixed", "method": "Simple", "regions": [], "compoundon": [],
    });
    tax.as_object().cloned().unwrap_or_default()
}
