//! Whether a report may be compared and written without a person looking first.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::profile::Profile;
use crate::language::{Language, message};
use crate::reconcile::{FindingKey, FindingKind, Reconciliation};
use jiff::civil::Date;

/// From when on a difference counts. Shares are per cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DriftSettings {
    /// How much of the book a report may turn (issue 4: 30%).
    pub book_percent: u32,
    /// How much the number of rows may differ from the middle one of the earlier reports.
    pub rows_percent: u32,
    /// By how many points a status's share may differ from its middle share before.
    pub status_points: u32,
    /// By how many points a column's share of empty cells may differ from its middle share before.
    pub empty_points: u32,
    /// Books and reports smaller than this are not judged by shares: one of three orders is 33%.
    pub least_rows: u64,
}

impl Default for DriftSettings {
    fn default() -> Self {
        Self { book_percent: 30, rows_percent: 30, status_points: 20, empty_points: 20, least_rows: 20 }
    }
}

/// Why a report is held, or what is worth knowing of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Reason {
    /// A required column stands elsewhere, or under another header.
    ColumnMoved {
        /// What the column is for.
        field: String,
        /// Where it was: header and position.
        was: (String, usize),
        /// Where it is.
        now: (String, usize),
    },
    /// The report would turn too much of the book.
    BookTurned {
        /// Orders that it would turn.
        turned: u64,
        /// Orders of the book.
        book: u64,
        /// How many per cent may be turned.
        limit: u32,
    },
    /// A later report of the book was loaded already: this one would bring back what is settled, and settle what is not.
    Older {
        /// The day of the latest report.
        latest: Date,
        /// The day of this one.
        now: Date,
    },
    /// Headers came or went.
    Headers {
        /// New ones.
        added: Vec<String>,
        /// Those that are gone.
        removed: Vec<String>,
    },
    /// There are many more or many fewer rows.
    Rows {
        /// The middle number before.
        usual: u64,
        /// The number now.
        now: u64,
    },
    /// A status is much more or much less frequent.
    Status {
        /// Which.
        status: String,
        /// Its usual share, per cent.
        usual: u32,
        /// Its share now, per cent.
        now: u32,
    },
    /// A column has many more or many fewer empty cells.
    Empty {
        /// Its header.
        header: String,
        /// The usual share of empty cells, per cent.
        usual: u32,
        /// The share now, per cent.
        now: u32,
    },
}

impl Reason {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ColumnMoved { .. } => "drift.column_moved",
            Self::BookTurned { .. } => "drift.book_turned",
            Self::Older { .. } => "drift.older",
            Self::Headers { .. } => "drift.headers",
            Self::Rows { .. } => "drift.rows",
            Self::Status { .. } => "drift.status",
            Self::Empty { .. } => "drift.empty",
        }
    }

    /// The reason in a sentence.
    pub fn message(&self, language: Language) -> String {
        let said = |parameters: &[(&str, String)]| message(language, self.code(), parameters);
        match self {
            Self::ColumnMoved { field, was, now } => said(&[
                ("field", field.clone()),
                ("was", was.0.clone()),
                ("was_at", was.1.to_string()),
                ("now", now.0.clone()),
                ("now_at", now.1.to_string()),
            ]),
            Self::BookTurned { turned, book, limit } => said(&[
                ("turned", turned.to_string()),
                ("book", book.to_string()),
                ("share", percent(*turned, *book).to_string()),
                ("limit", limit.to_string()),
            ]),
            Self::Older { latest, now } => said(&[("latest", latest.to_string()), ("now", now.to_string())]),
            Self::Headers { added, removed } => {
                said(&[("added", listed(added)), ("removed", listed(removed))])
            }
            Self::Rows { usual, now } => said(&[("usual", usual.to_string()), ("now", now.to_string())]),
            Self::Status { status, usual, now } => {
                said(&[("status", status.clone()), ("usual", usual.to_string()), ("now", now.to_string())])
            }
            Self::Empty { header, usual, now } => {
                said(&[("header", header.clone()), ("usual", usual.to_string()), ("now", now.to_string())])
            }
        }
    }

    /// Whether it stops the report until somebody approves it (issue 4: required columns that moved, more than 30% of
    /// the book turned; and a report older than the last). The others are shown beside.
    pub fn stops(&self) -> bool {
        matches!(self, Self::ColumnMoved { .. } | Self::BookTurned { .. } | Self::Older { .. })
    }
}

fn listed(headers: &[String]) -> String {
    if headers.is_empty() {
        return "-".to_owned();
    }
    headers.join(", ")
}

/// What the sentinel says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Why the report has to wait for approval; empty where it need not.
    pub stops: Vec<Reason>,
    /// What else is unlike the earlier reports.
    pub notices: Vec<Reason>,
}

impl Verdict {
    /// Whether somebody has to approve before anything is written.
    pub fn needs_approval(&self) -> bool {
        !self.stops.is_empty()
    }
}

/// How much of the book a report would turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Live orders of the company and broker that the report newly calls missing, unpaid, regressed or terminated.
    pub turned: u64,
    /// All live orders of the company and broker.
    pub book: u64,
}

/// How much of the book a reconciliation would turn: its orders that get a finding against them which is not open
/// already. A paid-through date that moves forward is the ordinary course of a month and turns nothing.
pub fn turn_of_book(result: &Reconciliation, is_open: impl Fn(&FindingKey) -> bool) -> Turn {
    let against = |kind| {
        matches!(
            kind,
            FindingKind::MissingInPortal
                | FindingKind::PaidThroughRegressed
                | FindingKind::Unpaid
                | FindingKind::TerminationMismatch
        )
    };
    let turned: BTreeSet<&str> = result
        .findings
        .iter()
        .filter(|finding| against(finding.key.kind) && !is_open(&finding.key))
        .map(|finding| finding.key.member_id.as_ref())
        .collect();
    Turn { turned: turned.len() as u64, book: result.book }
}

/// Compares a report with the company's last ones (the latest last) and weighs what it would turn.
pub fn judge(
    profile: &Profile,
    earlier: &[Profile],
    turn: Option<Turn>,
    settings: &DriftSettings,
) -> Verdict {
    let mut reasons = Vec::new();
    if let Some(turn) = turn
        && turn.book >= settings.least_rows
        && turn.turned * 100 > turn.book * u64::from(settings.book_percent)
    {
        reasons.push(Reason::BookTurned {
            turned: turn.turned,
            book: turn.book,
            limit: settings.book_percent,
        });
    }
    if let Some(last) = earlier.last() {
        moved(profile, last, &mut reasons);
        headers(profile, last, &mut reasons);
        shares(profile, earlier, settings, &mut reasons);
    }
    let (stops, notices) = reasons.into_iter().partition(Reason::stops);
    Verdict { stops, notices }
}

fn moved(profile: &Profile, last: &Profile, reasons: &mut Vec<Reason>) {
    for was in &last.required {
        let now = profile.required.iter().find(|column| column.field == was.field);
        let Some(now) = now else {
            continue; // no longer required by the definition, or the file would have been refused
        };
        let renamed = crate::company::fold(&now.header) != crate::company::fold(&was.header);
        if renamed || now.position != was.position {
            reasons.push(Reason::ColumnMoved {
                field: was.field.clone(),
                was: (was.header.clone(), was.position),
                now: (now.header.clone(), now.position),
            });
        }
    }
}

fn headers(profile: &Profile, last: &Profile, reasons: &mut Vec<Reason>) {
    let folded = |profile: &Profile| -> BTreeMap<String, String> {
        let named = profile.headers.iter().filter(|header| !header.is_empty());
        named.map(|header| (crate::company::fold(header), header.clone())).collect()
    };
    let (now, was) = (folded(profile), folded(last));
    let lacking = |these: &BTreeMap<String, String>, those: &BTreeMap<String, String>| -> Vec<String> {
        these.iter().filter(|(key, _)| !those.contains_key(*key)).map(|(_, header)| header.clone()).collect()
    };
    let (added, removed) = (lacking(&now, &was), lacking(&was, &now));
    if !added.is_empty() || !removed.is_empty() {
        reasons.push(Reason::Headers { added, removed });
    }
}

fn shares(profile: &Profile, earlier: &[Profile], settings: &DriftSettings, reasons: &mut Vec<Reason>) {
    let usual = middle(earlier.iter().map(|profile| profile.rows));
    if usual < settings.least_rows || profile.rows < settings.least_rows && usual < settings.least_rows * 2 {
        return;
    }
    if profile.rows.abs_diff(usual) * 100 > usual * u64::from(settings.rows_percent) {
        reasons.push(Reason::Rows { usual, now: profile.rows });
    }
    let share =
        |of: &BTreeMap<String, u64>, key: &str, rows: u64| percent(of.get(key).copied().unwrap_or(0), rows);
    let statuses: BTreeSet<&String> =
        earlier.iter().chain([profile]).flat_map(|profile| profile.statuses.keys()).collect();
    for status in statuses {
        let usual = middle(earlier.iter().map(|p| u64::from(share(&p.statuses, status, p.rows))));
        let (usual, now) = (narrow(usual), share(&profile.statuses, status, profile.rows));
        if usual.abs_diff(now) > settings.status_points {
            let status = status.clone();
            reasons.push(Reason::Status { status, usual, now });
        }
    }
    for (header, count) in &profile.empty {
        let before: Vec<&Profile> =
            earlier.iter().filter(|profile| profile.empty.contains_key(header)).collect();
        if before.is_empty() {
            continue; // a new column: said with the headers
        }
        let usual = middle(before.iter().map(|p| u64::from(share(&p.empty, header, p.rows))));
        let (usual, now) = (narrow(usual), percent(*count, profile.rows));
        if usual.abs_diff(now) > settings.empty_points {
            let header = header.clone();
            reasons.push(Reason::Empty { header, usual, now });
        }
    }
}

fn narrow(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn percent(part: u64, whole: u64) -> u32 {
    narrow((part * 100 + whole / 2).checked_div(whole).unwrap_or(0))
}

/// The middle of some numbers: one odd report among the earlier ones does not move it.
fn middle(numbers: impl Iterator<Item = u64>) -> u64 {
    let mut sorted: Vec<u64> = numbers.collect();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::profile::RequiredColumn;
    use super::*;

    fn profile(rows: u64, active: u64, empty: u64) -> Profile {
        Profile {
            headers: vec!["Member ID".into(), "Status".into(), "Term".into()],
            required: vec![RequiredColumn {
                field: "member_id".into(),
                header: "Member ID".into(),
                position: 1,
            }],
            rows,
            statuses: [("Active".to_owned(), active), ("Terminated".to_owned(), rows - active)].into(),
            empty: [("Term".to_owned(), empty)].into(),
        }
    }

    fn codes(reasons: &[Reason]) -> Vec<&'static str> {
        reasons.iter().map(Reason::code).collect()
    }

    #[test]
    fn a_report_like_the_earlier_ones_passes() {
        let earlier = [profile(100, 80, 5), profile(102, 81, 6), profile(98, 75, 4)];
        let verdict = judge(
            &profile(104, 83, 5),
            &earlier,
            Some(Turn { turned: 30, book: 100 }),
            &DriftSettings::default(),
        );
        assert_eq!(verdict, Verdict::default());
        assert_eq!(judge(&profile(104, 83, 5), &[], None, &DriftSettings::default()), Verdict::default());
    }

    #[test]
    fn each_difference_is_said() {
        let earlier = [profile(100, 80, 5), profile(100, 80, 5), profile(10_000, 1, 9_000)];
        let settings = DriftSettings::default();
        let mut now = profile(60, 20, 40);
        now.headers = vec!["MEMBER_ID".into(), "Status".into(), "Phone".into()];
        let verdict = judge(&now, &earlier, None, &settings);
        assert!(!verdict.needs_approval());
        assert_eq!(
            codes(&verdict.notices),
            ["drift.headers", "drift.rows", "drift.status", "drift.status", "drift.empty"]
        );
        assert_eq!(
            verdict.notices[0],
            Reason::Headers { added: vec!["Phone".into()], removed: vec!["Term".into()] }
        );
    }

    #[test]
    fn a_required_column_that_moved_stops() {
        let earlier = [profile(100, 80, 5)];
        for (header, position, stops) in [
            ("Member ID", 1, false),
            ("MEMBER_ID", 1, false),
            ("Member ID", 2, true),
            ("Subscriber", 1, true),
        ] {
            let mut now = profile(100, 80, 5);
            now.required[0].header = header.into();
            now.required[0].position = position;
            let verdict = judge(&now, &earlier, None, &DriftSettings::default());
            assert_eq!(verdict.needs_approval(), stops, "{header} {position}");
        }
    }

    #[test]
    fn more_than_thirty_per_cent_of_the_book_stops() {
        let now = profile(100, 80, 5);
        for (turned, book, stops) in
            [(30, 100, false), (31, 100, true), (0, 0, false), (19, 19, false), (7, 20, true)]
        {
            let verdict = judge(&now, &[], Some(Turn { turned, book }), &DriftSettings::default());
            assert_eq!(verdict.needs_approval(), stops, "{turned} of {book}");
        }
        let verdict = judge(&now, &[], Some(Turn { turned: 40, book: 100 }), &DriftSettings::default());
        let said = verdict.stops[0].message(Language::En);
        assert!(said.contains("40 of 100") && said.contains("30%"), "{said}");
        assert_ne!(said, verdict.stops[0].message(Language::Es));
    }
}
