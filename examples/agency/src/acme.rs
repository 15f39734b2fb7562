//! A company: most of it is data (`acme.toml`); what data cannot say is a rule over its rows.

use cs_companies::Period;
use cs_companies::company::{NamedCells, Row, RowRule, RuleVerdict};

/// The definition of ACME's report.
pub const ACME: &str = include_str!("../acme.toml");

/// ACME prints a row for each seat of a group that nobody sits in yet, and says so in the name: `** OPEN SEAT **`.
#[derive(Debug)]
pub struct NoPlaceholders;

impl RowRule for NoPlaceholders {
    fn company(&self) -> &'static str {
        "acme"
    }

    fn apply(&self, _row: &mut Row, cells: &NamedCells<'_>, _period: &Period) -> Result<RuleVerdict, String> {
        let name = cells.get("Name").map(|cell| cell.text.trim()).unwrap_or_default();
        if name.is_empty() {
            return Err("a row without a name".to_owned());
        }
        let open = name.starts_with("**");
        Ok(if open { RuleVerdict::LeaveOut } else { RuleVerdict::Keep })
    }
}
