//! Line items and what they add up to. Amounts are whole numbers of 10^-8, the scale of the database's columns.

use serde_json::Value;

use super::catalogue::{Kind, Module};
use super::element::leading_number;
use super::system::{Record, Values};
use super::values::{self, as_text, fixed, number_prefix};

/// The places of an amount's column.
pub(crate) const PLACES: u32 = 8;

/// The columns of an item nobody filled in.
pub(crate) fn blank() -> Values {
    let decimals = [
        ("quantity", 3),
        ("listprice", PLACES),
        ("discount_percent", 3),
        ("discount_amount", PLACES),
        ("tax1", 3),
        ("tax2", 3),
        ("tax3", 3),
        ("purchase_cost", PLACES),
        ("margin", PLACES),
    ];
    let mut item: Values =
        decimals.into_iter().map(|(name, places)| (name.to_owned(), Some(fixed(0, 0, places)))).collect();
    for (name, value) in
        [("comment", ""), ("description", ""), ("image", ""), ("incrementondel", "0"), ("sequence_no", "1")]
    {
        item.insert(name.to_owned(), Some(value.to_owned()));
    }
    item.insert("productid".to_owned(), None);
    item
}

/// The items that a client sends, as they are kept.
pub(crate) fn kept(module: &Module, sent: &[Value]) -> Vec<Values> {
    let one = |(index, item): (usize, &Value)| {
        let mut kept = blank();
        kept.insert("sequence_no".to_owned(), Some((index + 1).to_string()));
        for field in
            module.fields.iter().filter(|field| !matches!(&*field.name, "id" | "parent_id" | "sequence_no"))
        {
            let Some(text) = item.get(&field.name).and_then(as_text) else {
                continue;
            };
            let value = if field.kind == Kind::Reference {
                let number = leading_number(text.split_once('x').map_or(text.as_str(), |(_, number)| number));
                (number != 0).then(|| number.to_string())
            } else {
                values::stored(field.kind, &text, "yyyy-mm-dd").unwrap_or_default()
            };
            kept.insert(field.name.clone(), value);
        }
        kept
    };
    sent.iter().enumerate().map(one).collect()
}

/// A column as a number of 10^-8.
pub(crate) fn amount(values: &Values, name: &str) -> i128 {
    let text = values.get(name).and_then(Option::as_deref).unwrap_or_default();
    let (digits, scale) = number_prefix(text).unwrap_or((0, 0));
    fixed(digits, scale, PLACES).replace('.', "").parse().unwrap_or(0)
}

/// One, as a number of 10^-8.
const ONE: i128 = 100_000_000;

/// Quantity by price, without discount.
pub(crate) fn gross(item: &Values) -> i128 {
    amount(item, "quantity") * amount(item, "listprice") / ONE
}

/// What the item is discounted by: a percentage, else an amount.
pub(crate) fn discount(item: &Values) -> i128 {
    match amount(item, "discount_percent") {
        0 => amount(item, "discount_amount"),
        percent => percent_of(percent, gross(item)),
    }
}

/// So many percent of an amount.
pub(crate) fn percent_of(percent: i128, of: i128) -> i128 {
    of * percent / (100 * ONE)
}

/// The amounts of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Items after their discounts.
    pub(crate) sub: i128,
    /// With the group tax, if there is one.
    pub(crate) grand: i128,
}

/// Adds an order up. A group tax is the first item's.
pub(crate) fn totals(items: &[Values], group_tax: bool) -> Totals {
    let sub: i128 = items.iter().map(|item| gross(item) - discount(item)).sum();
    let rate: i128 = match items.first() {
        Some(first) if group_tax => ["tax1", "tax2", "tax3"].iter().map(|tax| amount(first, tax)).sum(),
        _ => 0,
    };
    Totals { sub, grand: sub + percent_of(rate, sub) }
}

/// Writes an order's amounts into its columns.
pub(crate) fn write_totals(order: &mut Record, totals: Totals) {
    order.set("hdnSubTotal", Some(&fixed(totals.sub, PLACES, PLACES)));
    order.set("pre_tax_total", Some(&fixed(totals.sub, PLACES, PLACES)));
    order.set("hdnGrandTotal", Some(&fixed(totals.grand, PLACES, PLACES)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vtiger::catalogue::{Catalogue, Installation};
    use serde_json::json;

    #[test]
    fn an_order_adds_up_as_recorded() {
        // fixtures/vtiger/201_so_create_8_3_0_patched.json
        let sent = [
            json!({"productid": "14x4", "quantity": "2", "listprice": "100.50", "tax1": "4.5"}),
            json!({"productid": "14x4", "quantity": "1", "listprice": "50", "discount_percent": "10"}),
        ];
        let catalogue = Catalogue::of(Installation::Lab);
        let items = kept(catalogue.module("LineItem").unwrap(), &sent);
        let with_tax = totals(&items, true);
        assert_eq!(fixed(with_tax.sub, PLACES, 2), "246.00");
        assert_eq!(fixed(with_tax.grand, PLACES, 2), "257.07");
        assert_eq!(totals(&items, false).grand, with_tax.sub);
    }
}
