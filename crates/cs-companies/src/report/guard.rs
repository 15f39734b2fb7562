//! Holds every reader to the limits, in one place.

use super::cell::RowBuffer;
use super::limits::Limits;
use super::refusal::Refusal;
use super::{Flow, RowSink};

/// Counts what passes to the sink and refuses what is too much.
pub(super) struct Guard<'a> {
    limits: &'a Limits,
    sink: &'a mut dyn RowSink,
    rows: u64,
    cells: u64,
    sheets: usize,
    /// How much text may still come. A workbook says a shared text once and refers to it from every row, so a small
    /// file can have rows of terabytes.
    text_left: u64,
    text_limit: u64,
}

impl<'a> Guard<'a> {
    /// `packed` is the size of the file.
    pub(super) fn new(limits: &'a Limits, packed: usize, sink: &'a mut dyn RowSink) -> Self {
        let text_limit = limits.unpacked(packed);
        Self { text_left: text_limit, text_limit, limits, sink, rows: 0, cells: 0, sheets: 0 }
    }

    pub(super) fn sheet(&mut self, name: &str) -> Result<Flow, Refusal> {
        self.sheets += 1;
        if self.sheets > self.limits.sheets {
            return Err(too_large("sheets", self.limits.sheets as u64));
        }
        Ok(self.sink.sheet(name))
    }

    /// Whether a column may be there at all; asked before empty cells are made up to it.
    pub(super) fn column(&self, column: usize) -> Result<(), Refusal> {
        if column >= self.limits.columns {
            return Err(too_large("columns", self.limits.columns as u64));
        }
        Ok(())
    }

    /// Whether a row may be this long; asked while it grows.
    pub(super) fn row_bytes(&self, bytes: usize, line: u32) -> Result<(), Refusal> {
        if bytes > self.limits.row_bytes {
            return Err(Refusal::RowTooLong { line, limit: self.limits.row_bytes as u64 });
        }
        Ok(())
    }

    /// Passes a row on; one without anything in it is left out.
    pub(super) fn row(&mut self, line: u32, row: &RowBuffer) -> Result<Flow, Refusal> {
        let cells = row.cells();
        if let Some(last) = cells.len().checked_sub(1) {
            self.column(last)?;
        }
        self.row_bytes(row.bytes(), line)?;
        self.text_left = self
            .text_left
            .checked_sub(row.bytes() as u64)
            .ok_or(Refusal::UnpacksTooFar { limit: self.text_limit })?;
        self.rows += 1;
        self.cells += cells.len() as u64;
        if self.rows > self.limits.rows {
            return Err(too_large("rows", self.limits.rows));
        }
        if self.cells > self.limits.cells {
            return Err(too_large("cells", self.limits.cells));
        }
        if cells.iter().all(|cell| cell.is_blank()) {
            return Ok(Flow::Continue);
        }
        Ok(self.sink.row(line, cells))
    }
}

fn too_large(what: &'static str, limit: u64) -> Refusal {
    Refusal::TooLarge { what, limit }
}
