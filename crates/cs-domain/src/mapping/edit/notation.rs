//! Parts of a mapping as its file writes them, in the shortest form that means the same.

use toml_edit::{Array, InlineTable, Value as Toml};

use crate::mapping::{
    Check, Condition, CreateInVtiger, FieldRule, MatchKey, MatchPart, Operand, Otherwise, RowRule,
    SettingSpec, Source, Test, Transform,
};
use crate::name::FieldName;
use crate::policy::{Clearing, ConflictPolicy, DeletePolicy, Direction};
use crate::value::Value;

/// `{ key = value, ... }`; what is `None` is left out.
fn table(entries: impl IntoIterator<Item = (&'static str, Option<Toml>)>) -> InlineTable {
    entries.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

fn list(items: impl IntoIterator<Item = Toml>) -> Toml {
    Toml::Array(items.into_iter().collect::<Array>())
}

/// The only one by itself, several as a list.
fn one_or_list(mut items: Vec<Toml>) -> Toml {
    match (items.pop(), items.is_empty()) {
        (Some(only), true) => only,
        (last, _) => list(items.into_iter().chain(last)),
    }
}

fn flag(flag: bool) -> Option<Toml> {
    flag.then(|| Toml::from(true))
}

/// A rule: the VTiger field alone where nothing else is said.
pub(in crate::mapping) fn rule(rule: &FieldRule) -> Toml {
    let by_itself = match &rule.source {
        Source::Constant(_) | Source::Setting(_) | Source::Document(_) => Direction::ToFrappe,
        Source::Linked { .. } => Direction::ToFrappe,
        Source::Fields { .. } if rule.on_create => Direction::ToFrappe,
        Source::Fields { .. } => Direction::Both,
    };
    let mut entries = source_table(&rule.source);
    let transforms: Vec<Toml> = rule.transforms.iter().map(transform).collect();
    entries.extend(table([
        ("transform", (!transforms.is_empty()).then(|| one_or_list(transforms))),
        ("direction", (rule.direction != by_itself).then(|| direction(rule.direction).into())),
        ("when_empty", (rule.clearing == Clearing::Clear).then(|| "clear".into())),
        ("conflict", rule.conflict.map(|policy| conflict(policy).into())),
        ("on_create", flag(rule.on_create)),
        ("deferred", flag(rule.deferred)),
    ]));
    short(entries)
}

/// `{ vtiger = "website" }` is `"website"`.
fn short(table: InlineTable) -> Toml {
    match table.get("vtiger") {
        Some(field) if table.len() == 1 && field.is_str() => field.clone(),
        _ => Toml::InlineTable(table),
    }
}

/// Where a column's value comes from.
fn source(source: &Source) -> Toml {
    short(source_table(source))
}

fn source_table(source: &Source) -> InlineTable {
    match source {
        Source::Fields { names, join } => {
            let joined = (names.len() > 1).then(|| Toml::from(join.as_str()));
            let names = one_or_list(names.iter().map(name).collect());
            table([("vtiger", Some(names)), ("join", joined)])
        }
        Source::Constant(value) => table([("constant", Some(scalar(value)))]),
        Source::Setting(setting) => table([("setting", Some(setting.as_str().into()))]),
        Source::Document(role) => table([("document", Some(role.as_str().into()))]),
        Source::Linked { field, unit, role } => table([
            ("vtiger", Some(name(field))),
            ("unit", Some(unit.as_str().into())),
            ("role", Some(role.as_str().into())),
        ]),
    }
}

fn name(field: &FieldName) -> Toml {
    field.as_str().into()
}

fn scalar(value: &Value) -> Toml {
    match value {
        Value::Boolean(flag) => Toml::from(*flag),
        Value::Integer(number) => Toml::from(*number),
        Value::Decimal(number) => {
            let text = number.to_string();
            let text = if text.contains('.') { text } else { format!("{text}.0") };
            text.parse().unwrap_or_else(|_| Toml::from(text))
        }
        Value::Date(date) => date.to_string().parse().unwrap_or_else(|_| Toml::from(date.to_string())),
        other => Toml::from(other.plain()),
    }
}

fn transform(transform: &Transform) -> Toml {
    let of = |entries: InlineTable| Toml::InlineTable(entries);
    match transform {
        Transform::Trim => "trim".into(),
        Transform::Upper => "upper".into(),
        Transform::Lower => "lower".into(),
        Transform::Title => "title".into(),
        Transform::LastFour => "last_four".into(),
        Transform::Date { form } => of(table([("date", Some(form.as_str().into()))])),
        Transform::Phone { region } => of(table([("phone", Some(region.as_str().into()))])),
        Transform::Map { pairs, otherwise } => {
            let pairs: InlineTable =
                pairs.iter().map(|(ours, theirs)| (ours.as_str(), Toml::from(theirs.as_str()))).collect();
            let otherwise = match otherwise {
                Otherwise::Refuse => None,
                Otherwise::Keep => Some("keep".into()),
                Otherwise::Use(word) => Some(Toml::InlineTable(table([("use", Some(word.as_str().into()))]))),
            };
            of(table([("map", Some(Toml::InlineTable(pairs))), ("otherwise", otherwise)]))
        }
        Transform::Part { separator, index, of: parts } => of(table([
            ("part", Some(i64::from(*index).into())),
            ("of", Some(i64::from(*parts).into())),
            ("separator", (separator != " ").then(|| separator.as_str().into())),
        ])),
        Transform::Default(value) => of(table([("default", Some(scalar(value)))])),
        Transform::Own(own) => {
            let with: InlineTable =
                own.with.iter().map(|(name, value)| (name.as_str(), Toml::from(value.as_str()))).collect();
            let with = (!own.with.is_empty()).then(|| Toml::InlineTable(with));
            of(table([("own", Some(own.transform.name().into())), ("with", with)]))
        }
    }
}

/// `both`, `to_frappe`, `to_vtiger`.
fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Both => "both",
        Direction::ToFrappe => "to_frappe",
        Direction::ToVtiger => "to_vtiger",
    }
}

/// Who decides.
pub(in crate::mapping) fn conflict(policy: ConflictPolicy) -> &'static str {
    match policy {
        ConflictPolicy::Ask => "ask",
        ConflictPolicy::VtigerWins => "vtiger_wins",
        ConflictPolicy::FrappeWins => "frappe_wins",
        ConflictPolicy::NewestWins => "newest_wins",
    }
}

/// What a delete means.
pub(in crate::mapping) fn deletes(policy: &DeletePolicy) -> Toml {
    match policy {
        DeletePolicy::Ignore => "ignore".into(),
        DeletePolicy::Unlink => "unlink".into(),
        DeletePolicy::Propagate => "propagate".into(),
        DeletePolicy::Mark { field, value } => {
            let mark = table([("field", Some(name(field))), ("value", Some(value.as_str().into()))]);
            Toml::InlineTable(table([("mark", Some(Toml::InlineTable(mark)))]))
        }
    }
}

/// Conditions, as `selection` and `when` have them.
pub(in crate::mapping) fn conditions(conditions: &[Condition]) -> Toml {
    list(conditions.iter().map(condition))
}

fn condition(condition: &Condition) -> Toml {
    let operands = |operands: &[Operand]| list(operands.iter().map(operand));
    let (key, test) = match &condition.test {
        Test::In(values) => ("in", operands(values)),
        Test::NotIn(values) => ("not_in", operands(values)),
        Test::Equals(value) => ("equals", operand(value)),
        Test::AtLeast(value) => ("at_least", operand(value)),
        Test::AtMost(value) => ("at_most", operand(value)),
        Test::Present => ("present", Toml::from(true)),
        Test::Missing => ("present", Toml::from(false)),
    };
    Toml::InlineTable(table([("field", Some(name(&condition.field))), (key, Some(test))]))
}

fn operand(operand: &Operand) -> Toml {
    match operand {
        Operand::Literal(text) => text.as_str().into(),
        Operand::Setting(setting) => Toml::InlineTable(table([("setting", Some(setting.as_str().into()))])),
    }
}

/// Which documents make a new record.
pub(in crate::mapping) fn create(create: &CreateInVtiger) -> InlineTable {
    let when = (!create.when.is_empty()).then(|| conditions(&create.when));
    let key = create.key.as_ref().map(name);
    table([("document", Some(create.document.as_str().into())), ("when", when), ("key", key)])
}

/// Match keys, as `match` has them.
pub(in crate::mapping) fn match_keys(keys: &[MatchKey]) -> Toml {
    let part = |part: &MatchPart| match part {
        MatchPart::Field(field) => name(field),
        MatchPart::Linked(role) => Toml::InlineTable(table([("linked", Some(role.as_str().into()))])),
        MatchPart::IfKnown(field) => Toml::InlineTable(table([("if_known", Some(name(field)))])),
    };
    list(keys.iter().map(|key| list(key.0.iter().map(part))))
}

/// Names of fields, as `never_read` and `exists_when` have them.
pub(in crate::mapping) fn names<'f>(fields: impl IntoIterator<Item = &'f FieldName>) -> Toml {
    list(fields.into_iter().map(name))
}

/// Checks, as `checks` has them.
pub(in crate::mapping) fn checks(checks: &[Check]) -> Toml {
    let check = |check: &Check| match check {
        Check::NotInFuture(field) => table([("not_in_future", Some(name(field)))]),
        Check::Required(field) => table([("required", Some(name(field)))]),
    };
    list(checks.iter().map(|one| Toml::InlineTable(check(one))))
}

/// A row, as a table in one line.
pub(in crate::mapping) fn row(row: &RowRule) -> Toml {
    let exclusive = (!row.exclusive.is_empty()).then(|| names(&row.exclusive));
    Toml::InlineTable(table([
        ("table", Some(name(&row.table))),
        ("columns", Some(Toml::InlineTable(columns(row)))),
        ("exclusive", exclusive),
        ("on_create", flag(row.on_create)),
    ]))
}

/// What stands in a row, as `columns` has it.
pub(in crate::mapping) fn columns(row: &RowRule) -> InlineTable {
    row.columns.iter().map(|(column, of)| (column.as_str(), source(of))).collect()
}

/// A setting that the installation supplies.
pub(in crate::mapping) fn setting(spec: &SettingSpec) -> InlineTable {
    table([
        ("help", Some(spec.help.as_str().into())),
        ("default", spec.default.as_deref().map(Into::into)),
        ("required", flag(spec.required)),
    ])
}
