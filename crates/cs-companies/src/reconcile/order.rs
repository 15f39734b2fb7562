//! The CRM's orders, as a reconciliation needs them.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::company::{Word, Words};
use crate::report::Refusal;

/// A Sales Order. Words that many orders share are kept once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Order {
    /// The order's number, `SO00027`.
    pub salesorder_no: Box<str>,
    /// The member id, as the CRM has it.
    pub member_id: Box<str>,
    /// The company's name in the CRM.
    pub company: Word,
    /// The broker's name in the CRM.
    pub broker: Word,
    /// The policy's status.
    pub status: Word,
    /// From when the policy is effective.
    pub effective_date: Option<Date>,
    /// When it ends.
    pub termination_date: Option<Date>,
    /// Until when it is paid.
    pub paid_through: Option<Date>,
    /// The problem noted with the order.
    pub problem: Word,
    /// How it is paid.
    pub payment_type: Word,
    /// The day of the month it is paid on.
    pub payment_day: Option<u8>,
    /// The broker's note.
    pub broker_note: Word,
}

impl Order {
    /// The member id, cleaned as a row's is: what the two are joined on.
    pub fn clean_member_id(&self) -> String {
        super::index::member_id(self).into_owned()
    }
}

/// Reads orders in the form of the fixtures' `*.orders.json`: a list of objects. A date may be null, empty or
/// `0000-00-00` where there is none; a payment day may be a number or a text.
///
/// # Errors
/// [`Refusal::Orders`], with the line and column.
pub fn parse_orders(bytes: &[u8]) -> Result<Vec<Order>, Refusal> {
    let read = |bytes| {
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let orders = deserializer.deserialize_seq(Orders(Words::default()))?;
        deserializer.end()?;
        Ok(orders)
    };
    read(bytes).map_err(|source| Refusal::Orders { source })
}

/// Builds orders one by one, so that a list of a million is not held twice.
struct Orders(Words);

impl<'de> Visitor<'de> for Orders {
    type Value = Vec<Order>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of orders")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut orders = Vec::new();
        while let Some(form) = seq.next_element::<Form<'de>>()? {
            orders.push(form.order(&mut self.0));
        }
        Ok(orders)
    }
}

#[derive(Deserialize)]
struct Form<'a> {
    #[serde(borrow)]
    salesorder_no: Cow<'a, str>,
    #[serde(borrow)]
    member_id: Cow<'a, str>,
    #[serde(borrow, default)]
    company: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    broker: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    status: Option<Cow<'a, str>>,
    #[serde(default)]
    effective_date: Day,
    #[serde(default)]
    termination_date: Day,
    #[serde(default)]
    paid_through: Day,
    #[serde(borrow, default)]
    problem: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    payment_type: Option<Cow<'a, str>>,
    #[serde(default)]
    payment_day: DayOfMonth,
    #[serde(borrow, default)]
    broker_note: Option<Cow<'a, str>>,
}

impl Form<'_> {
    fn order(self, words: &mut Words) -> Order {
        let mut word = |text: Option<Cow<'_, str>>| words.keep(text.as_deref().unwrap_or_default().trim());
        Order {
            salesorder_no: self.salesorder_no.into(),
            member_id: self.member_id.into(),
            company: word(self.company),
            broker: word(self.broker),
            status: word(self.status),
            effective_date: self.effective_date.0,
            termination_date: self.termination_date.0,
            paid_through: self.paid_through.0,
            problem: word(self.problem),
            payment_type: word(self.payment_type),
            payment_day: self.payment_day.0,
            broker_note: word(self.broker_note),
        }
    }
}

/// A date, or one of the ways of having none.
#[derive(Default)]
struct Day(Option<Date>);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<Cow<'de, str>>::deserialize(deserializer)?;
        match text.as_deref().map(str::trim) {
            None | Some("" | "0000-00-00") => Ok(Self(None)),
            Some(text) => {
                let day = text.get(..10).unwrap_or(text).parse();
                day.map(|day| Self(Some(day))).map_err(|_| {
                    serde::de::Error::custom(format_args!("`{text}` is no date like 2026-01-31"))
                })
            }
        }
    }
}

/// A day of the month as a number or a text; anything else is none.
#[derive(Default)]
struct DayOfMonth(Option<u8>);

impl<'de> Deserialize<'de> for DayOfMonth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(u8),
            Text(String),
            Other(serde::de::IgnoredAny),
        }
        Ok(Self(match Either::deserialize(deserializer)? {
            Either::Number(day) => Some(day),
            Either::Text(text) => text.trim().parse().ok(),
            Either::Other(_) => None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn orders_are_read_in_every_way_of_saying_none() {
        let text = r#"[
            {"salesorder_no": "SO1", "member_id": "U1", "company": "Aetna", "broker": "BROKER SUR", "status": "Active",
             "effective_date": "2026-01-01", "termination_date": null, "paid_through": "", "problem": "Problema Campa\u00f1a",
             "payment_type": "YES", "payment_day": "15", "broker_note": null, "unknown": {"x": []}},
            {"salesorder_no": "SO2", "member_id": "U2", "termination_date": "0000-00-00", "payment_day": 31},
            {"salesorder_no": "SO3", "member_id": "U3", "paid_through": "2026-03-31 00:00:00", "payment_day": ""}
        ]"#;
        let orders = parse_orders(text.as_bytes()).unwrap();
        assert_eq!(&*orders[0].problem, "Problema Campaña");
        assert_eq!(orders[0].effective_date, Some(date(2026, 1, 1)));
        assert_eq!((orders[0].paid_through, orders[0].payment_day), (None, Some(15)));
        assert_eq!((orders[1].termination_date, orders[1].payment_day), (None, Some(31)));
        assert_eq!((orders[2].paid_through, orders[2].payment_day), (Some(date(2026, 3, 31)), None));
    }

    #[test]
    fn what_is_no_list_of_orders_is_refused_with_its_place() {
        for text in ["", "{}", "[1]", "[{\"salesorder_no\": \"SO1\"}]", "[] x"] {
            let refusal = parse_orders(text.as_bytes()).unwrap_err();
            assert_eq!(refusal.code(), "orders.unreadable");
            assert!(refusal.to_string().contains("line 1"), "{refusal}");
        }
        let wrong = r#"[{"salesorder_no":"SO1","member_id":"U1","paid_through":"31/03/2026"}]"#;
        assert!(parse_orders(wrong.as_bytes()).unwrap_err().to_string().contains("31/03/2026"));
    }
}
