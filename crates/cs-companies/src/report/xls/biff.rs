//! The records of a binary workbook (MS-XLS, BIFF5 and BIFF8).

use std::collections::{BTreeMap, HashMap};

use super::super::Flow;
use super::super::cell::{CellKind, RowBuffer};
use super::super::guard::Guard;
use super::super::limits::Limits;
use super::super::refusal::Refusal;
use super::super::serial::{date_of_serial, shows_date};
use super::compound::{u16_at, u32_at};
use super::strings::{Segments, float_at, plain, rk, short};

mod kind {
    pub(super) const FORMULA: u16 = 0x0006;
    pub(super) const END: u16 = 0x000A;
    pub(super) const DATE_MODE: u16 = 0x0022;
    pub(super) const FILE_PASS: u16 = 0x002F;
    pub(super) const CONTINUE: u16 = 0x003C;
    pub(super) const BOUND_SHEET: u16 = 0x0085;
    pub(super) const MUL_RK: u16 = 0x00BD;
    pub(super) const R_STRING: u16 = 0x00D6;
    pub(super) const XF: u16 = 0x00E0;
    pub(super) const SHARED: u16 = 0x00FC;
    pub(super) const LABEL_SHARED: u16 = 0x00FD;
    pub(super) const NUMBER: u16 = 0x0203;
    pub(super) const LABEL: u16 = 0x0204;
    pub(super) const BOOL_ERROR: u16 = 0x0205;
    pub(super) const STRING: u16 = 0x0207;
    pub(super) const RK: u16 = 0x027E;
    pub(super) const FORMAT: u16 = 0x041E;
    pub(super) const BEGIN: u16 = 0x0809;
}

/// The records of a stream from an offset on.
struct Records<'a> {
    stream: &'a [u8],
    at: usize,
}

impl<'a> Records<'a> {
    fn next(&mut self) -> Option<(u16, &'a [u8])> {
        let kind = u16_at(self.stream, self.at)?;
        let length = usize::from(u16_at(self.stream, self.at + 2)?);
        let start = self.at + 4;
        let data = self.stream.get(start..start + length)?;
        self.at = start + length;
        Some((kind, data))
    }

    /// The data of the records that continue the last one.
    fn continued(&mut self, first: &'a [u8]) -> Vec<&'a [u8]> {
        let mut parts = vec![first];
        while u16_at(self.stream, self.at) == Some(kind::CONTINUE) {
            match self.next() {
                Some((_, data)) => parts.push(data),
                None => break,
            }
        }
        parts
    }
}

#[derive(Default)]
struct Book {
    unicode: bool,
    from_1904: bool,
    sheets: Vec<Bound>,
    strings: Vec<String>,
    codes: HashMap<u16, String>,
    formats: Vec<u16>,
}

struct Bound {
    name: String,
    start: usize,
    shown: bool,
}

pub(super) fn read(stream: &[u8], limits: &Limits, guard: &mut Guard<'_>) -> Result<(), Refusal> {
    let book = globals(stream, limits)?;
    for sheet in book.sheets.iter().filter(|sheet| sheet.shown) {
        match guard.sheet(&sheet.name)? {
            Flow::Continue => {}
            Flow::SkipSheet => continue,
            Flow::Stop => break,
        }
        if rows(stream, sheet.start, &book, guard)? == Flow::Stop {
            break;
        }
    }
    Ok(())
}

/// What stands before the sheets.
fn globals(stream: &[u8], limits: &Limits) -> Result<Book, Refusal> {
    let mut book = Book::default();
    let mut records = Records { stream, at: 0 };
    let cut_off = || Refusal::damaged("the workbook's list of sheets is cut off");
    loop {
        let (found, data) = records.next().ok_or_else(cut_off)?;
        match found {
            kind::BEGIN => book.unicode = u16_at(data, 0).is_some_and(|version| version >= 0x0600),
            kind::FILE_PASS => {
                return Err(Refusal::ProtectionUnknown { what: "an old .xls workbook with a password" });
            }
            kind::DATE_MODE => book.from_1904 = u16_at(data, 0) == Some(1),
            kind::BOUND_SHEET => book.sheets.push(bound(data, book.unicode).ok_or_else(cut_off)?),
            kind::FORMAT => {
                let code = data.get(2..).and_then(|rest| plain(rest, book.unicode));
                if let (Some(id), Some(code)) = (u16_at(data, 0), code) {
                    book.codes.insert(id, code);
                }
            }
            kind::XF => book.formats.push(u16_at(data, 2).unwrap_or(0)),
            kind::SHARED => {
                let count = u32_at(data, 4).ok_or_else(cut_off)?;
                let mut segments = Segments::new(records.continued(data.get(8..).unwrap_or_default()));
                // The count is a claim; the texts end where the bytes do.
                while (book.strings.len() as u64) < u64::from(count).min(limits.cells) {
                    let text = segments.text().ok_or(Refusal::damaged("its texts are cut off"))?;
                    book.strings.push(text);
                }
            }
            kind::END => return Ok(book),
            _ => {}
        }
    }
}

fn bound(data: &[u8], unicode: bool) -> Option<Bound> {
    let worksheet = *data.get(5)? == 0;
    let visible = matches!(data.get(4)? % 4, 0);
    Some(Bound {
        name: short(data.get(6..)?, unicode)?,
        start: usize::try_from(u32_at(data, 0)?).ok()?,
        shown: worksheet && visible,
    })
}

/// What a cell holds, until its row is made: a shared text only by its number, for it may be large and often used.
enum Value {
    Shared(usize),
    Text(String),
    Number(f64, u16),
    Other(CellKind, &'static str),
}

/// A cell's column and what it holds.
type Found = (u16, Value);

/// A sheet as it is gathered, by rows.
#[derive(Default)]
struct Sheet {
    rows: BTreeMap<u16, Vec<Found>>,
    cells: usize,
}

/// What a sheet of this format has room for; only a file that says cells twice has more.
const MOST_CELLS: usize = 65_536 * 256;

impl Sheet {
    fn put(&mut self, row: u16, cell: Found) -> Result<(), Refusal> {
        self.cells += 1;
        if self.cells > MOST_CELLS {
            return Err(Refusal::damaged("a sheet has more cells than it has room for"));
        }
        self.rows.entry(row).or_default().push(cell);
        Ok(())
    }
}

/// The rows of one sheet. Records may come in any order, so a sheet is gathered first: it holds no more than the file.
fn rows(stream: &[u8], start: usize, book: &Book, guard: &mut Guard<'_>) -> Result<Flow, Refusal> {
    let mut sheet = Sheet::default();
    let mut records = Records { stream, at: start };
    let mut awaited: Option<(u16, u16)> = None;
    let mut depth = 0_u32;
    loop {
        let (found, data) = records.next().ok_or(Refusal::damaged("a sheet is cut off"))?;
        match found {
            kind::BEGIN => depth += 1,
            kind::END if depth <= 1 => break,
            // A chart within the sheet has a beginning and an end of its own.
            kind::END => depth -= 1,
            _ if depth > 1 => {}
            kind::STRING => {
                if let (Some((row, column)), Some(text)) = (awaited.take(), plain(data, book.unicode)) {
                    sheet.put(row, (column, Value::Text(text)))?;
                }
            }
            kind::FORMULA if is_text(data) => awaited = u16_at(data, 0).zip(u16_at(data, 2)),
            kind::MUL_RK => many(data, &mut sheet)?,
            _ => {
                if let (Some(row), Some(cell)) = (u16_at(data, 0), one(found, data, book)) {
                    sheet.put(row, cell)?;
                }
            }
        }
    }
    pass_on(sheet, book, guard)
}

/// Hands the gathered rows on.
fn pass_on(sheet: Sheet, book: &Book, guard: &mut Guard<'_>) -> Result<Flow, Refusal> {
    let mut buffer = RowBuffer::default();
    for (row, mut cells) in sheet.rows {
        let line = u32::from(row) + 1;
        cells.sort_by_key(|(column, _)| *column);
        buffer.clear();
        for (column, value) in &cells {
            guard.column(usize::from(*column))?;
            push(&mut buffer, usize::from(*column), value, book);
            guard.row_bytes(buffer.bytes(), line)?;
        }
        match guard.row(line, &buffer)? {
            Flow::Continue => {}
            other => return Ok(other),
        }
    }
    Ok(Flow::Continue)
}

fn push(buffer: &mut RowBuffer, column: usize, value: &Value, book: &Book) {
    match value {
        Value::Shared(index) => {
            let text = book.strings.get(*index).map_or("", String::as_str);
            buffer.push_at(column, CellKind::Text, text);
        }
        Value::Text(text) => buffer.push_at(column, CellKind::Text, text),
        Value::Number(value, style) => {
            let (kind, text) = number(*value, *style, book);
            buffer.push_at(column, kind, &text);
        }
        Value::Other(kind, text) => buffer.push_at(column, *kind, text),
    }
}

/// Whether a formula's value is a text, which follows in a record of its own.
fn is_text(data: &[u8]) -> bool {
    u16_at(data, 12) == Some(0xFFFF) && data.get(6) == Some(&0)
}

/// The cell of a record that holds one.
fn one(found: u16, data: &[u8], book: &Book) -> Option<Found> {
    let column = u16_at(data, 2)?;
    let style = u16_at(data, 4)?;
    let value = match found {
        kind::LABEL_SHARED => Value::Shared(usize::try_from(u32_at(data, 6)?).ok()?),
        kind::LABEL | kind::R_STRING => Value::Text(plain(data.get(6..)?, book.unicode)?),
        kind::NUMBER => Value::Number(float_at(data, 6)?, style),
        kind::RK => Value::Number(rk(u32_at(data, 6)?), style),
        kind::BOOL_ERROR => fault_or_truth(*data.get(6)?, *data.get(7)? == 1),
        kind::FORMULA if u16_at(data, 12)? == 0xFFFF => match *data.get(6)? {
            1 => fault_or_truth(*data.get(8)?, false),
            2 => fault_or_truth(*data.get(8)?, true),
            _ => return None,
        },
        kind::FORMULA => Value::Number(float_at(data, 6)?, style),
        _ => return None,
    };
    Some((column, value))
}

/// The cells of a record that holds a run of numbers.
fn many(data: &[u8], sheet: &mut Sheet) -> Result<(), Refusal> {
    let (Some(row), Some(first)) = (u16_at(data, 0), u16_at(data, 2)) else {
        return Ok(());
    };
    let cells = data.get(4..data.len().saturating_sub(2)).unwrap_or_default();
    for (offset, cell) in cells.chunks_exact(6).enumerate() {
        let column = u16::try_from(offset).ok().and_then(|offset| first.checked_add(offset));
        if let (Some(column), Some(style), Some(raw)) = (column, u16_at(cell, 0), u32_at(cell, 2)) {
            sheet.put(row, (column, Value::Number(rk(raw), style)))?;
        }
    }
    Ok(())
}

fn number(value: f64, style: u16, book: &Book) -> (CellKind, String) {
    let format = book.formats.get(usize::from(style)).copied().unwrap_or(0);
    let shows = shows_date(u32::from(format), book.codes.get(&format).map(String::as_str));
    match shows.then(|| date_of_serial(value, book.from_1904)).flatten() {
        Some(day) => (CellKind::Date, day.to_string()),
        None => (CellKind::Number, value.to_string()),
    }
}

fn fault_or_truth(value: u8, fault: bool) -> Value {
    match (fault, value) {
        (true, _) => Value::Other(CellKind::Error, "#ERROR"),
        (false, 0) => Value::Other(CellKind::Bool, "FALSE"),
        (false, _) => Value::Other(CellKind::Bool, "TRUE"),
    }
}
