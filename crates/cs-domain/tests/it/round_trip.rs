//! The law of every field that travels both ways: what an edit in Frappe makes of VTiger's record comes back as that edit,
//! or the edit is refused.

use std::cell::Cell;

use cs_domain::mapping::{FieldRule, Source, parse, shipped};
use cs_domain::{Record, RecordRef, Settings, Value};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Every rule of every shipped mapping whose edits reach VTiger.
fn rules() -> Vec<(String, FieldRule)> {
    let mut rules = Vec::new();
    for (name, text) in shipped() {
        for unit in parse(text).unwrap().mapping.units {
            for document in unit.documents {
                let back = |rule: &FieldRule| {
                    rule.direction.reaches_vtiger() && matches!(rule.source, Source::Fields { .. })
                };
                let place = format!("{name} {} {}", unit.name, document.role);
                rules.extend(document.fields.into_iter().filter(back).map(|rule| (place.clone(), rule)));
            }
        }
    }
    rules
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Empty),
        4 => "[ ]{0,2}[A-Za-zéñÑ'0-9]{1,6}( [A-Za-z&<>]{1,5}){0,3}[ ]{0,2}".prop_map(Value::Text),
        1 => "[01]".prop_map(Value::Text),
        1 => "[A-Z][a-z]{2,5}".prop_map(Value::Choice),
        1 => any::<bool>().prop_map(Value::Boolean),
        1 => (1900i16..=2100, 1i8..=12, 1i8..=28).prop_map(|(year, month, day)| {
            Value::Date(format!("{year:04}-{month:02}-{day:02}").parse().unwrap())
        }),
        1 => (-1_000_000i64..1_000_000).prop_map(|cents| Value::Decimal(format!("{cents}e-2").parse().unwrap_or_default())),
        1 => "[A-Z][a-z]{2,5}".prop_map(|name| Value::Reference(RecordRef::frappe("Gender", name))),
    ]
}

/// As both systems compare it: space at the ends is nobody's edit where the rule trims.
fn told(rule: &FieldRule, value: &Value) -> String {
    let text = value.plain();
    if rule.transforms.is_empty() { text } else { text.trim().to_owned() }
}

#[test]
fn an_edit_comes_back_as_it_was_or_is_refused() {
    let rules = rules();
    assert!(rules.len() > 30, "{}", rules.len());
    let (carried, refused) = (Cell::new(0), Cell::new(0));
    for (place, rule) in &rules {
        let names = rule.source.vtiger_fields();
        let before = proptest::collection::vec(any_value(), names.len());
        let mut runner = TestRunner::new_with_rng(
            Config { cases: 100, ..Config::default() },
            proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
        );
        let law = |(before, edited): (Vec<Value>, Value)| {
            let fields = names.iter().cloned().zip(before).collect();
            let mut record =
                Record { reference: RecordRef::vtiger("Any", "1x1"), version: "v".into(), fields };
            let settings = Settings::new();
            // What VTiger says may not be fit to travel; the edit is there all the same.
            let _ = rule.to_frappe(&record, &settings);
            let Ok(back) = rule.to_vtiger(&edited, &record) else {
                refused.set(refused.get() + 1);
                return Ok(());
            };
            let mut reached: Vec<_> = back.keys().collect();
            reached.sort();
            let mut own: Vec<_> = names.iter().collect();
            own.sort();
            prop_assert_eq!(reached, own, "no other field is written");
            record.fields.extend(back);
            let again =
                rule.to_frappe(&record, &settings).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(told(rule, &again.unwrap_or(Value::Empty)), told(rule, &edited));
            // A second look finds nothing to do.
            let twice =
                rule.to_vtiger(&edited, &record).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert!(twice.iter().all(|(name, value)| record.get(name) == Some(value)));
            carried.set(carried.get() + 1);
            Ok(())
        };
        if let Err(error) = runner.run(&(before, any_value()), law) {
            panic!("{place}.{}: {error}", rule.frappe);
        }
    }
    assert!(
        carried.get() > 2_000 && refused.get() > 50,
        "{} carried, {} refused",
        carried.get(),
        refused.get()
    );
}
