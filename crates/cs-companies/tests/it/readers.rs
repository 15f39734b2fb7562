//! Files in every dress, and files that mean harm.

use std::io::Write as _;

use cs_companies::company::{Company, InvalidReason};
use cs_companies::reconcile::Expected;
use cs_companies::report::Format;
use cs_companies::{Limits, Refusal};
use jiff::civil::{Date, date};
use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Workbook};

use crate::support::{Reading, company, compare, expected, fixtures, orders, read_text};

const DAY: Date = date(2026, 3, 18);
const OSCAR_XLS: &[u8] = include_bytes!("data/oscar.xls");
const LONG_XLS: &[u8] = include_bytes!("data/long-texts.xls");

fn generic() -> &'static Company {
    company("generic")
}

fn refused(bytes: &[u8]) -> Refusal {
    match Reading::of("made.xlsx", bytes).read(generic(), DAY) {
        Ok(report) => panic!("read {} rows", report.rows_read()),
        Err(refusal) => refusal,
    }
}

/// An archive of parts.
fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const RELS: &str = r#"<Relationships><Relationship Id="r1" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<workbook><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>"#;
const BOOK_RELS: &str = r#"<Relationships>
  <Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/>
  <Relationship Id="r2" Type="x/sharedStrings" Target="sharedStrings.xml"/>
  <Relationship Id="r3" Type="x/styles" Target="styles.xml"/></Relationships>"#;

/// A workbook of one sheet, written by hand.
fn workbook(sheet: &str, strings: &str, styles: &str) -> Vec<u8> {
    archive(&[
        ("_rels/.rels", RELS.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/sharedStrings.xml", strings.as_bytes()),
        ("xl/styles.xml", styles.as_bytes()),
    ])
}

fn head() -> &'static str {
    r#"<row r="1"><c r="A1" t="inlineStr"><is><t>Member ID</t></is></c><c r="B1" t="str"><v>Paid Through Date</v></c></row>"#
}

#[test]
fn an_old_workbook_says_the_same_as_the_plain_report() {
    let report = Reading::of("oscar.xls", OSCAR_XLS).read(company("oscar"), DAY).unwrap();
    assert_eq!(report.format, Format::Xls);
    assert_eq!(report.sheets_skipped, ["Notas"], "and the hidden one is not looked at");
    assert_eq!((report.columns.line, report.notes.len()), (4, 1));
    assert_eq!(report.sheet(report.rows[0].place), "Book of Business");
    let Some(folder) = fixtures() else { return };
    let orders = orders(&folder.join("2026-03-18/oscar.orders.json"));
    let found = Expected::from(&compare(&report, &orders, company("oscar"), DAY));
    assert_eq!(found, expected(&folder.join("2026-03-18/oscar.expected.json")));
}

#[test]
fn texts_that_run_over_several_records_of_an_old_workbook() {
    let report = Reading::of("long.xls", LONG_XLS).read(generic(), DAY).unwrap();
    assert_eq!(report.rows.len(), 120);
    for (n, row) in report.rows.iter().enumerate() {
        assert_eq!(&*row.member_id, format!("U{n:07}"));
        assert_eq!(row.paid_through, Some(date(2026, 3, 31)));
        let word = if n % 3 == 0 { "ñandú€" } else { "plain" };
        assert_eq!(row.source.cells().get(2).text, format!("{}{n}", word.repeat(20 + n)));
        assert_eq!(row.source.cells().get(3).text, if n % 2 == 1 { "TRUE" } else { "FALSE" });
    }
}

#[test]
fn an_old_workbook_cut_off_anywhere_is_refused_or_read_but_never_a_panic() {
    for end in (0..OSCAR_XLS.len()).step_by(97) {
        let _ = Reading::of("cut.xls", &OSCAR_XLS[..end]).read(company("oscar"), DAY);
    }
    let refusal = Reading::of("cut.xls", &OSCAR_XLS[..2048]).read(company("oscar"), DAY).unwrap_err();
    assert_eq!(refusal.code(), "report.damaged");
}

#[test]
fn every_kind_of_cell_of_a_workbook() {
    let mut book = Workbook::new();
    let notes = book.add_worksheet().set_name("Portada").unwrap();
    notes.write(0, 0, "Member ID in the next sheet").unwrap();
    let sheet = book.add_worksheet().set_name("Datos").unwrap();
    let day = CellFormat::new().set_num_format("mm/dd/yyyy");
    for (column, header) in (0..).zip(["Member ID", "Paid Through Date", "Status", "Monthly Premium"]) {
        sheet.write(3, column, header).unwrap();
    }
    let paid = ExcelDateTime::from_ymd(2026, 3, 31).unwrap();
    sheet.write(4, 0, "Ñ001 & <2>").unwrap();
    sheet.write_with_format(4, 1, &paid, &day).unwrap();
    sheet.write(4, 2, true).unwrap();
    sheet.write(4, 3, 120.5).unwrap();
    sheet.write(6, 0, 7_512_345_601_i64).unwrap();
    sheet.write(6, 1, "03/31/2026").unwrap();
    sheet.write(7, 0, "U3").unwrap();
    sheet.write(7, 1, 46_112).unwrap();
    sheet.write(8, 0, 1_234_567_890_123_456_789_i64).unwrap();
    sheet.write(9, 0, "Total").unwrap();
    let bytes = book.save_to_buffer().unwrap();
    let report = Reading::of("made.xlsx", &bytes).read(generic(), DAY).unwrap();
    let rows: Vec<(&str, u32, Option<Date>)> =
        report.rows.iter().map(|row| (&*row.member_id, row.place.line, row.paid_through)).collect();
    let day = Some(date(2026, 3, 31));
    assert_eq!(rows, [("Ñ001&<2>", 5, day), ("7512345601", 7, day), ("U3", 8, day)]);
    assert_eq!(report.rows[0].premium, Some("120.5".parse().unwrap()));
    assert!(matches!(report.invalid[0].reason, InvalidReason::IdDigitsLost { .. }));
    assert_eq!((report.sheets_skipped.len(), report.notes.len()), (1, 1));
}

#[test]
fn a_book_over_two_sheets_is_one_book() {
    let mut book = Workbook::new();
    for (name, member) in [("Active", "U1"), ("More", "U2")] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        sheet.write(0, 0, "Paid Through Date").unwrap();
        sheet.write(0, 1, "Member ID").unwrap();
        sheet.write(1, 0, "03/31/2026").unwrap();
        sheet.write(1, 1, member).unwrap();
    }
    let bytes = book.save_to_buffer().unwrap();
    let report = Reading::of("made.xlsx", &bytes).read(generic(), DAY).unwrap();
    let rows: Vec<(&str, &str)> =
        report.rows.iter().map(|row| (&*row.member_id, report.sheet(row.place))).collect();
    assert_eq!(rows, [("U1", "Active"), ("U2", "More")]);
}

#[test]
fn a_workbook_written_by_hand_with_odd_cells() {
    let sheet = format!(
        r#"<worksheet><sheetData>{}<row><c t="s"><v>0</v></c><c s="1"><v>46112</v></c></row>
           <row r="9"><c r="A9" t="inlineStr"><is><r><t>U</t></r><r><t xml:space="preserve">2 &#49;</t></r><rPh><t>x</t></rPh></is></c>
           <c r="B9" t="d"><v>2026-03-31T00:00:00Z</v></c><c r="XFD9" s="1"/></row></sheetData></worksheet>"#,
        head()
    );
    let strings = r#"<sst uniqueCount="99999999999999"><si><t>U&amp;1</t></si></sst>"#;
    let styles = r#"<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;
    let bytes = workbook(&sheet, strings, styles);
    let report = Reading::of("made.xlsx", &bytes).read(generic(), DAY).unwrap();
    let rows: Vec<(&str, u32, Option<Date>)> =
        report.rows.iter().map(|row| (&*row.member_id, row.place.line, row.paid_through)).collect();
    let day = Some(date(2026, 3, 31));
    assert_eq!(rows, [("U&1", 2, day), ("U21", 9, day)]);
}

#[test]
fn a_workbook_that_unpacks_without_end_is_refused() {
    let row = format!("<row><c t=\"str\"><v>{}</v></c></row>", "A".repeat(4000));
    let sheet = format!("<worksheet><sheetData>{}{}</sheetData></worksheet>", head(), row.repeat(1000));
    let bytes = workbook(&sheet, "<sst/>", "<styleSheet/>");
    let reading = Reading {
        limits: Limits { unpacked_bytes: 2 << 20, ..Limits::default() },
        ..Reading::of("bomb.xlsx", &bytes)
    };
    let refusal = reading.read(generic(), DAY).unwrap_err();
    assert_eq!(refusal.to_string(), "the workbook unpacks to more than 2097152 bytes");
}

#[test]
fn one_long_text_in_every_row_is_refused() {
    let rows = r#"<row><c t="s"><v>0</v></c></row>"#.repeat(2000);
    let sheet = format!("<worksheet><sheetData>{}{rows}</sheetData></worksheet>", head());
    let strings = format!("<sst><si><t>{}</t></si></sst>", "A".repeat(100_000));
    let bytes = workbook(&sheet, &strings, "<styleSheet/>");
    assert!(bytes.len() < 10_000);
    let reading = Reading {
        limits: Limits { unpacked_bytes: 2 << 20, ..Limits::default() },
        ..Reading::of("made.xlsx", &bytes)
    };
    assert_eq!(reading.read(generic(), DAY).unwrap_err().code(), "report.unpacks_too_far");
}

#[test]
fn one_endless_text_is_refused_before_it_is_held() {
    let text = "A".repeat(8 << 20);
    let sheet = format!(
        "<worksheet><sheetData>{}<row><c t=\"str\"><v>{text}</v></c></row></sheetData></worksheet>",
        head()
    );
    assert_eq!(refused(&workbook(&sheet, "<sst/>", "<styleSheet/>")).code(), "report.damaged");
}

#[test]
fn a_million_columns_are_refused() {
    let far = r#"<worksheet><sheetData><row r="1"><c r="BCDEF1"><v>1</v></c></row></sheetData></worksheet>"#;
    let refusal = refused(&workbook(far, "<sst/>", "<styleSheet/>"));
    assert_eq!(refusal.to_string(), "the report has more than 1000 columns");
    let many = format!(
        "<worksheet><sheetData><row>{}</row></sheetData></worksheet>",
        "<c><v>1</v></c>".repeat(1_000_000)
    );
    assert_eq!(refused(&workbook(&many, "<sst/>", "<styleSheet/>")).code(), "report.too_large");
}

#[test]
fn broken_workbooks_are_refused_with_what_is_broken() {
    let whole = workbook(
        &format!("<worksheet><sheetData>{}</sheetData></worksheet>", head()),
        "<sst/>",
        "<styleSheet/>",
    );
    assert_eq!(refused(&whole).code(), "report.header_only");
    for (bytes, code) in [
        (whole[..whole.len() / 2].to_vec(), "report.damaged"),
        (whole[..10].to_vec(), "report.damaged"),
        (archive(&[("readme.txt", b"nothing")]), "report.unknown_format"),
        (
            archive(&[("_rels/.rels", RELS.replace(".xml", ".bin").as_bytes()), ("xl/workbook.bin", b"")]),
            "report.unknown_format",
        ),
        (workbook("<worksheet><sheetData><row>", "<sst/>", "<styleSheet/>"), "report.damaged"),
        (
            workbook(
                "<worksheet><sheetData><row><c t=\"s\"><v>5</v></c></row></sheetData>",
                "<sst/>",
                "<styleSheet/>",
            ),
            "report.damaged",
        ),
        (b"<html><table><tr><td>Member ID</td></tr></table></html>".to_vec(), "report.web_page"),
        (b"%PDF-1.4".to_vec(), "report.unknown_format"),
    ] {
        let refusal = refused(&bytes);
        assert_eq!(refusal.code(), code, "{refusal}");
    }
}

#[test]
fn limits_hold() {
    let text = "Member ID,Paid Through Date\n".to_owned() + &"U1,03/31/2026\n".repeat(50);
    for (limits, said) in [
        (Limits { rows: 20, ..Limits::default() }, "the report has more than 20 rows"),
        (Limits { cells: 20, ..Limits::default() }, "the report has more than 20 cells"),
        (Limits { file_bytes: 20, ..Limits::default() }, "the report has more than 20 bytes"),
        (Limits { columns: 1, ..Limits::default() }, "the report has more than 1 columns"),
    ] {
        let reading = Reading { limits, ..Reading::of("made.csv", text.as_bytes()) };
        assert_eq!(reading.read(generic(), DAY).unwrap_err().to_string(), said);
    }
}

#[test]
fn text_with_titles_blank_lines_quoted_lines_totals_and_pages() {
    let text = "Book of business\r\n\r\nMade on 03/18/2026,,\r\nMember ID,Paid Through Date,Note\r\n\
                U1,03/31/2026,\"two\r\nlines, and \"\"quotes\"\"\"\r\n\r\n,,\r\n\
                member_id,Paid Through Date,Note\r\nU2,03/31/2026,\r\nSubtotal,2,\r\nU3,,\r\n,,lonely\r\nU4,,\r\n\
                Total: 4,,\r\nPage 1 of 1\r\n";
    let report = read_text(text, generic(), DAY);
    let rows: Vec<(&str, u32)> = report.rows.iter().map(|row| (&*row.member_id, row.place.line)).collect();
    assert_eq!(rows, [("U1", 5), ("U2", 10), ("U3", 12), ("U4", 14)]);
    assert_eq!(report.rows[0].source.cells().get(2).text, "two\r\nlines, and \"quotes\"");
    // A lonely cell amid the rows is a row that cannot be read; after the last one it is a note.
    assert_eq!(report.invalid.iter().map(|row| row.place.line).collect::<Vec<_>>(), [13]);
    assert_eq!(report.rows_read(), 5);
    assert_eq!(report.columns.line, 4);
}

#[test]
fn every_text_encoding_and_delimiter_reads_the_same() {
    let plain = "Member ID,Paid Through Date,Status\nU1,03/31/2026,Niño\n'U2 ,,\n";
    let wanted = read_text(plain, generic(), DAY).rows;
    for delimiter in [",", ";", "\t", "|"] {
        let text = plain.replace(',', delimiter).replace('\n', "\r\n");
        let wide = |little: bool, mark: bool| -> Vec<u8> {
            let text = if mark { format!("\u{feff}{text}") } else { text.clone() };
            text.encode_utf16()
                .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() })
                .collect()
        };
        let cases = [
            text.as_bytes().to_vec(),
            format!("\u{feff}{text}").into_bytes(),
            wide(true, true),
            wide(false, true),
            wide(true, false),
            wide(false, false),
            text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect(),
        ];
        for (case, bytes) in cases.iter().enumerate() {
            let report = Reading::of("made.csv", bytes).read(generic(), DAY).unwrap();
            assert_eq!(report.rows, wanted, "{delimiter:?} {case}");
        }
    }
}

/// Where the last line has no end and lacks cells that every other row has, the rows behind it are gone.
#[test]
fn a_file_that_was_cut_off_is_refused() {
    let head = "Member ID,Name,Paid Through Date";
    let read = |rows: &str, bytes: fn(String) -> Vec<u8>| {
        Reading::of("cut.csv", &bytes(format!("{head}\n{rows}"))).read(generic(), DAY)
    };
    let utf16 = |text: String| format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [String::into_bytes as fn(String) -> Vec<u8>, utf16] {
        for cut in ["A1,Ana,03/31/2026\nA2,Be", "A1,Ana,03/31/2026\nA2", "A1,An"] {
            let refusal = read(cut, bytes).map(|report| report.rows_read()).unwrap_err();
            assert_eq!(refusal.code(), "report.cut_off", "{cut}");
        }
        for whole in [
            "A1,Ana,03/31/2026\nA2,Bea\n",             // the line ends
            "A1,Ana\nA2,Bea",                          // rows are as short as they please
            "A1,Ana,03/31/2026\nA2,Bea,",              // every cell is there
            "A1,Ana,03/31/2026\n1 row in this report", // a note
        ] {
            assert!(read(whole, bytes).is_ok(), "{whole}");
        }
    }
    let refusal = read("A1,Ana,03/31/2026\nA2,Be", String::into_bytes).map(|_| ()).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the file stops in the middle of line 3: 2 of 3 columns, and the line has no end"
    );
}

/// Dates only move forward: one that nobody can have paid for would stay.
#[test]
fn a_date_that_nobody_can_have_paid_for_is_not_believed() {
    let text = "Member ID,Paid Through Date\nA1,03/31/2126\nA2,12/31/2027\nA3,01/01/2028\nA4,12/31/9999\n";
    let report = read_text(text, generic(), DAY);
    let days: Vec<_> = report.rows.iter().map(|row| (&*row.member_id, row.paid_through)).collect();
    assert_eq!(days, [("A2", Some(date(2027, 12, 31))), ("A4", None)], "the last one means: no end");
    let said: Vec<_> = report.invalid.iter().map(|row| row.message(cs_companies::Language::En)).collect();
    assert_eq!(
        said[0],
        "“2126-03-31” in the column “Paid Through Date” on line 2 is later than anybody can have paid (2027-12-31)."
    );
    assert_eq!(report.invalid.len(), 2);
}
