//! Filters, fields and orders of a list, as they come in: every form that Frappe takes.

use serde_json::Value;

use super::refusal::{Class, Refusal};
use super::values::text;

/// A column in a query: of the listed kind, of one of its tables, or behind one of its links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// `None`: the listed kind. Otherwise a table's field name, a child `DocType`, or a link's field name.
    pub of: Option<String>,
    /// The field.
    pub field: String,
}

/// One thing that a list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// All columns.
    All,
    /// One column, and what to call it.
    Column(Column, String),
    /// `count`, `max`, `min` or `sum` of a column, and what to call it.
    Aggregate(String, Column, String),
}

/// One condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// What it is about.
    pub column: Column,
    /// The operator, in lower case.
    pub operator: String,
    /// The value compared with.
    pub value: Value,
}

/// What a list asks for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    /// Columns; none: the name.
    pub fields: Vec<Wanted>,
    /// All must hold.
    pub filters: Vec<Filter>,
    /// One must hold, where there are any.
    pub or_filters: Vec<Filter>,
    /// Columns to sort by, and whether downwards.
    pub order: Vec<(Column, bool)>,
    /// The column to group by.
    pub group: Option<Column>,
    /// Rows to skip.
    pub start: usize,
    /// Rows to give; none: all.
    pub limit: Option<usize>,
}

const OPERATORS: [&str; 14] = [
    "=",
    "!=",
    "in",
    "not in",
    "like",
    "not like",
    "between",
    ">",
    "<",
    ">=",
    "<=",
    "is",
    "timespan",
    "descendants of",
];
/// In the order in which the recorded site listed them.
const OPERATOR_LIST: &str = "not ancestors of, in, <=, next, between, not like, >, >=, like, not in, !=, previous, <, \
    not descendants of, descendants of, fiscal year, timespan, is, descendants of (inclusive), ancestors of, =";

/// Reads filters: an object of fields, or a list of `[field, op, value]` or `[DocType, field, op, value]`.
pub fn read_filters(doctype: &str, sent: &Value) -> Result<Vec<Filter>, Refusal> {
    match sent {
        Value::Object(fields) => fields
            .iter()
            .map(|(field, value)| match value.as_array().map(Vec::as_slice) {
                Some([operator, value]) => filter(column(field), operator, value),
                _ => filter(column(field), &Value::from("="), value),
            })
            .collect(),
        Value::Array(list) => list.iter().map(|one| read_filter(doctype, one)).collect(),
        Value::Null => Ok(Vec::new()),
        // A bare name.
        other => Ok(vec![filter(column("name"), &Value::from("="), other)?]),
    }
}

fn read_filter(doctype: &str, one: &Value) -> Result<Filter, Refusal> {
    match one {
        Value::Array(parts) => match parts.as_slice() {
            [field, value] => filter(column(&text(Some(field))), &Value::from("="), value),
            [field, operator, value] => filter(column(&text(Some(field))), operator, value),
            [of, field, operator, value, ..] => {
                let of = text(Some(of));
                let column = Column { of: (of != doctype).then_some(of), field: text(Some(field)) };
                filter(column, operator, value)
            }
            _ => Err(Refusal::invalid("Filter must have 4 values (doctype, fieldname, operator, value)")),
        },
        Value::Object(_) => read_filters(doctype, one)?
            .into_iter()
            .next()
            .ok_or_else(|| Refusal::invalid("Filter must be a tuple or list (in a list)")),
        _ => Err(Refusal::invalid("Filter must be a tuple or list (in a list)")),
    }
}

fn filter(column: Column, operator: &Value, value: &Value) -> Result<Filter, Refusal> {
    let operator = text(Some(operator)).to_lowercase();
    if !OPERATORS.contains(&operator.as_str()) {
        return Err(Refusal::invalid(format!("Operator must be one of {OPERATOR_LIST}")));
    }
    Ok(Filter { column, operator, value: value.clone() })
}

/// Reads `name`, `` `tabContact`.`name` ``, `links.link_name` or `gender.name`.
pub fn column(written: &str) -> Column {
    let plain = written.trim().replace('`', "");
    match plain.split_once('.') {
        Some((of, field)) => {
            Column { of: Some(of.strip_prefix("tab").unwrap_or(of).to_owned()), field: field.to_owned() }
        }
        None => Column { of: None, field: plain },
    }
}

/// Reads the fields of a list.
pub fn read_fields(sent: &Value) -> Vec<Wanted> {
    let list = match sent {
        Value::Array(list) => list.iter().map(|field| text(Some(field))).collect(),
        Value::String(one) => one.split(',').map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    list.iter().map(|field| read_field(field)).collect()
}

fn read_field(written: &str) -> Wanted {
    let written = written.trim();
    if written == "*" || written.ends_with(".*") || written.ends_with("`*") {
        return Wanted::All;
    }
    let (expression, alias) = match written.to_lowercase().find(" as ") {
        Some(at) => (
            written.get(..at).unwrap_or_default().trim(),
            Some(written.get(at + 4..).unwrap_or_default().trim().trim_matches('`').to_owned()),
        ),
        None => (written, None),
    };
    if let Some((function, rest)) = expression.split_once('(') {
        let inner = rest.trim_end_matches(')');
        let name = alias.unwrap_or_else(|| expression.to_owned());
        return Wanted::Aggregate(function.trim().to_lowercase(), column(inner), name);
    }
    let column = column(expression);
    let name = alias.unwrap_or_else(|| column.field.clone());
    Wanted::Column(column, name)
}

/// Reads `modified asc, name desc`; what is no column is left out.
pub fn read_order(sent: &str) -> Vec<(Column, bool)> {
    let parts = sent.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .filter_map(|part| {
            let (written, direction) = part.rsplit_once(' ').unwrap_or((part, "asc"));
            let plain = |c: char| c.is_alphanumeric() || "_`. ".contains(c);
            let known = ["asc", "desc"].contains(&direction.to_lowercase().as_str());
            (known && written.chars().all(plain))
                .then(|| (column(written), direction.eq_ignore_ascii_case("desc")))
        })
        .collect()
}

/// The refusal of a column that there is not.
pub fn not_permitted(column: &Column) -> Refusal {
    Refusal::thrown(Class::QueryData, format!("Field not permitted in query: {}", column.field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn operators(sent: &Value) -> Vec<(Option<String>, String, String)> {
        let filters = read_filters("Contact", sent).unwrap();
        filters.into_iter().map(|filter| (filter.column.of, filter.column.field, filter.operator)).collect()
    }

    #[test]
    fn every_form_of_a_filter_is_read() {
        let plain = vec![(None, "first_name".to_owned(), "=".to_owned())];
        assert_eq!(operators(&json!({"first_name": "Ana"})), plain);
        assert_eq!(operators(&json!([["first_name", "=", "Ana"]])), plain);
        assert_eq!(operators(&json!([["Contact", "first_name", "=", "Ana"]])), plain);
        assert_eq!(
            operators(&json!([["Dynamic Link", "link_name", "=", "x"]]))[0].0.as_deref(),
            Some("Dynamic Link")
        );
        assert_eq!(operators(&json!({"modified": [">=", "2026"]}))[0].2, ">=");
        assert!(
            read_filters("Contact", &json!([["name", "~~", 1]]))
                .unwrap_err()
                .text
                .starts_with("Operator must be one of not ancestors of, in")
        );
    }

    #[test]
    fn fields_and_orders_are_read() {
        assert_eq!(
            read_fields(&json!(["count(name) as n", "gender.name as g"])),
            [
                Wanted::Aggregate("count".into(), column("name"), "n".into()),
                Wanted::Column(column("gender.name"), "g".into())
            ]
        );
        assert_eq!(
            read_order("`tabContact`.`modified` desc, name"),
            [(column("Contact.modified"), true), (column("name"), false)]
        );
        assert_eq!(read_order("(select 1)"), []);
    }
}
