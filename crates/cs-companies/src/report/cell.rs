//! Cells and rows, packed: a report of a million rows is kept as it stood, so a row costs its text and four bytes a cell.

use serde::ser::{Serialize, SerializeSeq, Serializer};

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// Nothing.
    Empty,
    /// Text, as a CSV file has only.
    Text,
    /// A number; its text is the number as the file writes it.
    Number,
    /// A date (a number that the workbook shows as one); its text is `2026-03-31`.
    Date,
    /// A truth value, `TRUE` or `FALSE`.
    Bool,
    /// An error of a formula, `#N/A`.
    Error,
}

impl CellKind {
    const ALL: [Self; 6] = [Self::Empty, Self::Text, Self::Number, Self::Date, Self::Bool, Self::Error];

    fn of_mark(mark: u32) -> Self {
        Self::ALL.into_iter().find(|kind| *kind as u32 == mark & 7).unwrap_or(Self::Empty)
    }
}

/// One cell, borrowed from its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell<'a> {
    /// What it holds.
    pub kind: CellKind,
    /// Its text; untouched for a cell of text.
    pub text: &'a str,
}

impl Cell<'_> {
    /// The cell of a column that a short row does not have.
    pub const EMPTY: Cell<'static> = Cell { kind: CellKind::Empty, text: "" };

    /// Whether there is nothing in it but space.
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// The cells of one row, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Cells<'a> {
    text: &'a str,
    /// For each cell where its text ends, times eight, plus its kind.
    marks: &'a [u32],
}

impl<'a> Cells<'a> {
    /// How many cells the row has.
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// Whether the row has no cell.
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// The cell of a column, counted from 0; an empty one where the row is shorter.
    pub fn get(&self, column: usize) -> Cell<'a> {
        let Some(mark) = self.marks.get(column) else {
            return Cell::EMPTY;
        };
        let start = match column.checked_sub(1).and_then(|before| self.marks.get(before)) {
            Some(before) => end_of(*before),
            None => 0,
        };
        Cell { kind: CellKind::of_mark(*mark), text: self.text.get(start..end_of(*mark)).unwrap_or_default() }
    }

    /// All cells from the first.
    pub fn iter(&self) -> impl Iterator<Item = Cell<'a>> + use<'a> {
        let cells = *self;
        (0..cells.len()).map(move |column| cells.get(column))
    }

    /// The row to keep.
    pub fn to_source(self) -> SourceRow {
        SourceRow { text: self.text.into(), marks: self.marks.into() }
    }
}

fn end_of(mark: u32) -> usize {
    usize::try_from(mark >> 3).unwrap_or(usize::MAX)
}

/// A row of a report, untouched.
#[derive(Clone, PartialEq, Eq)]
pub struct SourceRow {
    text: Box<str>,
    marks: Box<[u32]>,
}

impl SourceRow {
    /// Its cells.
    pub fn cells(&self) -> Cells<'_> {
        Cells { text: &self.text, marks: &self.marks }
    }
}

impl std::fmt::Debug for SourceRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A row names a person: it is shown on purpose only, never by a log.
        write!(f, "SourceRow({} cells)", self.marks.len())
    }
}

impl Serialize for SourceRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.marks.len()))?;
        for cell in self.cells().iter() {
            seq.serialize_element(cell.text)?;
        }
        seq.end()
    }
}

/// A row while it is read; reused from row to row.
#[derive(Debug, Default)]
pub(crate) struct RowBuffer {
    text: String,
    marks: Vec<u32>,
}

impl RowBuffer {
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.marks.clear();
    }

    /// Adds the next cell. Rows beyond 512 MiB do not exist: `Limits::row_bytes` is far below.
    pub(crate) fn push(&mut self, kind: CellKind, text: &str) {
        self.text.push_str(text);
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX >> 3);
        let kind = if text.is_empty() { CellKind::Empty } else { kind };
        self.marks.push((end << 3) | kind as u32);
    }

    /// Adds a cell at a column, with empty ones before it where some were left out. A column that already stands is
    /// ignored: the first one counts.
    pub(crate) fn push_at(&mut self, column: usize, kind: CellKind, text: &str) {
        if column < self.marks.len() {
            return;
        }
        while self.marks.len() < column {
            self.push(CellKind::Empty, "");
        }
        self.push(kind, text);
    }

    pub(crate) fn bytes(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn cells(&self) -> Cells<'_> {
        Cells { text: &self.text, marks: &self.marks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_row_gives_its_cells_back() {
        let mut row = RowBuffer::default();
        row.push(CellKind::Text, "Ana Muestra");
        row.push(CellKind::Text, "");
        row.push_at(4, CellKind::Number, "12.5");
        row.push_at(2, CellKind::Text, "too late");
        let kept = row.cells().to_source();
        let cells: Vec<(CellKind, &str)> = kept.cells().iter().map(|cell| (cell.kind, cell.text)).collect();
        assert_eq!(
            cells,
            [
                (CellKind::Text, "Ana Muestra"),
                (CellKind::Empty, ""),
                (CellKind::Empty, ""),
                (CellKind::Empty, ""),
                (CellKind::Number, "12.5"),
            ]
        );
        assert_eq!(kept.cells().get(9), Cell::EMPTY);
        assert_eq!(serde_json::to_string(&kept).unwrap(), r#"["Ana Muestra","","","","12.5"]"#);
        assert!(!format!("{kept:?}").contains("Ana"));
    }
}
