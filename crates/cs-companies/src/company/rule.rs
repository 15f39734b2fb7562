//! What a definition cannot say as data, as code.

use super::cells::first_filled;
use super::definition::fold;
use super::header::Columns;
use super::row::Row;
use crate::period::Period;
use crate::report::{Cell, Cells};

/// A company's own rule over a row, for what its definition file cannot say.
///
/// A rule sees a row after the definition has understood it: it may change the row, leave it out, or refuse it. It is
/// given the same period as everything else and must not look at anything beyond its arguments.
pub trait RowRule: Sync {
    /// The company it is for, by key.
    fn company(&self) -> &str;

    /// Looks at one row.
    ///
    /// # Errors
    /// Why the row cannot be read, in a few words; it becomes an `invalid_row` finding.
    fn apply(&self, row: &mut Row, cells: &NamedCells<'_>, period: &Period) -> Result<RuleVerdict, String>;
}

/// What a rule decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleVerdict {
    /// The row counts.
    Keep,
    /// The row is left out.
    LeaveOut,
}

/// The cells of a row by their header.
#[derive(Clone, Copy, Debug)]
pub struct NamedCells<'a> {
    pub(super) columns: &'a Columns,
    pub(super) cells: Cells<'a>,
}

impl<'a> NamedCells<'a> {
    /// The cell under a header, compared as headers are; none where the report has no such column.
    pub fn get(&self, header: &str) -> Option<Cell<'a>> {
        let wanted = fold(header);
        let index = self.columns.headers.iter().position(|found| fold(found) == wanted)?;
        Some(self.cells.get(index))
    }

    /// The member id's cell.
    pub fn member_id(&self) -> Cell<'a> {
        first_filled(&self.columns.member_id, self.cells)
    }
}
