//! What is known of one company's report.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::date::DateForm;
use super::member_id::IdRules;

/// One company's report, as its definition file says it (`companies/*.toml`).
#[derive(Clone, Debug)]
pub struct Company {
    /// The short name on the command line and in findings' identities: `aetna`.
    pub key: String,
    /// What people call it, and what findings say: `Aetna`.
    pub name: String,
    /// What the CRM calls it in its orders; the same as `name` unless the file says otherwise.
    pub crm_name: String,
    /// The member id.
    pub member_id: Column,
    /// How ids are cleaned.
    pub ids: IdRules,
    /// The paid-through date.
    pub paid_through: PaidThrough,
    /// The term date, where the report has one.
    pub term_date: Option<TermDates>,
    /// The status.
    pub status: Option<Column>,
    /// The relationship to the subscriber.
    pub relationship: Option<Column>,
    /// The monthly premium, for premium at risk.
    pub premium: Option<Column>,
    /// The column that names the company of each row, where one report speaks of several (HealthSherpa).
    pub issuer: Option<Column>,
    /// What the CRM calls the issuers that the report calls otherwise, by folded name.
    pub issuers: BTreeMap<String, String>,
    /// The rows that count; all where there is no rule.
    pub keep: Vec<Keep>,
    /// How its dates are written, besides `2026-01-31`, which is always understood.
    pub dates: Vec<DateForm>,
    /// Days that mean "no end".
    pub no_end: Vec<Date>,
    /// Words that a row without a member id begins with where it is a total and no policy.
    pub totals: Vec<String>,
    /// The name of the setting that holds the password of its protected workbooks; never the password.
    pub password_setting: Option<String>,
}

/// A column by the names it may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its header, and other names for the same.
    pub names: Vec<String>,
    /// Columns to look in where this one is empty, in order.
    pub otherwise: Vec<String>,
    /// Whether a report without it is refused.
    pub required: bool,
}

/// Where the paid-through date comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaidThrough {
    /// The report has it.
    Reported(Column),
    /// It follows from the status; a status that no rule names gives none.
    Derived(Vec<Derived>),
}

/// One rule of a derived date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// The statuses it is for.
    pub status: Vec<String>,
    /// The last day of the month so many months before the day's.
    pub months_before: u8,
}

/// The term date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermDates {
    /// Its column.
    pub column: Column,
    /// Whether every present term date counts as 31 December of the plan year (Molina).
    pub plan_year_end: bool,
}

/// A rule that says which rows count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keep {
    /// The column it looks at.
    pub column: Column,
    /// What has to stand there.
    pub test: KeepTest,
}

/// What has to stand in a column for a row to count. Compared without regard to case and surrounding space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeepTest {
    /// One of these.
    Is(Vec<String>),
    /// None of these.
    IsNot(Vec<String>),
    /// What a setting of this name says; without the setting the rule is off.
    IsSetting(String),
}

impl Company {
    /// Whether a report without this column is refused: by itself, or since a filter that always holds looks at it.
    pub fn requires(&self, column: &Column) -> bool {
        let looked_at = |keep: &Keep| keep.column.required && keep.column.names == column.names;
        column.required || self.keep.iter().any(looked_at)
    }

    /// The same definition for another company: what "any other company" means for the generic one.
    pub fn named(&self, key: &str, name: &str) -> Self {
        Self { key: key.to_owned(), name: name.to_owned(), crm_name: name.to_owned(), ..self.clone() }
    }

    /// What the CRM calls an issuer.
    pub fn crm_name_of_issuer<'a>(&'a self, issuer: &'a str) -> &'a str {
        self.issuers.get(&fold(issuer)).map_or(issuer.trim(), String::as_str)
    }
}

/// A value or header without what does not count: case, space around, underscores against spaces, a byte-order mark.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let spaced = text.chars().map(|c| match c {
        '_' | '\u{feff}' | '\u{200b}' | '\u{a0}' => ' ',
        c if c.is_whitespace() => ' ',
        c => c,
    });
    for c in spaced {
        if c == ' ' {
            if !folded.is_empty() && !folded.ends_with(' ') {
                folded.push(' ');
            }
        } else {
            folded.extend(c.to_lowercase());
        }
    }
    if folded.ends_with(' ') {
        folded.pop();
    }
    folded
}

/// Whether two values are the same but for case and surrounding space.
pub(crate) fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.trim(), right.trim());
    left == right
        || (left.chars().flat_map(char::to_lowercase)).eq(right.chars().flat_map(char::to_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_fold() {
        for (left, right) in [
            ("Subscriber_ID", "SUBSCRIBER ID"),
            ("\u{feff}Member ID", "member id"),
            ("  Paid  Through_Date ", "paid through date"),
            ("Paid\nThrough Date", "Paid Through Date"),
        ] {
            assert_eq!(fold(left), fold(right));
        }
        assert_ne!(fold("MemberID"), fold("Member ID"));
    }

    #[test]
    fn values_compare_without_case() {
        assert!(same(" Problema CAMPAÑA", "Problema Campaña"));
        assert!(!same("Active", "Inactive"));
    }
}
