//! Rows that must stand in a document's tables.

use std::collections::BTreeMap;

use crate::decide::documents::{Decision, Standing};
use crate::mapping::{DocumentMapping, RowRule};
use crate::name::FieldName;
use crate::plan::{Change, Planned, PlannedRow};
use crate::record::Record;
use crate::value::{Row, Value};
use crate::wanted::{Wanted, WantedDocument};

impl Decision<'_, '_> {
    /// The tables of a new document.
    pub(super) fn new_tables(
        &self,
        mapping: &DocumentMapping,
        wanted: &WantedDocument,
    ) -> BTreeMap<FieldName, Vec<PlannedRow>> {
        let mut tables: BTreeMap<FieldName, Vec<PlannedRow>> = BTreeMap::new();
        for (rule, row) in mapping.rows.iter().zip(&wanted.rows) {
            if let Some(columns) = row.as_ref().and_then(|row| self.planned_columns(row)) {
                let table = tables.entry(rule.table.clone()).or_default();
                let columns = yielding(rule, columns, |column| is_set_in_planned(table, column));
                table.push(PlannedRow { name: None, columns });
            }
        }
        tables
    }

    /// The row's cells, or `None` where a document that it names does not exist: then there is no row.
    fn planned_columns(&self, row: &BTreeMap<FieldName, Wanted>) -> Option<BTreeMap<FieldName, Planned>> {
        let cells = row.iter().map(|(column, wanted)| {
            let cell = match wanted {
                Wanted::Value(value) => Planned::Value(value.clone()),
                Wanted::Document(role) => match self.documents.get(role)? {
                    Standing::There(document) => Planned::Value(Value::Reference(document.reference.clone())),
                    Standing::Planned => Planned::Document(role.clone()),
                },
            };
            Some((column.clone(), cell))
        });
        cells.collect()
    }

    /// Tables that lack a row which must stand there: the rows that are there, by name, and the missing ones
    /// (the list sent replaces the table, facts/FRAPPE.md "Writing").
    pub(super) fn missing_rows(
        &self,
        mapping: &DocumentMapping,
        wanted: &WantedDocument,
        document: &Record,
    ) -> Vec<Change> {
        let mut additions: BTreeMap<&FieldName, Vec<PlannedRow>> = BTreeMap::new();
        for (rule, row) in mapping.rows.iter().zip(&wanted.rows).filter(|(rule, _)| !rule.on_create) {
            let Some(columns) = row.as_ref().and_then(|row| self.planned_columns(row)) else {
                continue;
            };
            if has_row(document, rule, &columns) {
                continue;
            }
            let added = additions.entry(&rule.table).or_default();
            let there = rows_of(document, &rule.table);
            let taken =
                |column: &FieldName| is_set_in_planned(added, column) || is_set_in_rows(there, column);
            let columns = yielding(rule, columns, taken);
            added.push(PlannedRow { name: None, columns });
        }
        let changes = additions.into_iter().map(|(table, added)| {
            let before = document.get(table).cloned();
            let mut rows: Vec<PlannedRow> = rows_of(document, table).iter().map(kept_row).collect();
            rows.extend(added);
            Change { field: table.clone(), before, after: Planned::Rows(rows) }
        });
        changes.collect()
    }
}

/// The columns, without the checkboxes that another row of the table has set already.
fn yielding(
    rule: &RowRule,
    mut columns: BTreeMap<FieldName, Planned>,
    taken: impl Fn(&FieldName) -> bool,
) -> BTreeMap<FieldName, Planned> {
    columns.retain(|column, _| !(rule.exclusive.contains(column) && taken(column)));
    columns
}

fn is_set(value: &Value) -> bool {
    matches!(value, Value::Boolean(true)) || matches!(value.plain().as_str(), "1" | "true")
}

fn is_set_in_planned(rows: &[PlannedRow], column: &FieldName) -> bool {
    let set =
        |row: &PlannedRow| matches!(row.columns.get(column), Some(Planned::Value(value)) if is_set(value));
    rows.iter().any(set)
}

fn is_set_in_rows(rows: &[Row], column: &FieldName) -> bool {
    rows.iter().any(|row| row.columns.get(column).is_some_and(is_set))
}

fn rows_of<'r>(document: &'r Record, table: &FieldName) -> &'r [Row] {
    match document.get(table) {
        Some(Value::Rows(rows)) => rows,
        _ => &[],
    }
}

fn kept_row(row: &Row) -> PlannedRow {
    let columns = row.columns.iter().map(|(name, value)| (name.clone(), Planned::Value(value.clone())));
    PlannedRow { name: row.name.clone(), columns: columns.collect() }
}

/// Whether the row stands in the table; who of the table's rows has an exclusive checkbox is the table's own business.
fn has_row(document: &Record, rule: &RowRule, columns: &BTreeMap<FieldName, Planned>) -> bool {
    let telling = |(name, _): &(&FieldName, &Planned)| !rule.exclusive.contains(*name);
    rows_of(document, &rule.table).iter().any(|row| {
        columns.iter().filter(telling).all(|(name, cell)| match cell {
            Planned::Value(wanted) => {
                row.columns.get(name).is_some_and(|found| found.plain() == wanted.plain())
            }
            Planned::Document(_) | Planned::Rows(_) => false,
        })
    })
}
