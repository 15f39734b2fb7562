//! Comma, semicolon, tab or bar: records of text.

use csv::{ReaderBuilder, StringRecord};

use super::Flow;
use super::cell::{CellKind, RowBuffer};
use super::guard::Guard;
use super::refusal::Refusal;

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// How much of a text and how many records decide what stands between the cells.
const SNIFFED_BYTES: usize = 64 << 10;
const SNIFFED_RECORDS: usize = 60;

/// Reads all records; gives the delimiter.
pub(super) fn read(text: &str, guard: &mut Guard<'_>) -> Result<u8, Refusal> {
    let delimiter = sniff(text);
    if guard.sheet("")? != Flow::Continue {
        return Ok(delimiter);
    }
    let mut reader = builder(delimiter).from_reader(text.as_bytes());
    let mut lines = Lines::new(text);
    let mut record = StringRecord::new();
    let mut row = RowBuffer::default();
    while reader
        .read_record(&mut record)
        .map_err(|source| Refusal::damaged_by("a record cannot be read", source))?
    {
        let start = record.position().map_or(0, csv::Position::byte);
        let line = lines.line_of(usize::try_from(start).unwrap_or(usize::MAX));
        guard.row_bytes(record.as_slice().len(), line)?;
        refuse_open_quote(text, start, reader.position().byte(), line)?;
        row.clear();
        for cell in &record {
            row.push(CellKind::Text, cell);
        }
        if guard.row(line, &row)? != Flow::Continue {
            break;
        }
    }
    Ok(delimiter)
}

/// More lines than any cell of a report has.
const MOST_LINES_OF_A_ROW: usize = 60;

/// A row over several lines in which quotes do not come in pairs, or over more lines than a row has: a quote was opened and
/// forgotten, and the rows behind it are no cells.
fn refuse_open_quote(text: &str, start: u64, end: u64, line: u32) -> Result<(), Refusal> {
    let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
    let Some(row) = text.get(at(start)..at(end)) else { return Ok(()) };
    let swallowed = row.trim_end().lines().count().saturating_sub(1);
    let paired = row.bytes().filter(|byte| *byte == b'"').count() % 2 == 0;
    if swallowed > MOST_LINES_OF_A_ROW || (swallowed > 0 && !paired) {
        return Err(Refusal::QuoteOpen { line, swallowed });
    }
    Ok(())
}

fn builder(delimiter: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(delimiter);
    builder
}

/// The delimiter that cuts most records into the same number of cells, and into most cells where several do.
fn sniff(text: &str) -> u8 {
    if let Some(named) = named_delimiter(text) {
        return named;
    }
    let mut end = SNIFFED_BYTES.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text.get(..end).unwrap_or(text);
    let score = |delimiter: u8| -> usize {
        let mut reader = builder(delimiter).from_reader(head.as_bytes());
        let widths: Vec<usize> = reader
            .records()
            .take(SNIFFED_RECORDS)
            .filter_map(|record| record.ok().map(|record| record.len()))
            .filter(|width| *width > 1)
            .collect();
        let agree = |width: usize| widths.iter().filter(|other| **other == width).count();
        widths.iter().map(|width| agree(*width) * width).max().unwrap_or(0)
    };
    let mut best = (0, b',');
    for delimiter in DELIMITERS {
        let found = score(delimiter);
        if found > best.0 {
            best = (found, delimiter);
        }
    }
    best.1
}

/// Excel's own hint: a first line `sep=;`.
fn named_delimiter(text: &str) -> Option<u8> {
    let first = text.lines().next()?.trim_end();
    let named = first.strip_prefix("sep=").or_else(|| first.strip_prefix("\"sep="))?;
    named.bytes().next().filter(|byte| DELIMITERS.contains(byte)).or_else(|| {
        // `sep=` and a tab, which `trim_end` took
        text.lines().next().filter(|line| line.ends_with('\t')).map(|_| b'\t')
    })
}

/// Turns byte offsets that only grow into line numbers. The csv crate counts only `\n` and, for a record after blank
/// lines, gives the first blank one; people look for the line their editor shows.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u32,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), at: 0, line: 1 }
    }

    /// The line of the first character of a record that begins at `offset`, blank lines before it passed over.
    fn line_of(&mut self, offset: usize) -> u32 {
        while let Some(byte) = self.bytes.get(self.at) {
            let end_of_line = match byte {
                b'\n' => true,
                b'\r' => self.bytes.get(self.at + 1) != Some(&b'\n'),
                _ if self.at >= offset => break,
                _ => false,
            };
            self.line = self.line.saturating_add(u32::from(end_of_line));
            self.at += 1;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Cells, Limits, RowSink};
    use super::*;

    #[derive(Default)]
    struct Kept(Vec<(u32, Vec<String>)>);

    impl RowSink for Kept {
        fn sheet(&mut self, _: &str) -> Flow {
            Flow::Continue
        }

        fn row(&mut self, line: u32, cells: Cells<'_>) -> Flow {
            self.0.push((line, cells.iter().map(|cell| cell.text.to_owned()).collect()));
            Flow::Continue
        }
    }

    fn rows(text: &str) -> (u8, Vec<(u32, Vec<String>)>) {
        let mut kept = Kept::default();
        let limits = Limits::default();
        let delimiter = read(text, &mut Guard::new(&limits, text.len(), &mut kept)).unwrap();
        (delimiter, kept.0)
    }

    #[test]
    fn delimiters_are_told_apart() {
        for (text, expected) in [
            ("a,b,c\n1,2,3\n", b','),
            ("a;b;c\nMarch 31, 2026;2;3\nMarch 31, 2026;2;3\n", b';'),
            ("a\tb\tc\n1\t2,5\t3\n", b'\t'),
            ("a|b\n1|2\n", b'|'),
            ("Title, with a comma\n\na;b;c\n1;2;3\n", b';'),
            ("sep=;\na;b\n", b';'),
            ("only one column\n1\n2\n", b','),
            ("\"a;b\",\"c;d\"\n\"1;2\",\"3;4\"\n", b','),
        ] {
            assert_eq!(sniff(text), expected, "{text}");
        }
    }

    #[test]
    fn lines_are_those_an_editor_shows() {
        let (_, found) = rows("a,b\r\n\r\n\r\n1,\"x\r\ny\"\r\n,\r\n2,z\r\n");
        let lines: Vec<u32> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 4, 7]);
        assert_eq!(found[1].1, ["1", "x\r\ny"]);
        let (_, found) = rows("a,b\r1,2\r3,4");
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn a_quote_that_never_closes_is_refused_with_its_line() {
        let text = format!("a,b\n1,\"{}", "x".repeat(2 << 20));
        let limits = Limits::default();
        let refusal = read(&text, &mut Guard::new(&limits, text.len(), &mut Kept::default())).unwrap_err();
        assert_eq!(refusal.code(), "report.row_too_long");
        assert!(refusal.to_string().contains("line 2"), "{refusal}");
    }

    #[test]
    fn a_forgotten_quote_does_not_swallow_the_rows_behind_it() {
        let refused = |text: &str| {
            let limits = Limits::default();
            read(text, &mut Guard::new(&limits, text.len(), &mut Kept::default())).unwrap_err().to_string()
        };
        assert!(refused("a,b\n1,\"x\n2,y\n3,z\n").contains("line 2"));
        let closed_later = format!("a,b\n1,\"x\n{}9,\"z\n", "2,y\n".repeat(80));
        assert!(refused(&closed_later).contains("line 2"));
        let (_, found) = rows("a,b\n1,\"x\ny\"\n2,5\"\n3,z");
        assert_eq!(found.len(), 4, "a cell over two lines, and an inch, are fine: {found:?}");
    }

    #[test]
    fn a_million_columns_are_refused() {
        let text = ",x".repeat(1_000_000);
        let limits = Limits { row_bytes: usize::MAX, ..Limits::default() };
        let refusal = read(&text, &mut Guard::new(&limits, text.len(), &mut Kept::default())).unwrap_err();
        assert_eq!(refusal.to_string(), "the report has more than 1000 columns");
    }
}
