//! The orders that no row led to.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::compare::{Comparison, Kept};
use super::finding::{Detail, Finding, FindingKey, FindingKind, Seen};
use super::index::{is_live, member_id};
use super::order::Order;
use super::outcome::OrderOutcome;
use super::settings::has;
use crate::company::{Word, fold, same};

impl<'a> Comparison<'a> {
    /// Whose orders this report speaks of.
    fn owner(&self) -> Owner<'a> {
        let issuers = self.report.rows.iter().filter_map(|row| row.issuer.as_deref());
        let mut companies: HashSet<&str> = issuers.collect();
        companies.insert(&self.company.crm_name);
        Owner {
            companies: companies.into_iter().map(fold).collect(),
            broker: self.broker.crm_name,
            last: None,
        }
    }

    /// How many live orders the company and broker have.
    pub(super) fn book(&self) -> u64 {
        let mut owner = self.owner();
        self.orders.iter().filter(|order| is_live(order, self.period) && owner.has(order)).count() as u64
    }

    /// Gives every order that no row led to its outcome, and those that should have had one their finding.
    pub(super) fn orders_without_a_row(&mut self, kept: &Kept<'a>) {
        let mut owner = self.owner();
        let elsewhere = self.rows_seen_elsewhere();
        let mut times: HashMap<Box<str>, u32> = HashMap::new();
        for (at, order) in self.orders.iter().enumerate() {
            if self.outcomes.get(at).is_none_or(Option::is_some) {
                continue;
            }
            let member = member_id(order);
            let outcome = if !is_live(order, self.period) {
                OrderOutcome::NotLive
            } else if !owner.has(order) {
                OrderOutcome::Elsewhere
            } else if let Some(row) = kept.get(&*member) {
                self.order_beside_a_row(*row)
            } else if has(&self.settings.not_in_portal_problems, &order.problem) {
                OrderOutcome::Excused
            } else {
                let times = times.entry(Box::from(&*member)).or_default();
                *times += 1;
                self.missing((at, order), &member, *times, &elsewhere);
                OrderOutcome::MissingInPortal
            };
            if let Some(place) = self.outcomes.get_mut(at) {
                *place = Some(outcome);
            }
        }
    }

    /// An order whose member has a row that did not lead to it.
    fn order_beside_a_row(&self, row: usize) -> OrderOutcome {
        let period = self.period;
        let out = self.report.rows.get(row).is_some_and(|row| {
            row.term_date.is_none_or(|day| day <= period.term_after)
                && row.paid_through.is_none_or(|day| day < period.paid_from)
        });
        if out { OrderOutcome::OutOfYear } else { OrderOutcome::Superseded }
    }

    /// Rows that are in the report and do not count, by member: worth saying where an order seems to be missing.
    fn rows_seen_elsewhere(&self) -> HashMap<&'a str, Seen> {
        let report = self.report;
        let mut seen: HashMap<&str, Seen> = HashMap::with_capacity(report.filtered.len());
        for row in report.filtered.iter().filter(|row| !row.member_id.is_empty()) {
            seen.entry(&row.member_id).or_insert_with(|| Seen::Filtered {
                because: Arc::clone(&row.because),
                line: row.place.line,
            });
        }
        for row in report.invalid.iter().filter(|row| !row.member_id.is_empty()) {
            seen.insert(&row.member_id, Seen::Unreadable { line: row.place.line });
        }
        seen
    }

    fn missing(
        &mut self,
        (at, order): (usize, &Order),
        member: &str,
        times: u32,
        elsewhere: &HashMap<&str, Seen>,
    ) {
        let key = self.key(FindingKind::MissingInPortal, member);
        // Two orders of one member, or of none, are two findings.
        let occurrence = if times == 1 { String::new() } else { order.salesorder_no.to_string() };
        self.findings.push(Finding {
            key: FindingKey { occurrence: occurrence.into(), ..key },
            issuer: None,
            row: None,
            place: None,
            order: Some(at),
            salesorder_no: Some(order.salesorder_no.clone()),
            detail: Detail::Missing {
                crm_paid_through: order.paid_through,
                seen: elsewhere.get(member).cloned().unwrap_or(Seen::Nowhere),
            },
            premium_at_risk: None,
        });
    }
}

/// The companies and the broker whose orders should stand in the report.
struct Owner<'a> {
    companies: HashSet<String>,
    broker: &'a str,
    /// The last answer: most orders have the very words of the one before.
    last: Option<(&'a Word, &'a Word, bool)>,
}

impl<'a> Owner<'a> {
    fn has(&mut self, order: &'a Order) -> bool {
        if let Some((company, broker, answer)) = self.last
            && Arc::ptr_eq(company, &order.company)
            && Arc::ptr_eq(broker, &order.broker)
        {
            return answer;
        }
        let answer = same(&order.broker, self.broker) && self.companies.contains(&fold(&order.company));
        self.last = Some((&order.company, &order.broker, answer));
        answer
    }
}
