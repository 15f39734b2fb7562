//! The rows of one sheet, as they stream by.

use quick_xml::events::{BytesStart, Event};

use super::super::Flow;
use super::super::cell::{CellKind, RowBuffer};
use super::super::guard::Guard;
use super::super::refusal::Refusal;
use super::super::serial::date_of_serial;
use super::SheetEntry;
use super::package::{Package, attribute};
use super::strings::{SharedStrings, TextCollector, push_text};
use super::styles::Styles;

/// What a sheet's cells refer to.
pub(super) struct Shared<'a> {
    pub(super) strings: &'a SharedStrings,
    pub(super) styles: &'a Styles,
    pub(super) from_1904: bool,
}

/// How a cell's value is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Writing {
    #[default]
    Number,
    Shared,
    Inline,
    Formula,
    Truth,
    Fault,
    IsoDate,
}

/// The cell that is being read.
#[derive(Default)]
struct Open {
    column: usize,
    style: usize,
    writing: Writing,
    in_value: bool,
    value: String,
    inline: TextCollector,
}

/// Where the reader is in its sheet.
#[derive(Default)]
struct Place {
    line: u32,
    next_column: usize,
    cell: Option<Open>,
}

pub(super) fn read(
    package: &mut Package<'_>,
    entry: &SheetEntry,
    path: &str,
    shared: &Shared<'_>,
    guard: &mut Guard<'_>,
) -> Result<Flow, Refusal> {
    match guard.sheet(&entry.name)? {
        Flow::Continue => {}
        other => return Ok(other),
    }
    let mut part = package.part(path)?.ok_or(Refusal::damaged("a sheet is named and not there"))?;
    let mut row = RowBuffer::default();
    let mut place = Place::default();
    let mut ended = false;
    loop {
        match part.next()? {
            Event::Start(e) if e.local_name().as_ref() == b"row" => {
                let line = attribute(&e, b"r")?.and_then(|line| line.parse().ok());
                place.line = line.unwrap_or(place.line.saturating_add(1));
                place.next_column = 0;
                row.clear();
            }
            Event::End(e) if e.local_name().as_ref() == b"row" => {
                let flow = guard.row(place.line, &row)?;
                row.clear();
                if flow != Flow::Continue {
                    return Ok(flow);
                }
            }
            Event::Start(e) if e.local_name().as_ref() == b"c" => place.cell = Some(open(&e, &place)?),
            Event::End(e) if e.local_name().as_ref() == b"c" => {
                if let Some(cell) = place.cell.take() {
                    place.next_column = cell.column + 1;
                    close(&cell, shared, &mut row, guard)?;
                    guard.row_bytes(row.bytes(), place.line)?;
                }
            }
            Event::End(e) if e.local_name().as_ref() == b"sheetData" => ended = true,
            Event::Eof if ended => return Ok(Flow::Continue),
            Event::Eof => return Err(Refusal::damaged("a sheet ends before its end")),
            event => inside(&event, &mut place)?,
        }
    }
}

/// Anything within a cell.
fn inside(event: &Event<'_>, place: &mut Place) -> Result<(), Refusal> {
    let Some(cell) = &mut place.cell else {
        return Ok(());
    };
    match event {
        Event::Start(e) if e.local_name().as_ref() == b"v" => cell.in_value = cell.writing != Writing::Inline,
        Event::End(e) if e.local_name().as_ref() == b"v" => cell.in_value = false,
        event if cell.in_value => push_text(event, &mut cell.value)?,
        event => cell.inline.take(event, &mut cell.value)?,
    }
    Ok(())
}

fn open(element: &BytesStart<'_>, place: &Place) -> Result<Open, Refusal> {
    let mut cell = Open { column: place.next_column, ..Open::default() };
    for found in element.attributes().with_checks(false) {
        let found = found.map_err(|source| Refusal::damaged_by("an attribute cannot be read", source))?;
        let value = found.value.as_ref();
        match found.key.as_ref() {
            b"r" => cell.column = column_of(value).unwrap_or(place.next_column),
            b"s" => cell.style = number(value).unwrap_or(0),
            b"t" => {
                cell.writing = match value {
                    b"s" => Writing::Shared,
                    b"inlineStr" => Writing::Inline,
                    b"str" => Writing::Formula,
                    b"b" => Writing::Truth,
                    b"e" => Writing::Fault,
                    b"d" => Writing::IsoDate,
                    _ => Writing::Number,
                }
            }
            _ => {}
        }
    }
    Ok(cell)
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The column of a reference like `AB12`, from 0.
fn column_of(reference: &[u8]) -> Option<usize> {
    let letters = reference.iter().take_while(|byte| byte.is_ascii_alphabetic());
    let mut column = 0_usize;
    for letter in letters {
        let value = usize::from(letter.to_ascii_uppercase() - b'A') + 1;
        column = column.checked_mul(26)?.checked_add(value)?;
    }
    column.checked_sub(1)
}

/// Puts a finished cell into its row. An empty one (a format without a value) is left out, however far out it stands.
fn close(cell: &Open, shared: &Shared<'_>, row: &mut RowBuffer, guard: &Guard<'_>) -> Result<(), Refusal> {
    if cell.value.is_empty() {
        return Ok(());
    }
    guard.column(cell.column)?;
    let value = cell.value.as_str();
    match cell.writing {
        Writing::Shared => {
            let text = value.trim().parse().ok().and_then(|index| shared.strings.get(index));
            let text = text.ok_or(Refusal::damaged("a cell refers to a text that is not there"))?;
            row.push_at(cell.column, CellKind::Text, text);
        }
        Writing::Inline | Writing::Formula => row.push_at(cell.column, CellKind::Text, value),
        Writing::Truth => {
            let truth = if value.trim() == "1" { "TRUE" } else { "FALSE" };
            row.push_at(cell.column, CellKind::Bool, truth);
        }
        Writing::Fault => row.push_at(cell.column, CellKind::Error, value),
        Writing::IsoDate => row.push_at(cell.column, CellKind::Date, value.get(..10).unwrap_or(value)),
        Writing::Number => {
            let value = value.trim();
            let day = shared
                .styles
                .is_date(cell.style)
                .then(|| value.parse().ok().and_then(|serial| date_of_serial(serial, shared.from_1904)))
                .flatten();
            match day {
                Some(day) => row.push_at(cell.column, CellKind::Date, &day.to_string()),
                None => row.push_at(cell.column, CellKind::Number, value),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_references() {
        for (reference, expected) in [
            (&b"A1"[..], Some(0)),
            (b"Z9", Some(25)),
            (b"AA10", Some(26)),
            (b"xfd1", Some(16_383)),
            (b"12", None),
            (b"AAAAAAAAAAAAAAAAAAAAAAAA1", None),
        ] {
            assert_eq!(column_of(reference), expected);
        }
    }
}
