//! Which rows a query gives, and in which order: MariaDB's part of the work.

use std::cmp::Ordering;

use super::literal::{Literal, read};
use super::parser::{Columns, Condition, Operator, Query};
use crate::vtiger::catalogue::{Field, Kind, Module};
use crate::vtiger::collation;
use crate::vtiger::refusal::Refusal;
use crate::vtiger::system::Values;
use crate::vtiger::values::number_prefix;

/// A column's content; none is NULL.
pub(crate) type Cell<'a> = Option<&'a str>;

/// One row as the database joins it: a record, with one of its line items where the query touches them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    /// The record's number.
    pub(crate) id: u64,
    /// Where the row stands when nobody orders: the index that MariaDB happens to walk.
    pub(crate) natural: (u64, u64),
    /// The record's values.
    pub(crate) values: &'a Values,
    /// The line item's values.
    pub(crate) item: Option<&'a Values>,
}

impl<'a> Row<'a> {
    /// The content of a field's column.
    pub(crate) fn cell(&self, field: &Field) -> Cell<'a> {
        let values = if field.item { self.item? } else { self.values };
        values.get(&field.name)?.as_deref()
    }
}

/// What a query gives.
#[derive(Debug)]
pub(crate) enum Selected<'a> {
    /// These rows.
    Rows(Vec<Row<'a>>),
    /// So many rows, for `count(*)`.
    Count(usize),
}

/// VTiger's page size.
const PAGE: usize = 100;

/// Runs a query over the rows of its module. `strict_ids`: 8.3.0 refuses malformed ids, 8.2.0 builds broken SQL.
pub(crate) fn select<'a>(
    query: &Query,
    module: &Module,
    rows: Vec<Row<'a>>,
    strict_ids: bool,
) -> Result<Selected<'a>, Refusal> {
    if let Columns::Named(names) = &query.columns
        && let Some(unknown) = names.iter().find(|name| module.field(name).is_none() && *name != "id")
    {
        return Err(Refusal::denied(format!("Permission to access '.{unknown}.' attribute denied.")));
    }
    let mut alternatives = Vec::new();
    for conjunction in &query.alternatives {
        let tests: Result<Vec<Option<Test<'_>>>, Refusal> =
            conjunction.iter().map(|condition| compile(condition, module, strict_ids)).collect();
        alternatives.push(tests?);
    }
    // Whatever the database refuses is swallowed: an empty result (facts/VTIGER.md, trap 11).
    let nothing = || Ok(Selected::Rows(Vec::new()));
    let sound: Option<Vec<Vec<Test<'_>>>> =
        alternatives.into_iter().map(|tests| tests.into_iter().collect()).collect();
    let (Some(tests), Some(order), Some((offset, count))) =
        (sound, order_fields(query, module), window(&query.limit))
    else {
        return nothing();
    };
    let mut found: Vec<Row<'a>> = rows
        .into_iter()
        .filter(|row| tests.is_empty() || tests.iter().any(|all| all.iter().all(|test| test.holds(row))))
        .collect();
    if query.columns == Columns::Count {
        return Ok(Selected::Count(found.len()));
    }
    found.sort_by(|left, right| compare_rows(left, right, &order, query.descending));
    Ok(Selected::Rows(found.into_iter().skip(offset).take(count).collect()))
}

/// None: an order by a field that does not exist.
fn order_fields<'m>(query: &Query, module: &'m Module) -> Option<Vec<&'m Field>> {
    query.order.iter().map(|name| module.field(name)).collect()
}

/// Offset and count; none: not numbers.
fn window(limit: &[String]) -> Option<(usize, usize)> {
    match limit {
        [] => Some((0, PAGE)),
        [count] => Some((0, count.parse::<usize>().ok()?.min(PAGE))),
        [offset, count, ..] => Some((offset.parse().ok()?, count.parse::<usize>().ok()?.min(PAGE))),
    }
}

/// The direction belongs to the last field only: `order by a, b desc` is a ascending, b descending.
fn compare_rows(left: &Row<'_>, right: &Row<'_>, order: &[&Field], descending: bool) -> Ordering {
    for (index, field) in order.iter().enumerate() {
        let compared = if field.name == "id" {
            left.id.cmp(&right.id)
        } else {
            compare_cells(field.kind, left.cell(field), right.cell(field))
        };
        let last = index + 1 == order.len();
        let compared = if last && descending { compared.reverse() } else { compared };
        if compared != Ordering::Equal {
            return compared;
        }
    }
    left.natural.cmp(&right.natural)
}

fn compare_cells(kind: Kind, left: Cell<'_>, right: Cell<'_>) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => match kind {
            Kind::Text(_) | Kind::Flag => collation::compare(left, right),
            Kind::Date | Kind::DateTime | Kind::Time => left.cmp(right),
            Kind::Decimal(_) | Kind::Integer | Kind::Reference | Kind::Owner => {
                compare_numbers(number(left), number(right))
            }
        },
        // NULL sorts first.
        (left, right) => left.is_some().cmp(&right.is_some()),
    }
}

fn number(text: &str) -> (i128, u32) {
    number_prefix(text).unwrap_or((0, 0))
}

fn compare_numbers((left, left_scale): (i128, u32), (right, right_scale): (i128, u32)) -> Ordering {
    let scale = left_scale.max(right_scale);
    let align = |digits: i128, own: u32| digits.saturating_mul(10_i128.saturating_pow(scale - own));
    align(left, left_scale).cmp(&align(right, right_scale))
}

/// A condition that the database can check.
struct Test<'m> {
    field: &'m Field,
    operator: Operator,
    values: Vec<Literal>,
}

/// None: VTiger builds SQL from it that the database refuses.
fn compile<'m>(
    condition: &Condition,
    module: &'m Module,
    strict_ids: bool,
) -> Result<Option<Test<'m>>, Refusal> {
    let field = module.field(&condition.field).ok_or_else(|| {
        Refusal::denied(format!("Permission to access {} attribute denied.", condition.field))
    })?;
    let mut values = Vec::new();
    for token in &condition.values {
        let value = match field.kind {
            _ if field.name == "id" => number_of_id(token, condition.operator, strict_ids)?,
            Kind::Reference if !token.contains('x') => return Err(Refusal::wrong_id()),
            Kind::Reference | Kind::Owner => number_of_id(token, condition.operator, strict_ids)?,
            _ => read(token),
        };
        if value == Literal::Broken {
            return Ok(None);
        }
        values.push(value);
    }
    Ok(Some(Test { field, operator: condition.operator, values }))
}

/// `'12x100'` is compared as the number 100.
fn number_of_id(token: &str, operator: Operator, strict: bool) -> Result<Literal, Refusal> {
    let text = token.trim_matches(['\'', '"']);
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (prefix, rest) = text.split_once('x').unwrap_or((text, ""));
    if strict && !(all_digits(prefix) && (all_digits(rest) || !text.contains('x'))) {
        return Err(Refusal::wrong_id());
    }
    Ok(match rest.split('x').next() {
        Some(second) if all_digits(second) => {
            if operator == Operator::Like {
                Literal::Text(second.to_owned())
            } else {
                Literal::Number(second.to_owned())
            }
        }
        _ => Literal::Broken,
    })
}

impl Test<'_> {
    fn holds(&self, row: &Row<'_>) -> bool {
        let id = row.id.to_string();
        let cell = if self.field.name == "id" { Some(id.as_str()) } else { row.cell(self.field) };
        // NULL compares to nothing.
        let Some(cell) = cell else { return false };
        match self.operator {
            Operator::In => self.values.iter().any(|value| self.compare(cell, value) == Ordering::Equal),
            Operator::Like => self.values.iter().any(|value| match value {
                Literal::Text(pattern) | Literal::Number(pattern) => collation::like(cell, pattern),
                Literal::Broken => false,
            }),
            _ => self.values.first().is_some_and(|value| {
                let compared = self.compare(cell, value);
                match self.operator {
                    Operator::Eq => compared == Ordering::Equal,
                    Operator::Ne => compared != Ordering::Equal,
                    Operator::Lt => compared == Ordering::Less,
                    Operator::Lte => compared != Ordering::Greater,
                    Operator::Gt => compared == Ordering::Greater,
                    Operator::Gte => compared != Ordering::Less,
                    Operator::In | Operator::Like => false,
                }
            }),
        }
    }

    fn compare(&self, cell: &str, value: &Literal) -> Ordering {
        let text = match value {
            Literal::Text(text) | Literal::Number(text) => text.as_str(),
            Literal::Broken => return Ordering::Less,
        };
        let kind = if self.field.name == "id" { Kind::Integer } else { self.field.kind };
        match kind {
            Kind::Text(_) | Kind::Flag if matches!(value, Literal::Text(_)) => collation::compare(cell, text),
            Kind::Date | Kind::DateTime => moment(cell).cmp(&moment(text)),
            Kind::Time => cell.cmp(text),
            _ => compare_numbers(number(cell), number(text)),
        }
    }
}

/// A date or a date with time in the form that sorts; what is neither counts as the zero date (recording 297).
fn moment(text: &str) -> String {
    let zero = || "0000-00-00 00:00:00".to_owned();
    if text.starts_with("0000-00-00") {
        return zero();
    }
    let text = text.trim().replacen('T', " ", 1);
    let (date, time) = text.split_once(' ').unwrap_or((&text, "00:00:00"));
    let Ok(date) = date.parse::<jiff::civil::Date>() else {
        return zero();
    };
    let time = time.parse::<jiff::civil::Time>().unwrap_or(jiff::civil::Time::midnight());
    format!("{date} {:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
}

#[cfg(test)]
mod tests {
    use super::super::parser::parse;
    use super::*;
    use crate::vtiger::catalogue::{Catalogue, Installation};

    fn people() -> Vec<(u64, Values)> {
        let rows = [
            (2, "Muñoz", "Ana", Some("1990-02-28"), "2026-11-22 01:42:02", None),
            (10, "munoz", "Berta", None, "2026-11-22 01:42:02", Some("7")),
            (100, "O'Niel", "Carlos", Some("2001-01-01"), "2026-11-22 01:42:03", Some("8")),
        ];
        rows.into_iter()
            .map(|(id, last, first, born, moved, account)| {
                let text = |value: &str| Some(value.to_owned());
                let values = [
                    ("lastname", text(last)),
                    ("firstname", text(first)),
                    ("birthday", born.and_then(text)),
                    ("modifiedtime", text(moved)),
                    ("account_id", account.and_then(text)),
                    ("assigned_user_id", text("1")),
                ];
                (id, values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            })
            .collect()
    }

    fn ids(text: &str) -> Vec<u64> {
        let people = people();
        let rows = people.iter().map(|(id, values)| Row { id: *id, natural: (0, *id), values, item: None });
        let catalogue = Catalogue::of(Installation::Lab);
        let module = catalogue.module("Contacts").unwrap();
        match select(&parse(text).unwrap(), module, rows.collect(), true) {
            Ok(Selected::Rows(rows)) => rows.iter().map(|row| row.id).collect(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn comparisons_follow_the_database() {
        assert_eq!(ids("select id from Contacts where lastname = 'MUNOZ';"), [2, 10]);
        assert_eq!(ids("select id from Contacts where lastname != 'munoz';"), [100]);
        assert_eq!(
            ids("select id from Contacts where birthday > '1995-01-01';"),
            [100],
            "NULL never matches"
        );
        assert_eq!(
            ids("select id from Contacts where id > '12x9' order by id;"),
            [10, 100],
            "numbers, not text"
        );
        assert_eq!(ids("select id from Contacts where id in ('12x2','12x100');"), [2, 100]);
        assert_eq!(ids("select id from Contacts where account_id='11x7';"), [10]);
        assert_eq!(ids("select id from Contacts where modifiedtime > 'basura';"), [2, 10, 100]);
        assert_eq!(ids("select id from Contacts where modifiedtime > '2026-11-22';"), [2, 10, 100]);
    }

    #[test]
    fn keyset_paging_walks_every_row_once() {
        let first = "select id from Contacts order by modifiedtime, id limit 1;";
        assert_eq!(ids(first), [2]);
        let next = "select id from Contacts where modifiedtime > '2026-11-22 01:42:02' or \
                    modifiedtime = '2026-11-22 01:42:02' and id > '12x2' order by modifiedtime, id limit 100;";
        assert_eq!(ids(next), [10, 100]);
    }

    #[test]
    fn the_direction_is_the_last_fields() {
        assert_eq!(ids("select id from Contacts order by modifiedtime, id desc;"), [10, 2, 100]);
        assert_eq!(ids("select id from Contacts order by birthday;"), [10, 2, 100], "NULL first");
    }

    #[test]
    fn broken_sql_is_an_empty_page() {
        for text in [
            "select id from Contacts order by noexiste;",
            r"select id from Contacts where lastname = 'termina\';",
            "select id from Contacts where lastname = Foo;",
            "select id from Contacts where id = 2;",
            "select id from Contacts limit -1;",
        ] {
            assert!(ids(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn limits_never_exceed_a_page() {
        assert_eq!(window(&["500".to_owned()]), Some((0, 100)));
        assert_eq!(window(&["150".to_owned(), "500".to_owned()]), Some((150, 100)));
        assert_eq!(window(&[]), Some((0, 100)));
        assert_eq!(ids("select id from Contacts limit 1,1;"), [10]);
    }

    #[test]
    fn unknown_fields_and_wrong_ids_are_refused() {
        let refused = |text: &str| {
            let catalogue = Catalogue::of(Installation::Lab);
            let module = catalogue.module("Contacts").unwrap();
            select(&parse(text).unwrap(), module, Vec::new(), true).unwrap_err()
        };
        assert_eq!(
            refused("select noexiste from Contacts;"),
            Refusal::denied("Permission to access '.noexiste.' attribute denied.")
        );
        assert_eq!(
            refused("select id from Contacts where noexiste = 'x';"),
            Refusal::denied("Permission to access noexiste attribute denied.")
        );
        assert_eq!(refused("select id from Contacts where account_id='Empresa';"), Refusal::wrong_id());
    }
}
