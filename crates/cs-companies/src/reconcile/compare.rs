//! The comparison itself.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use jiff::civil::Date;

use super::finding::{Detail, Finding, FindingKey, FindingKind, RowRef};
use super::index::OrderIndex;
use super::order::Order;
use super::outcome::{OrderOutcome, Reconciliation, RowOutcome, Update};
use super::pay_day::paid_by;
use super::settings::{Broker, Settings, has};
use crate::company::{Company, Place, ReadReport, Row, Word};
use crate::period::Period;
use crate::report::SourceRow;

/// Compares a report with the CRM's orders.
///
/// `orders` may hold more than the company's and broker's own: a member's order is found whatever its broker, and only
/// the company's and broker's own orders can be missing from the portal.
pub fn reconcile(
    report: &ReadReport,
    orders: &[Order],
    company: &Company,
    broker: &Broker<'_>,
    period: &Period,
    settings: &Settings,
) -> Reconciliation {
    let mut comparison = Comparison::new(report, orders, company, broker, period, settings);
    comparison.rows.reserve(report.rows.len() + report.filtered.len() + report.invalid.len());
    comparison.rows_read = report.rows_read();
    comparison.rows_that_do_not_count();
    let kept = comparison.kept_rows();
    let index = OrderIndex::new(orders, period);
    for row in report.rows.iter().enumerate() {
        if kept.get(&*row.1.member_id) == Some(&row.0) {
            let outcome = comparison.row(row, &index);
            comparison.rows.push((row.1.place, outcome));
        }
    }
    comparison.orders_without_a_row(&kept);
    let book = comparison.book();
    comparison.finish(book)
}

/// Compares one row that counts once more, with its member's orders as they are by now. Says nothing of other rows, and
/// nothing of orders without one.
pub fn reconcile_row(
    report: &ReadReport,
    row: usize,
    orders: &[Order],
    company: &Company,
    broker: &Broker<'_>,
    period: &Period,
    settings: &Settings,
) -> Reconciliation {
    let mut comparison = Comparison::new(report, orders, company, broker, period, settings);
    if let Some(found) = report.rows.get(row) {
        let outcome = comparison.row((row, found), &OrderIndex::new(orders, period));
        comparison.rows.push((found.place, outcome));
        comparison.rows_read = 1;
    }
    comparison.finish(0)
}

pub(super) struct Comparison<'a> {
    pub(super) report: &'a ReadReport,
    pub(super) orders: &'a [Order],
    pub(super) company: &'a Company,
    pub(super) broker: &'a Broker<'a>,
    pub(super) period: &'a Period,
    pub(super) settings: &'a Settings,
    /// Company and broker, as findings have them.
    key: (Word, Word),
    rows_read: u64,
    rows: Vec<(Place, RowOutcome)>,
    pub(super) outcomes: Vec<Option<OrderOutcome>>,
    pub(super) findings: Vec<Finding>,
    updates: Vec<Update>,
    persisting: Vec<FindingKey>,
}

/// For each member the row that counts.
pub(super) type Kept<'a> = HashMap<&'a str, usize>;

impl<'a> Comparison<'a> {
    fn new(
        report: &'a ReadReport,
        orders: &'a [Order],
        company: &'a Company,
        broker: &'a Broker<'a>,
        period: &'a Period,
        settings: &'a Settings,
    ) -> Self {
        Self {
            report,
            orders,
            company,
            broker,
            period,
            settings,
            key: (Arc::from(company.key.as_str()), Arc::from(broker.code)),
            rows_read: 0,
            rows: Vec::new(),
            outcomes: vec![None; orders.len()],
            findings: Vec::new(),
            updates: Vec::new(),
            persisting: Vec::new(),
        }
    }

    pub(super) fn key(&self, kind: FindingKind, member_id: &str) -> FindingKey {
        FindingKey {
            company: Arc::clone(&self.key.0),
            broker: Arc::clone(&self.key.1),
            member_id: member_id.into(),
            kind,
            occurrence: "".into(),
        }
    }

    /// Rows that were left out or could not be read.
    fn rows_that_do_not_count(&mut self) {
        let report = self.report;
        self.rows.extend(report.filtered.iter().map(|row| (row.place, RowOutcome::Filtered)));
        let mut seen: HashMap<(&str, u64), u32> = HashMap::new();
        for (index, row) in report.invalid.iter().enumerate() {
            self.rows.push((row.place, RowOutcome::Invalid));
            // A row without a member id has no other name than what stands in it.
            let contents = if row.member_id.is_empty() { digest(&row.source) } else { 0 };
            let times = seen.entry((&row.member_id, contents)).or_default();
            *times += 1;
            let occurrence = match (row.member_id.is_empty(), *times) {
                (true, 1) => format!("{contents:016x}"),
                (true, times) => format!("{contents:016x}.{times}"),
                (false, 1) => String::new(),
                (false, times) => times.to_string(),
            };
            let key = self.key(FindingKind::InvalidRow, &row.member_id);
            self.findings.push(Finding {
                key: FindingKey { occurrence: occurrence.into(), ..key },
                issuer: None,
                row: Some(RowRef::Invalid(index)),
                place: Some(row.place),
                order: None,
                salesorder_no: None,
                detail: Detail::Invalid(row.reason.clone()),
                premium_at_risk: row.premium,
            });
        }
    }

    /// Of several rows of a member the one with the latest paid-through date counts; of equal ones the first.
    fn kept_rows(&mut self) -> Kept<'a> {
        let rows = &self.report.rows;
        let mut kept: Kept<'a> = HashMap::with_capacity(rows.len());
        let mut duplicates = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            match kept.entry(&row.member_id) {
                Entry::Vacant(entry) => {
                    entry.insert(index);
                }
                Entry::Occupied(mut entry) => {
                    let before = *entry.get();
                    let later = rows.get(before).is_some_and(|kept| row.paid_through > kept.paid_through);
                    duplicates.push(if later { before } else { index });
                    if later {
                        entry.insert(index);
                    }
                }
            }
        }
        duplicates.sort_unstable();
        let mut times: HashMap<&str, u32> = HashMap::new();
        for index in duplicates {
            if let Some(row) = rows.get(index) {
                let counts = kept.get(&*row.member_id).and_then(|kept| rows.get(*kept));
                self.duplicate(index, row, counts, &mut times);
            }
        }
        kept
    }

    fn duplicate(
        &mut self,
        index: usize,
        row: &'a Row,
        kept: Option<&Row>,
        times: &mut HashMap<&'a str, u32>,
    ) {
        let times = times.entry(&row.member_id).or_default();
        *times += 1;
        let occurrence = if *times == 1 { String::new() } else { times.to_string() };
        self.rows.push((row.place, RowOutcome::Duplicate));
        let key = self.key(FindingKind::DuplicateRow, &row.member_id);
        self.findings.push(Finding {
            key: FindingKey { occurrence: occurrence.into(), ..key },
            issuer: row.issuer.clone(),
            row: Some(RowRef::Row(index)),
            place: Some(row.place),
            order: None,
            salesorder_no: None,
            detail: Detail::Duplicate {
                paid_through: row.paid_through,
                kept: kept.and_then(|row| row.paid_through),
                kept_line: kept.map_or(0, |row| row.place.line),
            },
            premium_at_risk: row.premium,
        });
    }

    /// The company of a row as the CRM calls it.
    fn company_of(&self, row: &'a Row) -> &'a str {
        match &row.issuer {
            Some(issuer) => issuer,
            None => &self.company.crm_name,
        }
    }

    /// One row that counts.
    fn row(&mut self, (index, row): (usize, &'a Row), orders: &OrderIndex<'a>) -> RowOutcome {
        let period = self.period;
        let after = |day: Option<Date>| day.is_some_and(|day| day > period.term_after);
        let paid_in_year = row.paid_through.is_some_and(|day| day >= period.paid_from);
        if !after(row.term_date) && !paid_in_year {
            return RowOutcome::OutOfYear;
        }
        let Some((at, order)) = orders.find(&row.member_id, self.company_of(row), self.broker) else {
            if after(row.term_date) || after(row.paid_through) {
                self.compared(FindingKind::NotInCrm, (index, row), None);
            }
            return RowOutcome::NotInCrm;
        };
        let (row_outcome, order_outcome) = if self.is_waited_for(order) {
            (RowOutcome::Waiting, OrderOutcome::Waiting)
        } else if self.is_not_ours(order) {
            (RowOutcome::NotOurs, OrderOutcome::NotOurs)
        } else {
            let updated = self.paid_through((index, row), (at, order));
            self.termination((index, row), (at, order));
            if updated {
                (RowOutcome::Updated, OrderOutcome::Updated)
            } else {
                (RowOutcome::Unchanged, OrderOutcome::Unchanged)
            }
        };
        if let Some(outcome) = self.outcomes.get_mut(at) {
            *outcome = Some(order_outcome);
        }
        row_outcome
    }

    fn is_waited_for(&self, order: &Order) -> bool {
        let waits = has(&self.settings.waiting_payment_types, &order.payment_type);
        let until = order.payment_day.and_then(|day| paid_by(self.period.as_of, day, self.settings));
        waits && until.is_some_and(|day| self.period.as_of < day)
    }

    fn is_not_ours(&self, order: &Order) -> bool {
        has(&self.settings.not_ours_notes, &order.broker_note)
            || order.effective_date.is_some_and(|day| day > self.period.month_end)
    }

    /// Step 4: whether the order's date moves forward.
    fn paid_through(&mut self, row: (usize, &'a Row), order: (usize, &Order)) -> bool {
        let crm = order.1.paid_through;
        let flagged = has(&self.settings.payment_problems, &order.1.problem);
        match row.1.paid_through {
            Some(paid) if paid >= self.period.month_end => {
                let forward = crm.is_none_or(|crm| crm < paid);
                if forward {
                    self.updates.push(Update {
                        order: order.0,
                        row: row.0,
                        salesorder_no: order.1.salesorder_no.clone(),
                        member_id: row.1.member_id.clone(),
                        old: crm,
                        new: paid,
                        new_is: row.1.paid_through_is,
                    });
                }
                match (flagged, forward) {
                    (true, true) => self.compared(FindingKind::PaidButFlagged, row, Some(order)),
                    (true, false) => {
                        let key = self.key(FindingKind::PaidButFlagged, &row.1.member_id);
                        self.persisting.push(key);
                    }
                    (false, _) => {}
                }
                forward
            }
            Some(paid) if crm.is_some_and(|crm| paid < crm) => {
                self.compared(FindingKind::PaidThroughRegressed, row, Some(order));
                false
            }
            _ => {
                if !flagged {
                    self.compared(FindingKind::Unpaid, row, Some(order));
                }
                false
            }
        }
    }

    /// Step 5.
    fn termination(&mut self, row: (usize, &'a Row), order: (usize, &Order)) {
        let differs = row.1.term_date.is_some() && row.1.term_date != order.1.termination_date;
        if differs && !has(&self.settings.termination_problems, &order.1.problem) {
            self.compared(FindingKind::TerminationMismatch, row, Some(order));
        }
    }

    fn compared(
        &mut self,
        kind: FindingKind,
        (index, row): (usize, &'a Row),
        order: Option<(usize, &Order)>,
    ) {
        let problem =
            order.map(|(_, order)| Arc::clone(&order.problem)).filter(|problem| !problem.is_empty());
        self.findings.push(Finding {
            key: self.key(kind, &row.member_id),
            issuer: row.issuer.clone(),
            row: Some(RowRef::Row(index)),
            place: Some(row.place),
            order: order.map(|(at, _)| at),
            salesorder_no: order.map(|(_, order)| order.salesorder_no.clone()),
            detail: Detail::Compared {
                paid_through: row.paid_through,
                paid_through_is: row.paid_through_is,
                status: row.status.clone(),
                term_date: row.term_date,
                crm_paid_through: order.and_then(|(_, order)| order.paid_through),
                crm_termination: order.and_then(|(_, order)| order.termination_date),
                problem,
                month_end: self.period.month_end,
            },
            premium_at_risk: row.premium,
        });
    }

    fn finish(mut self, book: u64) -> Reconciliation {
        self.rows.sort_unstable_by_key(|(place, _)| *place);
        Reconciliation {
            book,
            company: self.key.0,
            company_name: self.company.name.clone(),
            broker: self.key.1,
            period: *self.period,
            rows_read: self.rows_read,
            rows: self.rows,
            // Every order was given one; an order that a row led to, by its row.
            orders: self
                .outcomes
                .into_iter()
                .map(|outcome| outcome.unwrap_or(OrderOutcome::Elsewhere))
                .collect(),
            findings: self.findings,
            updates: self.updates,
            persisting: self.persisting,
        }
    }
}

/// A row's contents in a number (FNV-1a), the same on every machine and in every version.
fn digest(row: &SourceRow) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    for cell in row.cells().iter() {
        cell.text.bytes().for_each(&mut add);
        add(0xFF);
    }
    hash
}
