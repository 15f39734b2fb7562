//! What a report looks like, in numbers small enough to keep for every file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::company::{Columns, Company};
use crate::report::Cells;

/// How many different statuses a profile keeps; the rest are counted together.
const STATUSES: usize = 50;
/// What the rest is called.
const OTHERS: &str = "(others)";

/// A column that the report cannot do without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequiredColumn {
    /// What it is for: `member_id`.
    pub field: String,
    /// Its header, as written.
    pub header: String,
    /// Its place, from 1.
    pub position: usize,
}

/// What a report looks like.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Its headers, as written.
    pub headers: Vec<String>,
    /// Where the required columns stand.
    pub required: Vec<RequiredColumn>,
    /// How many rows it has, those left out and those that cannot be read among them.
    pub rows: u64,
    /// How many rows have each status; empty where the report has no status column.
    pub statuses: BTreeMap<String, u64>,
    /// How many rows have nothing in each column, by header.
    pub empty: BTreeMap<String, u64>,
}

/// Counts while a report is read.
#[derive(Debug, Default)]
pub(crate) struct Profiler {
    rows: u64,
    statuses: BTreeMap<String, u64>,
    empty: Vec<u64>,
}

impl Profiler {
    /// A sheet's headers were found.
    pub(crate) fn headers(&mut self, headers: &[String]) {
        if self.empty.len() < headers.len() {
            self.empty.resize(headers.len(), 0);
        }
    }

    pub(crate) fn row(&mut self, status: &str, width: usize, cells: Cells<'_>) {
        self.rows += 1;
        if let Some(count) = self.statuses.get_mut(status) {
            *count += 1;
        } else {
            let known = if self.statuses.len() < STATUSES { status } else { OTHERS };
            *self.statuses.entry(known.to_owned()).or_default() += 1;
        }
        for (column, empty) in self.empty.iter_mut().enumerate().take(width) {
            *empty += u64::from(cells.get(column).is_blank());
        }
    }

    pub(crate) fn finish(self, columns: &Columns, company: &Company) -> Profile {
        let mut empty = BTreeMap::new();
        for (header, count) in columns.headers.iter().zip(&self.empty) {
            if !header.is_empty() {
                *empty.entry(header.clone()).or_default() += *count;
            }
        }
        let required = columns.required(company).into_iter().map(|(field, column)| RequiredColumn {
            field: field.to_owned(),
            header: column.header,
            position: column.index + 1,
        });
        Profile {
            headers: columns.headers.clone(),
            required: required.collect(),
            rows: self.rows,
            statuses: if columns.status.first().is_some() { self.statuses } else { BTreeMap::new() },
            empty,
        }
    }
}
