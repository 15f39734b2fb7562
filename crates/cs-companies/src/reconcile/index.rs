//! The live orders by member id.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use super::order::Order;
use super::settings::Broker;
use crate::company::{clean_id, same};
use crate::period::Period;

/// No further order of the member.
const END: u32 = u32::MAX;

/// Live orders by cleaned member id: the first in the map, the others chained behind it.
pub(super) struct OrderIndex<'a> {
    orders: &'a [Order],
    first: HashMap<Cow<'a, str>, u32>,
    next: Vec<u32>,
}

/// Whether an order takes part: it has not ended before the day.
pub(super) fn is_live(order: &Order, period: &Period) -> bool {
    order.termination_date.is_none_or(|day| day >= period.as_of)
}

/// An order's member id, cleaned as a row's is.
pub(super) fn member_id(order: &Order) -> Cow<'_, str> {
    let plain = order.member_id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain { Cow::Borrowed(&order.member_id) } else { Cow::Owned(clean_id(&order.member_id)) }
}

impl<'a> OrderIndex<'a> {
    pub(super) fn new(orders: &'a [Order], period: &Period) -> Self {
        let mut first = HashMap::with_capacity(orders.len());
        let mut next = vec![END; orders.len()];
        for (index, (order, link)) in orders.iter().zip(&mut next).enumerate() {
            if is_live(order, period) {
                let index = u32::try_from(index).unwrap_or(END);
                *link = first.insert(member_id(order), index).unwrap_or(END);
            }
        }
        Self { orders, first, next }
    }

    /// The live order of a member: this company's and broker's first, then the latest effective date, then the highest
    /// order number.
    pub(super) fn find(
        &self,
        member: &str,
        company: &str,
        broker: &Broker<'_>,
    ) -> Option<(usize, &'a Order)> {
        let mut best: Option<(usize, &'a Order)> = None;
        let mut at = self.first.get(member).copied().unwrap_or(END);
        while let Some(order) = self.orders.get(at as usize) {
            let ours = |order: &Order| same(&order.company, company) && same(&order.broker, broker.crm_name);
            let better = best.is_none_or(|(_, other)| {
                let by_effective =
                    ours(order).cmp(&ours(other)).then(order.effective_date.cmp(&other.effective_date));
                by_effective.then_with(|| by_number(&order.salesorder_no, &other.salesorder_no))
                    == Ordering::Greater
            });
            if better {
                best = Some((at as usize, order));
            }
            at = self.next.get(at as usize).copied().unwrap_or(END);
        }
        best
    }
}

/// Order numbers as people count them: `SO99999` before `SO100000`.
fn by_number(left: &str, right: &str) -> Ordering {
    let split = |text: &str| {
        let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
        let (name, number) = text.split_at_checked(text.len() - digits).unwrap_or((text, ""));
        let number = number.trim_start_matches('0');
        (name.to_owned(), number.len(), number.to_owned())
    };
    split(left).cmp(&split(right)).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_grow_as_people_count() {
        for (left, right, expected) in [
            ("SO00002", "SO00010", Ordering::Less),
            ("SO99999", "SO100000", Ordering::Less),
            ("SO7", "SO7", Ordering::Equal),
            ("", "SO1", Ordering::Less),
        ] {
            assert_eq!(by_number(left, right), expected, "{left} {right}");
        }
    }
}
