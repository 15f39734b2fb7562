//! Workbooks of 2007 and later: XML parts in a ZIP archive.
//!
//! Read directly from the archive rather than through a workbook library, for three reasons: a sheet is streamed, so a
//! cell far out costs nothing; a number keeps the digits that the file has, so an id read as a number can be restored
//! exactly; and no size that the file merely *claims* (a count of shared strings, a dimension, an unpacked size) is ever
//! believed (facts/CRATES.md, "Traps seen": 549 GB asked for by a file of 4.7 KB).

mod package;
mod sheet;
mod strings;
mod styles;

use quick_xml::events::Event;

use super::guard::Guard;
use super::limits::Limits;
use super::refusal::Refusal;
use package::{Package, attribute};
use strings::SharedStrings;
use styles::Styles;

/// What all sheets of a workbook share.
struct Workbook {
    sheets: Vec<SheetEntry>,
    from_1904: bool,
}

struct SheetEntry {
    name: String,
    relation: String,
    hidden: bool,
}

/// Reads the visible sheets in their order.
pub(super) fn read(bytes: &[u8], limits: &Limits, guard: &mut Guard<'_>) -> Result<(), Refusal> {
    let mut package = Package::open(bytes, limits)?;
    let path = package.workbook_path()?;
    let workbook = read_workbook(&mut package, &path)?;
    let relations = package.relations(&path)?;
    let beside = |kind: &str| relations.iter().find(|relation| relation.kind.ends_with(kind));
    let strings = match beside("/sharedStrings") {
        Some(relation) => SharedStrings::read(&mut package, &relation.target, limits)?,
        None => SharedStrings::default(),
    };
    let styles = match beside("/styles") {
        Some(relation) => Styles::read(&mut package, &relation.target)?,
        None => Styles::default(),
    };
    for entry in workbook.sheets.iter().filter(|entry| !entry.hidden) {
        let Some(relation) = relations.iter().find(|relation| relation.id == entry.relation) else {
            return Err(Refusal::damaged("a sheet is named and not there"));
        };
        if !relation.kind.ends_with("/worksheet") {
            continue; // a chart
        }
        let shared = sheet::Shared { strings: &strings, styles: &styles, from_1904: workbook.from_1904 };
        match sheet::read(&mut package, entry, &relation.target, &shared, guard)? {
            super::Flow::Stop => break,
            super::Flow::Continue | super::Flow::SkipSheet => {}
        }
    }
    Ok(())
}

fn read_workbook(package: &mut Package<'_>, path: &str) -> Result<Workbook, Refusal> {
    let mut part = package.part(path)?.ok_or(Refusal::damaged("it has no workbook part"))?;
    let mut workbook = Workbook { sheets: Vec::new(), from_1904: false };
    loop {
        match part.next()? {
            Event::Start(e) if e.local_name().as_ref() == b"sheet" => workbook.sheets.push(SheetEntry {
                name: attribute(&e, b"name")?.unwrap_or_default(),
                relation: attribute(&e, b"id")?.unwrap_or_default(),
                hidden: attribute(&e, b"state")?.is_some_and(|state| state != "visible"),
            }),
            Event::Start(e) if e.local_name().as_ref() == b"workbookPr" => {
                workbook.from_1904 =
                    attribute(&e, b"date1904")?.is_some_and(|value| value == "1" || value == "true");
            }
            Event::Eof => return Ok(workbook),
            _ => {}
        }
    }
}
