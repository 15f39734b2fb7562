//! Which fields of the CRM hold what a reconciliation needs, and orders out of its records.

use std::collections::HashMap;
use std::sync::Arc;

use cs_companies::Order;
use cs_domain::{FieldName, Kind, Record, Value};
use cs_ports::FieldRequests;
use jiff::civil::Date;

/// The fields of the CRM's orders (`spec/RECONCILIATION.md`, "Inputs"); what an installation does not have is `None` and
/// counts as empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderFields {
    /// The module of the orders.
    pub module: Kind,
    /// The order's number.
    pub number: FieldName,
    /// The member id.
    pub member_id: FieldName,
    /// The company.
    pub company: FieldName,
    /// The broker.
    pub broker: FieldName,
    /// The policy's status.
    pub status: FieldName,
    /// From when it is effective.
    pub effective_date: FieldName,
    /// When it ends.
    pub termination_date: FieldName,
    /// Until when it is paid: the one field that is written.
    pub paid_through: FieldName,
    /// The problem noted with the order.
    pub problem: Option<FieldName>,
    /// How it is paid.
    pub payment_type: Option<FieldName>,
    /// The day of the month it is paid on.
    pub payment_day: Option<FieldName>,
    /// The broker's note.
    pub broker_note: Option<FieldName>,
}

impl OrderFields {
    /// All of them.
    pub fn names(&self) -> impl Iterator<Item = &FieldName> {
        let always = [
            &self.number,
            &self.member_id,
            &self.company,
            &self.broker,
            &self.status,
            &self.effective_date,
            &self.termination_date,
            &self.paid_through,
        ];
        let named = [&self.problem, &self.payment_type, &self.payment_day, &self.broker_note];
        always.into_iter().chain(named.into_iter().flatten())
    }

    /// A request for them.
    pub(crate) fn requests(&self) -> FieldRequests {
        FieldRequests::plain(self.names().cloned())
    }
}

/// A field that should hold a date holds something else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} of order {order} holds no date")]
pub struct NoDate {
    /// Which field.
    pub field: FieldName,
    /// Of which order.
    pub order: String,
}

/// Turns records into orders; words that many orders share are kept once.
pub(crate) struct OrderDecoder<'f> {
    fields: &'f OrderFields,
    words: HashMap<Box<str>, Arc<str>>,
}

impl<'f> OrderDecoder<'f> {
    pub(crate) fn new(fields: &'f OrderFields) -> Self {
        Self { fields, words: HashMap::new() }
    }

    /// The order that a record holds.
    ///
    /// # Errors
    /// [`NoDate`] where a date cannot be read: such an order must not be taken for one without a date, which would be
    /// moved forward.
    pub(crate) fn order(&mut self, record: &Record) -> Result<Order, NoDate> {
        let fields = self.fields;
        let text = |field: &FieldName| record.get(field).map(Value::plain).unwrap_or_default();
        let number = text(&fields.number);
        let day = |field: &FieldName| date(record.get(field), field, &number);
        let mut word = |field: Option<&FieldName>| self.keep(&field.map(text).unwrap_or_default());
        Ok(Order {
            member_id: text(&fields.member_id).into(),
            company: word(Some(&fields.company)),
            broker: word(Some(&fields.broker)),
            status: word(Some(&fields.status)),
            effective_date: day(&fields.effective_date)?,
            termination_date: day(&fields.termination_date)?,
            paid_through: day(&fields.paid_through)?,
            problem: word(fields.problem.as_ref()),
            payment_type: word(fields.payment_type.as_ref()),
            payment_day: fields.payment_day.as_ref().and_then(|field| day_of_month(&text(field))),
            broker_note: word(fields.broker_note.as_ref()),
            salesorder_no: number.into(),
        })
    }

    fn keep(&mut self, text: &str) -> Arc<str> {
        let text = text.trim();
        if let Some(word) = self.words.get(text) {
            return Arc::clone(word);
        }
        let word: Arc<str> = Arc::from(text);
        self.words.insert(text.into(), Arc::clone(&word));
        word
    }
}

/// A date, whether VTiger takes the field for a date or for text (custom fields are both).
pub(crate) fn date(value: Option<&Value>, field: &FieldName, order: &str) -> Result<Option<Date>, NoDate> {
    let text = match value {
        None | Some(Value::Empty) => return Ok(None),
        Some(Value::Date(date)) => return Ok(Some(*date)),
        Some(other) => other.plain(),
    };
    let text = text.trim();
    if text.is_empty() || text.starts_with("0000-00-00") {
        return Ok(None);
    }
    let day = text.get(..10).unwrap_or(text).parse();
    day.map(Some).map_err(|_| NoDate { field: field.clone(), order: order.to_owned() })
}

/// `15`, `15.0`, `15 ` are a day; anything else is none.
fn day_of_month(text: &str) -> Option<u8> {
    let text = text.trim();
    text.split_once('.').map_or(text, |(whole, _)| whole).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cs_domain::{Fields, RecordRef};
    use jiff::civil::date as civil;

    fn fields() -> OrderFields {
        OrderFields {
            module: "SalesOrder".into(),
            number: "no".into(),
            member_id: "member".into(),
            company: "company".into(),
            broker: "broker".into(),
            status: "status".into(),
            effective_date: "effective".into(),
            termination_date: "termination".into(),
            paid_through: "paid".into(),
            problem: Some("problem".into()),
            payment_type: None,
            payment_day: Some("day".into()),
            broker_note: None,
        }
    }

    fn record(paid: Value) -> Record {
        let fields = Fields::from([
            ("no".into(), Value::text("SO1")),
            ("member".into(), Value::text("0012")),
            ("effective".into(), Value::Date(civil(2026, 1, 1))),
            ("termination".into(), Value::text("2026-12-31 00:00:00")),
            ("paid".into(), paid),
            ("problem".into(), Value::Choice(" Problema Pago ".into())),
            ("day".into(), Value::text("15")),
        ]);
        Record { reference: RecordRef::vtiger("SalesOrder", "6x1"), version: "1".into(), fields }
    }

    #[test]
    fn a_record_becomes_an_order_whatever_type_its_fields_have() {
        let fields = fields();
        let order = OrderDecoder::new(&fields).order(&record(Value::Empty)).unwrap();
        assert_eq!((&*order.salesorder_no, &*order.member_id, order.payment_day), ("SO1", "0012", Some(15)));
        assert_eq!(order.termination_date, Some(civil(2026, 12, 31)));
        assert_eq!((order.paid_through, &*order.problem, &*order.payment_type), (None, "Problema Pago", ""));
    }

    #[test]
    fn what_is_no_date_is_never_taken_for_none() {
        let fields = fields();
        let error = OrderDecoder::new(&fields).order(&record(Value::text("31/03/2026"))).unwrap_err();
        assert_eq!(error.to_string(), "paid of order SO1 holds no date");
    }
}
