//! Looking at one record right before and right after a write, and whether it holds what it should.

use cs_domain::{FieldName, FieldSchema, Fields, Record, RecordId, Value};
use cs_ports::{FieldRequests, Guard};

use crate::client::{VtigerClient, Wire};
use crate::decode::{self, scalar};
use crate::describe::Described;
use crate::error::VtigerError;
use crate::query::{Columns, Condition};

/// A record as it is now: as it came, for comparing within this module, and as it may leave.
pub(crate) struct Seen {
    pub(crate) row: Wire,
    pub(crate) record: Record,
}

impl VtigerClient {
    /// The record with this id, the columns that are wanted and some more; `None` where it is not there, or hidden.
    pub(crate) async fn look(
        &self,
        described: &Described,
        id: &RecordId,
        also: &[&FieldName],
        wanted: &FieldRequests,
    ) -> Result<Option<Seen>, VtigerError> {
        let columns = Columns::of(described, wanted.names().chain(also.iter().copied()))?;
        let condition = Condition::ids(described, std::slice::from_ref(id))?;
        let rows = self.select(described, &columns, vec![condition]).await?;
        let records = self.records(described, &columns, &rows, wanted).await?;
        Ok(rows.into_iter().zip(records).map(|(row, record)| Seen { row, record }).next())
    }

    /// A field of a row, guarded as it would leave.
    pub(crate) fn value_in(
        &self,
        described: &Described,
        row: &Wire,
        name: &FieldName,
        guard: Guard,
    ) -> Option<Value> {
        let field = described.column(name).ok()?;
        let raw = row.get(field.name.as_str())?;
        Some(decode::value(field, scalar(raw).as_deref(), guard, &self.server.zone(), self))
    }

    /// Whether a row holds these values, each as its field understands it.
    pub(crate) fn holds(&self, described: &Described, row: &Wire, values: &Fields) -> bool {
        values.iter().all(|(name, value)| {
            let held = self.value_in(described, row, name, Guard::None);
            let field = described.schema.fields.get(name);
            held.zip(field).is_some_and(|(held, field)| same(field, &held, value))
        })
    }

    /// Whether a row still holds what was read of it before, under the guards of that reading.
    pub(crate) fn still_holds(
        &self,
        described: &Described,
        row: &Wire,
        before: &Fields,
        wanted: &FieldRequests,
    ) -> bool {
        before.iter().all(|(name, value)| {
            let request = wanted.0.iter().find(|request| request.name == *name);
            let guard = request.map_or(Guard::None, |request| request.guard);
            let held = self.value_in(described, row, name, guard);
            let field = described.schema.fields.get(name);
            held.zip(field).is_some_and(|(held, field)| same(field, &held, value))
        })
    }
}

/// Whether a field that holds `held` holds what `value` means in it.
fn same(field: &FieldSchema, held: &Value, value: &Value) -> bool {
    // What does not fit (an owner who does not exist, say) can still be what is there.
    let meant = field.fit(value.clone()).unwrap_or_else(|_misfit| value.clone());
    *held == meant || held.plain() == meant.plain() || (is_nought(held) && meant.is_empty())
}

/// What VTiger makes of a checkbox or a number that is cleared (facts/VTIGER.md, "Values").
fn is_nought(value: &Value) -> bool {
    match value {
        Value::Boolean(flag) => !flag,
        Value::Integer(number) => *number == 0,
        Value::Decimal(number) => number.is_zero(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cs_domain::FieldType;

    fn field(field_type: FieldType) -> FieldSchema {
        FieldSchema {
            name: "f".into(),
            label: "F".into(),
            field_type,
            mandatory: false,
            writable: true,
            max_chars: None,
            bmp_only: true,
            unique: false,
            allow_on_submit: false,
        }
    }

    #[test]
    fn values_are_the_same_as_their_field_understands_them() {
        let money = field(FieldType::Decimal { scale: None });
        let number = |text: &str| Value::Decimal(text.parse().unwrap());
        assert!(same(&money, &number("1234.5"), &Value::text("1234.50")));
        assert!(same(&money, &number("0"), &Value::Empty), "a number that is cleared is nought");
        assert!(!same(&money, &number("1234.5"), &Value::text("1234.51")));
        let flag = field(FieldType::Boolean);
        assert!(same(&flag, &Value::Boolean(false), &Value::Empty));
        assert!(!same(&flag, &Value::Boolean(true), &Value::Empty));
        let text = field(FieldType::Text);
        assert!(!same(&text, &Value::text("muñoz"), &Value::text("Muñoz")), "no collation here");
        assert!(!same(&text, &Value::text("x"), &Value::Empty));
        let owner = field(FieldType::Reference { kinds: vec!["Users".into()] });
        assert!(same(&owner, &Value::Opaque("999".into()), &Value::Opaque("999".into())));
    }
}
