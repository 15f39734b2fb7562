//! Whether a record takes part.

use std::cmp::Ordering;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::mapping::{Condition, Operand, Settings, Test};
use crate::record::Record;
use crate::value::Value;

impl Condition {
    /// Whether the record meets the condition. A condition that needs a setting nobody supplied does not apply, which
    /// is to say that it holds. A field that was not read has no value.
    pub fn holds(&self, record: &Record, settings: &Settings) -> bool {
        let value = record.get(&self.field).unwrap_or(&Value::Empty);
        match &self.test {
            Test::Present => !value.is_empty(),
            Test::Missing => value.is_empty(),
            Test::In(operands) => is_any(value, operands, settings),
            Test::NotIn(operands) => !is_any(value, operands, settings),
            Test::Equals(operand) => meets(value, operand, settings, Ordering::is_eq),
            Test::AtLeast(operand) => meets(value, operand, settings, Ordering::is_ge),
            Test::AtMost(operand) => meets(value, operand, settings, Ordering::is_le),
        }
    }
}

fn resolve<'a>(operand: &'a Operand, settings: &'a Settings) -> Option<&'a str> {
    match operand {
        Operand::Literal(text) => Some(text),
        Operand::Setting(name) => settings.get(name).map(String::as_str),
    }
}

fn is_any(value: &Value, operands: &[Operand], settings: &Settings) -> bool {
    let found = value.plain().trim().to_lowercase();
    operands
        .iter()
        .filter_map(|operand| resolve(operand, settings))
        .any(|text| text.trim().to_lowercase() == found)
}

fn meets(value: &Value, operand: &Operand, settings: &Settings, wanted: fn(Ordering) -> bool) -> bool {
    let Some(text) = resolve(operand, settings) else {
        return true;
    };
    if value.is_empty() {
        return false;
    }
    wanted(compare(&value.plain(), text))
}

/// As dates where both are, as numbers where both are, else as text without regard to case.
fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim(), right.trim());
    if let (Ok(left), Ok(right)) = (left.parse::<Date>(), right.parse::<Date>()) {
        return left.cmp(&right);
    }
    if let (Ok(left), Ok(right)) = (left.parse::<Decimal>(), right.parse::<Decimal>()) {
        return left.cmp(&right);
    }
    left.to_lowercase().cmp(&right.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordRef;

    fn record(value: Value) -> Record {
        Record {
            reference: RecordRef::vtiger("SalesOrder", "6x1"),
            version: "v".into(),
            fields: [("f".into(), value)].into(),
        }
    }

    fn literal(text: &str) -> Operand {
        Operand::Literal(text.into())
    }

    #[test]
    fn each_test_tells_yes_from_no() {
        let date = Value::Date("2026-01-01".parse().unwrap());
        let cases = [
            (Test::In(vec![literal("active"), literal("x")]), Value::Choice("Active".into()), true),
            (Test::In(vec![literal("active")]), Value::Choice("Lost".into()), false),
            (Test::In(vec![]), Value::Empty, false),
            (Test::NotIn(vec![literal("active")]), Value::Choice("Lost".into()), true),
            (Test::Equals(literal("2026-01-01")), date.clone(), true),
            (Test::Equals(literal("10.0")), Value::Decimal("10".parse().unwrap()), true),
            (Test::AtLeast(literal("2025-12-31")), date.clone(), true),
            (Test::AtLeast(literal("2026-01-02")), date.clone(), false),
            (Test::AtLeast(literal("9")), Value::text("10"), true),
            (Test::AtMost(literal("2026-01-01")), date, true),
            (Test::AtMost(literal("2026-01-01")), Value::Empty, false),
            (Test::Present, Value::text("x"), true),
            (Test::Missing, Value::Empty, true),
        ];
        for (test, value, expected) in cases {
            let condition = Condition { field: "f".into(), test };
            assert_eq!(condition.holds(&record(value), &Settings::new()), expected, "{condition:?}");
        }
    }

    #[test]
    fn a_condition_without_its_setting_does_not_apply() {
        let condition = Condition { field: "f".into(), test: Test::Equals(Operand::Setting("from".into())) };
        assert!(condition.holds(&record(Value::Empty), &Settings::new()));
        let settings = Settings::from([("from".to_owned(), "2026-01-01".to_owned())]);
        assert!(!condition.holds(&record(Value::Empty), &settings));
        assert!(condition.holds(&record(Value::text("2026-01-01")), &settings));
    }
}
