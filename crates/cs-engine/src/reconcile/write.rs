//! Moves the paid-through dates of orders forward (`spec/RECONCILIATION.md`, "Writing to the CRM").

use std::collections::BTreeSet;

use cs_companies::Order;
use cs_companies::reconcile::{Finding, Reconciliation, RowOutcome, Update, reconcile_row};
use cs_domain::failure::keeps_moving;
use cs_domain::{Advice, Event, Failure, FieldName, Fields, KindSchema, Record, RecordRef, Value, Verdict};
use cs_ports::{Criterion, FieldRequests, Written};
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::fields::{OrderDecoder, OrderFields};
use super::run::Reconciling;
use super::send::{Change, Scribe, holds};
use super::source::ByMember;
use crate::error::EngineError;
use crate::sending::Sent;
use crate::stop::{Stop, StopSignal};

/// Orders that are read again together: one page of VTiger's query.
const BATCH: usize = 100;

/// How often one order is decided on before it is left to the next run.
const DECISIONS: u32 = 5;

/// A row whose orders moved between the comparison and the write: what is right for it by now.
pub(super) struct Moved {
    /// The row: an index into the report's rows.
    pub(super) row: usize,
    /// The comparison of that row.
    pub(super) result: Reconciliation,
}

/// Writes the updates of one comparison.
pub(super) struct Writing<'w> {
    pub(super) scribe: &'w Scribe<'w>,
    pub(super) task: &'w Reconciling<'w>,
    pub(super) fields: &'w OrderFields,
    /// The orders' fields and those that are watched.
    pub(super) wanted: FieldRequests,
    pub(super) workers: usize,
    pub(super) stop: &'w StopSignal,
}

/// How far the writing came.
#[derive(Default)]
pub(super) struct Wrote {
    /// The rows whose orders had moved.
    pub(super) moved: Vec<Moved>,
    /// Why some orders were left as they are.
    pub(super) stopped: Option<Stop>,
}

/// The fields that are read back to prove that a change left them alone, as far as the module has them.
pub(super) fn watched(fields: &OrderFields, watched: &[FieldName], schema: &KindSchema) -> FieldRequests {
    let mut names: BTreeSet<FieldName> = fields.names().cloned().collect();
    names.extend(watched.iter().filter(|name| schema.fields.contains_key(*name)).cloned());
    FieldRequests::plain(names)
}

impl Writing<'_> {
    /// Writes all of them, unless it is to stop.
    pub(super) async fn write_all(&self, updates: &[Update], orders: &[Order]) -> Result<Wrote, EngineError> {
        let mut wrote = Wrote::default();
        for batch in updates.chunks(BATCH) {
            let members: BTreeSet<&str> = batch
                .iter()
                .filter_map(|update| orders.get(update.order).map(|order| &*order.member_id))
                .collect();
            let fresh = self.read_members(&members).await?;
            let work = batch.iter().filter_map(|update| Some((update, orders.get(update.order)?)));
            let work: Vec<(&Update, &Order)> = work.collect();
            let number = work.len();
            let goes_on = |_: &(&Update, &Order)| self.stop.asked().is_none();
            let ends: Vec<Option<Moved>> = stream::iter(work.into_iter().take_while(goes_on))
                .map(|(update, order)| self.update(update, &order.member_id, &fresh))
                .buffer_unordered(self.workers.max(1))
                .try_collect()
                .await?;
            wrote.stopped = if ends.len() < number { self.stop.asked() } else { None };
            wrote.moved.extend(ends.into_iter().flatten());
            if wrote.stopped.is_some() {
                break;
            }
        }
        Ok(wrote)
    }

    /// All orders of these members, by their member id as the CRM has it.
    async fn read_members(&self, members: &BTreeSet<&str>) -> Result<ByMember, EngineError> {
        let any_of: Vec<Value> = members.iter().map(|member| Value::text(*member)).collect();
        let criteria = [Criterion { field: self.fields.member_id.clone(), any_of }];
        let find = || self.scribe.vtiger.find(&self.fields.module, &criteria, &self.wanted);
        let records = self.scribe.patience.request(find).await?;
        let mut by_member = ByMember::new();
        for record in records {
            let member = record.get(&self.fields.member_id).map(Value::plain).unwrap_or_default();
            by_member.entry(member).or_default().push(record);
        }
        Ok(by_member)
    }

    /// One order: decided anew on what was just read, written, and, where it moved in between, decided once more.
    async fn update(
        &self,
        update: &Update,
        member: &str,
        fresh: &ByMember,
    ) -> Result<Option<Moved>, EngineError> {
        let nobody = Vec::new();
        let mut records = fresh.get(member).unwrap_or(&nobody).clone();
        let subject = |records: &[Record]| {
            records.first().map_or_else(
                || RecordRef::vtiger(self.fields.module.clone(), &*update.salesorder_no),
                |record| record.reference.clone(),
            )
        };
        for _ in 0..DECISIONS {
            let decided = self.decide(update.row, &records);
            let (result, orders) = match decided {
                Ok(decided) => decided,
                Err(failure) => return self.end(&subject(&records), Verdict::Failed, vec![failure]).await,
            };
            let moved = |result| Moved { row: update.row, result };
            let Some(now) = result.updates.first().cloned() else {
                self.end(&subject(&records), verdict_without_write(&result), Vec::new()).await?;
                return Ok(Some(moved(result)));
            };
            let Some((record, order)) = records.get(now.order).zip(orders.get(now.order)) else {
                break; // an update names one of the orders it was decided on
            };
            match self.send(record, &now).await? {
                Sent::Held(written) => {
                    let failures = self.check(record, &now, &written);
                    let subject = record.reference.clone();
                    self.recorded(&subject);
                    let verdict = if failures.is_empty() { Verdict::Updated } else { Verdict::Failed };
                    self.end(&subject, verdict, failures).await?;
                    let as_planned = order.salesorder_no == update.salesorder_no
                        && now.old == update.old
                        && now.new == update.new;
                    return Ok((!as_planned).then(|| moved(result)));
                }
                Sent::Gone | Sent::Moved => records = self.read_member(member).await?,
                Sent::Refused(error) if error.kind.stops_run() => return Err(error.into()),
                Sent::Refused(error) => {
                    let subject = record.reference.clone();
                    return self.end(&subject, Verdict::Failed, vec![error.failure()]).await;
                }
            }
        }
        let subject = subject(&records);
        let failure = keeps_moving(&subject);
        self.end(&subject, Verdict::Failed, vec![failure]).await
    }

    async fn read_member(&self, member: &str) -> Result<Vec<Record>, EngineError> {
        Ok(self.read_members(&BTreeSet::from([member])).await?.remove(member).unwrap_or_default())
    }

    /// What is right for a row, with its member's orders as they are now.
    fn decide(&self, row: usize, records: &[Record]) -> Result<(Reconciliation, Vec<Order>), Failure> {
        let mut decoder = OrderDecoder::new(self.fields);
        let orders: Result<Vec<Order>, _> = records.iter().map(|record| decoder.order(record)).collect();
        let orders = orders.map_err(|reason| unreadable(&reason.to_string()))?;
        let Reconciling { report, company, broker, period, rules, .. } = *self.task;
        let result = reconcile_row(report, row, &orders, company, &broker, period, rules);
        Ok((result, orders))
    }

    async fn send(&self, record: &Record, update: &Update) -> Result<Sent, EngineError> {
        let changes = Fields::from([(self.fields.paid_through.clone(), Value::Date(update.new))]);
        // Everything that was decided on must still hold at the moment of the write.
        let of_order = |name: &FieldName| Some((name.clone(), record.get(name)?.clone()));
        let change = Change {
            record,
            changes,
            before: self.fields.names().filter_map(of_order).collect(),
            broker: self.task.broker.code,
            wanted: &self.wanted,
        };
        self.scribe.write(change).await
    }

    /// What the order holds after the change that it should not: another date, or another field that moved.
    fn check(&self, before: &Record, update: &Update, written: &Written) -> Vec<Failure> {
        let sent = Fields::from([(self.fields.paid_through.clone(), Value::Date(update.new))]);
        if !holds(&written.record, &sent) {
            return vec![Failure {
                code: "reconcile.not_kept".to_owned(),
                cause: "the CRM took the date and holds another one".to_owned(),
                remedy:
                    "Look at the order: somebody may have changed it just after, or a rule in the CRM did."
                        .to_owned(),
                advice: Advice::NeedsPerson,
                place: Some(update.salesorder_no.to_string()),
            }];
        }
        let other = before.fields.iter().filter(|(name, value)| {
            **name != self.fields.paid_through && written.record.get(name) != Some(value)
        });
        let names: Vec<&str> = other.map(|(name, _)| name.as_str()).collect();
        if names.is_empty() {
            return Vec::new();
        }
        vec![Failure {
            code: "reconcile.other_fields_moved".to_owned(),
            cause: format!(
                "the date was written, and other fields moved at the same time: {}",
                names.join(", ")
            ),
            remedy:
                "Look at the order: somebody may have edited it at that moment, or a rule in the CRM did."
                    .to_owned(),
            advice: Advice::NeedsPerson,
            place: Some(update.salesorder_no.to_string()),
        }]
    }

    fn recorded(&self, subject: &RecordRef) {
        let verb = "update".to_owned();
        self.scribe.voyage.reporter.tell(Event::Recorded { subject: subject.clone(), verb });
    }

    async fn end(
        &self,
        subject: &RecordRef,
        verdict: Verdict,
        failures: Vec<Failure>,
    ) -> Result<Option<Moved>, EngineError> {
        self.scribe.voyage.conclude(subject, verdict, failures).await?;
        Ok(None)
    }
}

/// An order whose dates cannot be read: nothing is concluded about it.
pub(super) fn unreadable(what: &str) -> Failure {
    Failure {
        code: "reconcile.no_date".to_owned(),
        cause: what.to_owned(),
        remedy: "Correct the date in the CRM (2026-01-31), then load the report again.".to_owned(),
        advice: Advice::NeedsPerson,
        place: None,
    }
}

fn verdict_without_write(result: &Reconciliation) -> Verdict {
    match result.rows.first() {
        Some((_, RowOutcome::Unchanged)) => Verdict::Unchanged,
        _ => Verdict::Skipped,
    }
}

/// Puts what is right by now in the place of what the comparison said of these rows. Orders are named by their numbers from
/// here on: what was read again has other places.
pub(super) fn amend(result: &mut Reconciliation, task: &Reconciling<'_>, moved: Vec<Moved>) -> Vec<Finding> {
    let mut news = Vec::new();
    for Moved { row, result: now } in moved {
        let Some(found) = task.report.rows.get(row) else { continue };
        result.updates.retain(|update| update.row != row);
        result.findings.retain(|finding| !is_of_row(finding, row));
        for (place, outcome) in &now.rows {
            if let Some(slot) = result.rows.iter_mut().find(|(at, _)| at == place) {
                slot.1 = *outcome;
            }
        }
        debug_assert!(now.rows.iter().all(|(place, _)| *place == found.place), "only this row was compared");
        result.updates.extend(now.updates);
        result.persisting.extend(now.persisting);
        news.extend(now.findings.iter().cloned());
        result.findings.extend(now.findings);
    }
    news
}

/// Whether a comparison of a row with an order gave this finding.
pub(super) fn is_of_row(finding: &Finding, row: usize) -> bool {
    use cs_companies::reconcile::{FindingKind, RowRef};
    finding.row == Some(RowRef::Row(row)) && finding.key.kind != FindingKind::DuplicateRow
}
