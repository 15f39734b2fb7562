//! Workbooks of the old binary kind (.xls), and the compound files that hold them.
//!
//! Read here rather than by a library: the libraries lay a sheet out as a dense grid, so a file of a few kilobytes with
//! one far cell asks for half a gigabyte; facts/CRATES.md asks for a child process for that reason. Here a row costs
//! what stands in it, every offset is checked, and nothing grows beyond the file's own size.

mod biff;
mod compound;
mod strings;

pub(super) use compound::Compound;

use super::guard::Guard;
use super::limits::Limits;
use super::refusal::Refusal;

/// Reads the visible sheets in their order.
pub(super) fn read(compound: &Compound<'_>, limits: &Limits, guard: &mut Guard<'_>) -> Result<(), Refusal> {
    let stream = match compound.stream("Workbook")? {
        Some(stream) => stream,
        None => compound
            .stream("Book")?
            .ok_or(Refusal::UnknownFormat { what: "an Office document without a workbook in it" })?,
    };
    biff::read(&stream, limits, guard)
}
