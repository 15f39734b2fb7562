//! A report's rows, understood by a company's definition.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::cells::{Words, first_filled, header_of, is_a_sentence, is_lonely, money};
use super::date::read_cell;
use super::definition::{Company, KeepTest, PaidThrough, fold, same};
use super::header::{Columns, Found, HeaderRow};
use super::member_id::{IdFault, clean_cell};
use super::row::{Basis, Filtered, Invalid, InvalidReason, Place, ReadReport, Row, Word};
use super::rule::{NamedCells, RowRule, RuleVerdict};
use super::widths::Widths;
use crate::drift::Profiler;
use crate::period::Period;
use crate::report::{self, Cell, Cells, Flow, Limits, Refusal, ReportFile, RowSink};

/// How many rows of a sheet may stand before its header.
const HEADER_WITHIN: usize = 60;

/// What a total or a header can be called at the longest; longer texts are not worth comparing.
const LONGEST_LABEL: usize = 100;

/// What reading needs besides the file and the definition.
#[derive(Clone, Copy)]
pub struct ReadOptions<'a> {
    /// The period, for derived and fixed dates.
    pub period: &'a Period,
    /// What is accepted.
    pub limits: &'a Limits,
    /// The company's settings by name, for filters such as Ambetter's payable agent. Passwords do not belong here.
    pub settings: &'a BTreeMap<String, String>,
    /// Rules in code; those of other companies are passed over.
    pub rules: &'a [&'a dyn RowRule],
}

/// Reads a report.
///
/// # Errors
/// A [`Refusal`] where the file cannot be read, lacks a required header, or has no row at all.
pub fn read(
    file: &ReportFile<'_>,
    company: &Company,
    options: &ReadOptions<'_>,
) -> Result<ReadReport, Refusal> {
    let mut reader = Reading::new(company, options);
    let format = report::read(file, options.limits, &mut reader)?;
    if matches!(format, report::Format::Delimited { .. }) && !file.ends_a_line() {
        reader.widths.refuse_cut_off()?;
    }
    reader.finish(format)
}

/// The best guess at a header row so far, for the message where none is right.
struct Nearest {
    known: usize,
    width: usize,
    row: HeaderRow,
}

struct Reading<'a> {
    company: &'a Company,
    options: &'a ReadOptions<'a>,
    rules: Vec<&'a dyn RowRule>,
    words: Words,
    sheets: Vec<String>,
    skipped: Vec<String>,
    /// The columns of the sheet that is being read, once its header was found.
    columns: Option<Columns>,
    first_columns: Option<Columns>,
    looked_at: usize,
    nearest: Option<Nearest>,
    rows: Vec<Row>,
    filtered: Vec<Filtered>,
    invalid: Vec<Invalid>,
    notes: Vec<Place>,
    /// Rows of one lonely cell: notes where nothing but notes follows, else what they would be without that.
    lonely: Vec<(Place, Understood)>,
    profiler: Profiler,
    widths: Widths,
}

/// What a row turned out to be.
enum Understood {
    Row(Box<Row>),
    Filtered(Filtered),
    Invalid(Invalid),
    Lonely(Box<Understood>),
    Note,
}

impl RowSink for Reading<'_> {
    fn sheet(&mut self, name: &str) -> Flow {
        self.end_sheet();
        self.sheets.push(name.to_owned());
        self.looked_at = 0;
        Flow::Continue
    }

    fn row(&mut self, line: u32, cells: Cells<'_>) -> Flow {
        let Some(columns) = self.columns.take() else {
            return self.look_for_header(line, cells);
        };
        self.data_row(&columns, line, cells);
        self.columns = Some(columns);
        Flow::Continue
    }
}

impl<'a> Reading<'a> {
    fn new(company: &'a Company, options: &'a ReadOptions<'a>) -> Self {
        Self {
            company,
            options,
            rules: options.rules.iter().copied().filter(|rule| rule.company() == company.key).collect(),
            words: Words::default(),
            sheets: Vec::new(),
            skipped: Vec::new(),
            columns: None,
            first_columns: None,
            looked_at: 0,
            nearest: None,
            rows: Vec::new(),
            filtered: Vec::new(),
            invalid: Vec::new(),
            notes: Vec::new(),
            lonely: Vec::new(),
            profiler: Profiler::default(),
            widths: Widths::default(),
        }
    }

    /// Closes a sheet. All sheets with the company's headers count: a book split over two sheets is one book.
    fn end_sheet(&mut self) {
        self.notes.extend(self.lonely.drain(..).map(|(place, _)| place));
        match (self.columns.take(), self.sheets.last()) {
            (Some(columns), _) => {
                self.first_columns.get_or_insert(columns);
            }
            (None, Some(name)) => self.skipped.push(name.clone()),
            (None, None) => {}
        }
    }

    fn look_for_header(&mut self, line: u32, cells: Cells<'_>) -> Flow {
        let row = HeaderRow::new(line, cells);
        let set = |name: &str| self.options.settings.contains_key(name);
        if row.missing(self.company, &set).is_empty() {
            let columns = row.columns(self.company);
            self.profiler.headers(&columns.headers);
            self.columns = Some(columns);
            return Flow::Continue;
        }
        let (known, width) = (row.known(self.company), row.width());
        if self.nearest.as_ref().is_none_or(|best| (known, width) > (best.known, best.width)) {
            self.nearest = Some(Nearest { known, width, row });
        }
        self.looked_at += 1;
        if self.looked_at >= HEADER_WITHIN {
            return Flow::SkipSheet;
        }
        Flow::Continue
    }

    fn data_row(&mut self, columns: &Columns, line: u32, cells: Cells<'_>) {
        let sheet = u16::try_from(self.sheets.len().saturating_sub(1)).unwrap_or(u16::MAX);
        let place = Place { sheet, line };
        let understood = self.understand(columns, place, cells);
        match understood {
            Understood::Note => {
                self.notes.push(place);
                return;
            }
            Understood::Lonely(row) => {
                self.lonely.push((place, *row));
                return;
            }
            _ => {}
        }
        for (_, row) in std::mem::take(&mut self.lonely) {
            self.keep(row);
        }
        let status = first_filled(&columns.status, cells).text.trim();
        self.profiler.row(status, columns.headers.len(), cells);
        self.widths.add(columns.headers.len(), line, cells.len());
        self.keep(understood);
    }

    fn keep(&mut self, understood: Understood) {
        match understood {
            Understood::Row(row) => self.rows.push(*row),
            Understood::Filtered(row) => self.filtered.push(row),
            Understood::Invalid(row) => self.invalid.push(row),
            Understood::Note | Understood::Lonely(_) => {}
        }
    }

    fn understand(&mut self, columns: &Columns, place: Place, cells: Cells<'_>) -> Understood {
        let id_cell = first_filled(&columns.member_id, cells);
        if self.is_note(columns, id_cell, cells) {
            return Understood::Note;
        }
        let understood = self.understand_policy(columns, place, id_cell, cells);
        if (id_cell.is_blank() || is_a_sentence(id_cell.text)) && is_lonely(cells) {
            return Understood::Lonely(Box::new(understood));
        }
        understood
    }

    fn understand_policy(
        &mut self,
        columns: &Columns,
        place: Place,
        id: Cell<'_>,
        cells: Cells<'_>,
    ) -> Understood {
        let id = clean_cell(id, self.company.ids);
        if let Some(because) = self.left_out(columns, cells) {
            return Understood::Filtered(Filtered {
                member_id: id.unwrap_or_default().into(),
                because: self.words.keep(&because),
                place,
            });
        }
        let refused = |member_id: String, reason: InvalidReason| {
            Understood::Invalid(Invalid {
                member_id: member_id.into(),
                reason,
                premium: money(first_filled(&columns.premium, cells).text),
                place,
                source: cells.to_source(),
            })
        };
        let member_id = match id {
            Ok(id) => id,
            Err(IdFault::Missing) => return refused(String::new(), InvalidReason::NoMemberId),
            Err(IdFault::DigitsLost(value)) => {
                return refused(String::new(), InvalidReason::IdDigitsLost { value });
            }
            Err(IdFault::NotAnId(value)) => return refused(String::new(), InvalidReason::NotAnId { value }),
        };
        let row = match self.typed(&member_id, columns, place, cells) {
            Ok(row) => row,
            Err(reason) => return refused(member_id, reason),
        };
        match self.by_rules(row, columns, cells) {
            Ok(understood) => understood,
            Err(value) => refused(member_id, InvalidReason::Rule { value }),
        }
    }

    /// A total, or the header said again (a report printed in pages).
    fn is_note(&self, columns: &Columns, id: Cell<'_>, cells: Cells<'_>) -> bool {
        if let Some(own) = columns.member_id.first()
            && id.text.len() <= own.header.len() + LONGEST_LABEL
            && fold(id.text) == fold(&own.header)
            && fold(cells.get(own.index).text) == fold(&own.header)
        {
            return true;
        }
        if !id.is_blank() && !self.is_total(id.text) {
            return false;
        }
        let first = cells.iter().find(|cell| !cell.is_blank());
        first.is_some_and(|cell| self.is_total(cell.text))
    }

    fn is_total(&self, text: &str) -> bool {
        if text.len() > LONGEST_LABEL {
            return false;
        }
        let folded = fold(text);
        let word = folded.split([':', '(', '=']).next().unwrap_or_default().trim_end();
        let words = word.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, ' ' | ',' | '.'));
        self.company.totals.iter().any(|total| total == words)
    }

    /// What the filter saw, where one leaves the row out.
    fn left_out(&self, columns: &Columns, cells: Cells<'_>) -> Option<String> {
        for (keep, found) in self.company.keep.iter().zip(&columns.keep) {
            let value = first_filled(found, cells).text.trim();
            let kept = match &keep.test {
                KeepTest::Is(words) => words.iter().any(|word| same(word, value)),
                KeepTest::IsNot(words) => !words.iter().any(|word| same(word, value)),
                KeepTest::IsSetting(name) => {
                    self.options.settings.get(name).is_none_or(|wanted| same(wanted, value))
                }
            };
            if !kept {
                return Some(value.to_owned());
            }
        }
        None
    }

    fn typed(
        &mut self,
        member_id: &str,
        columns: &Columns,
        place: Place,
        cells: Cells<'_>,
    ) -> Result<Row, InvalidReason> {
        let status = self.word(&columns.status, cells);
        let (paid_through, paid_through_is) = match &self.company.paid_through {
            PaidThrough::Reported(_) => (self.paid_through(columns, cells)?, Basis::Reported),
            PaidThrough::Derived(rules) => {
                let status = status.as_deref().unwrap_or_default();
                let rule = rules.iter().find(|rule| rule.status.iter().any(|word| same(word, status)));
                let day = rule.map(|rule| self.options.period.month_end_before(rule.months_before));
                (day, Basis::Derived)
            }
        };
        let term_date = self.date(&columns.term_date, cells)?;
        let fixed = self.company.term_date.as_ref().is_some_and(|term| term.plan_year_end);
        let issuer = self.word(&columns.issuer, cells);
        Ok(Row {
            member_id: member_id.into(),
            paid_through,
            paid_through_is,
            term_date: term_date.map(|day| if fixed { self.options.period.plan_year_end } else { day }),
            status,
            relationship: self.word(&columns.relationship, cells),
            issuer: issuer.map(|issuer| self.words.keep(self.company.crm_name_of_issuer(&issuer))),
            premium: money(first_filled(&columns.premium, cells).text),
            place,
            source: cells.to_source(),
        })
    }

    fn word(&mut self, found: &Found, cells: Cells<'_>) -> Option<Word> {
        let text = first_filled(found, cells).text.trim();
        (!text.is_empty()).then(|| self.words.keep(text))
    }

    /// The day in a column; a day that means "no end" is none.
    fn date(&self, found: &Found, cells: Cells<'_>) -> Result<Option<Date>, InvalidReason> {
        let cell = first_filled(found, cells);
        let day = read_cell(cell, &self.company.dates)
            .map_err(|value| InvalidReason::BadDate { column: header_of(found, cells), value })?;
        Ok(day.filter(|day| !self.company.no_end.contains(day)))
    }

    fn paid_through(&self, columns: &Columns, cells: Cells<'_>) -> Result<Option<Date>, InvalidReason> {
        let day = self.date(&columns.paid_through, cells)?;
        let latest = self.options.period.paid_until;
        match day {
            Some(value) if value > latest => {
                let column = header_of(&columns.paid_through, cells);
                Err(InvalidReason::TooFarAhead { column, value, latest })
            }
            _ => Ok(day),
        }
    }

    /// What the company's rules in code make of a row.
    fn by_rules(&mut self, mut row: Row, columns: &Columns, cells: Cells<'_>) -> Result<Understood, String> {
        let named = NamedCells { columns, cells };
        for rule in &self.rules {
            match rule.apply(&mut row, &named, self.options.period)? {
                RuleVerdict::Keep => {}
                RuleVerdict::LeaveOut => {
                    return Ok(Understood::Filtered(Filtered {
                        member_id: row.member_id,
                        because: self.words.keep("rule"),
                        place: row.place,
                    }));
                }
            }
        }
        Ok(Understood::Row(Box::new(row)))
    }

    fn finish(mut self, format: report::Format) -> Result<ReadReport, Refusal> {
        self.end_sheet();
        let Some(columns) = self.first_columns.take() else {
            return Err(self.no_header());
        };
        if self.rows.is_empty() && self.filtered.is_empty() && self.invalid.is_empty() {
            return Err(Refusal::HeaderOnly { line: columns.line });
        }
        let profile = self.profiler.finish(&columns, self.company);
        Ok(ReadReport {
            format,
            sheets: self.sheets,
            sheets_skipped: self.skipped,
            columns,
            rows: self.rows,
            filtered: self.filtered,
            invalid: self.invalid,
            notes: self.notes,
            profile,
        })
    }

    fn no_header(&self) -> Refusal {
        let set = |name: &str| self.options.settings.contains_key(name);
        match &self.nearest {
            Some(nearest) => Refusal::MissingHeader {
                missing: nearest.row.missing(self.company, &set),
                line: nearest.row.line,
            },
            None => Refusal::Empty,
        }
    }
}
