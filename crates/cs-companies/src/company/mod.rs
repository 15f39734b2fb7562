//! Companies as data: what each one's report is called, keeps, and means.

mod cells;
mod date;
mod definition;
mod file;
mod header;
mod member_id;
mod reading;
mod row;
mod rule;
mod shipped;
mod trial;
mod widths;

pub(crate) use cells::Words;
pub use date::DateForm;
pub use definition::{Column, Company, Derived, Keep, KeepTest, PaidThrough, TermDates};
pub(crate) use definition::{fold, same};
pub use file::Problem;
pub use header::{Column as FoundColumn, Columns};
pub use member_id::IdRules;
pub(crate) use member_id::clean as clean_id;
pub use reading::{ReadOptions, read};
pub use row::{Basis, Filtered, Invalid, InvalidReason, Place, ReadReport, Row, Word};
pub use rule::{NamedCells, RowRule, RuleVerdict};
pub use shipped::{shipped, shipped_files};
pub use trial::{Trial, TrialColumn, TrialRow, try_report};
