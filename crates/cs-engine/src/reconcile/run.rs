//! One reconciliation, from taking the lease to the balance.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use cs_companies::drift::{DriftSettings, Verdict as Drift};
use cs_companies::reconcile::{Broker, FindingKey, Reconciliation, Settings, reconcile};
use cs_companies::{Company, Language, Period, ReadReport};
use cs_domain::{
    Balance, Event, FieldName, MappingName, RecordRef, RequestCount, Requests, Run, RunId, RunStatus, Verdict,
};
use cs_ports::{
    Book, Clock, Entropy, FindingId, FindingStore, FindingsOfRun, FindingsTaken, LeaseAnswer, LoadedReport,
    Observer, Peer, Store, StoreError,
};

use super::fields::OrderFields;
use super::ledger::Voyage;
use super::send::Scribe;
use super::source::{OrderSource, OrdersAsked, OrdersRead};
use super::write::{Writing, Wrote, amend, unreadable, watched};
use super::{account, findings, judgement};
use crate::error::EngineError;
use crate::handover;
use crate::report::Reporter;
use crate::retry::{Patience, RetryPolicy};
use crate::stop::StopSignal;
use crate::tenure::LEASE_TERM;

/// What reconciliations need from outside.
pub struct Reconciler {
    /// VTiger: what is written to, and read back.
    pub vtiger: Arc<dyn Peer>,
    /// Where the orders to compare with come from.
    pub orders: Arc<dyn OrderSource>,
    /// What is remembered.
    pub store: Arc<dyn Store>,
    /// Reports and findings; the same place.
    pub findings: Arc<dyn FindingStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// Whoever follows runs.
    pub observers: Vec<Arc<dyn Observer>>,
    /// Patience.
    pub retry: RetryPolicy,
    /// Orders that are written at the same time; one at least.
    pub workers: usize,
    /// What this process is called in leases.
    pub holder: String,
    /// What the CRM's fields are called.
    pub fields: OrderFields,
    /// Fields that must be the same after a write as before, besides those of `fields`.
    pub watched: Vec<FieldName>,
    /// Ends what it does before its end. The order at hand is finished, the others are left as they are.
    pub stop: StopSignal,
}

/// What is to be reconciled.
#[derive(Clone, Copy, Debug)]
pub struct Reconciling<'t> {
    /// The report.
    pub report: &'t ReadReport,
    /// Its file's name, for the history.
    pub file: &'t str,
    /// A digest of its bytes: the same file again is no news.
    pub digest: &'t str,
    /// Whose report it is.
    pub company: &'t Company,
    /// Of which broker.
    pub broker: Broker<'t>,
    /// The days it is about.
    pub period: &'t Period,
    /// Vocabularies and numbers.
    pub rules: &'t Settings,
    /// When a report is held.
    pub drift: &'t DriftSettings,
    /// Whether somebody looked at a report that would be held.
    pub approve_drift: bool,
    /// The language of what is kept of an approval.
    pub language: Language,
}

/// What came of it.
#[derive(Debug)]
pub struct Reconciled {
    /// The run; none of a dry run.
    pub run: Option<Run>,
    /// The comparison; where orders moved before they were written, as they are by now. None where the run ended before.
    pub result: Option<Reconciliation>,
    /// What the drift sentinel says.
    pub drift: Drift,
    /// What became of the findings.
    pub taken: FindingsTaken,
}

/// What a run came to, as far as it came.
#[derive(Default)]
struct Progress {
    result: Option<Reconciliation>,
    drift: Drift,
    taken: FindingsTaken,
    held: bool,
}

/// What journal and runs call the reconciliations of a company; also its lease.
pub(super) fn mapping_of(company: &str) -> MappingName {
    MappingName::new(format!("company/{company}"))
}

impl Reconciler {
    /// Compares, and shows what would be written and found. Changes nothing, here and in the CRM.
    pub async fn dry_run(&self, task: &Reconciling<'_>) -> Result<Reconciled, EngineError> {
        let reporter = Reporter::unrecorded(self.observers.clone());
        let book = book_of(task);
        let compared = async { self.compare(task, &self.patience(&reporter)).await };
        let (result, _) = self.stop.unless(compared).await?;
        let drift = judgement::sentinel(self.findings.as_ref(), &book, task, &result).await?;
        Ok(Reconciled { run: None, result: Some(result), drift, taken: FindingsTaken::default() })
    }

    /// Reconciles a report. What goes wrong before there is a run is an error; what goes wrong in it is in the run.
    pub async fn run(&self, task: &Reconciling<'_>) -> Result<Reconciled, EngineError> {
        let mapping = mapping_of(&task.company.key);
        let run = self.begin(&mapping).await?;
        let reporter = self.reporter(&run.0.id);
        let before = self.vtiger.requests();
        let voyage = Voyage::new(self.store.as_ref(), self.clock.as_ref(), &reporter, run.1, run.0);
        reporter.tell(Event::RunStarted { run: voyage.run().id, mapping: mapping.clone() });
        let mut progress = Progress::default();
        let outcome = self.go_through(task, &voyage, &mapping, &mut progress).await;
        let failure = progress.held.then(|| judgement::held(&progress.drift, task.language));
        let run = self.end(&voyage, before, outcome, failure).await?;
        Ok(Reconciled {
            run: Some(run),
            result: progress.result,
            drift: progress.drift,
            taken: progress.taken,
        })
    }

    async fn go_through(
        &self,
        task: &Reconciling<'_>,
        voyage: &Voyage<'_>,
        mapping: &MappingName,
        progress: &mut Progress,
    ) -> Result<(), EngineError> {
        let scribe = self.scribe(voyage, mapping);
        scribe.recover().await?;
        let (mut result, read) = self.stop.unless(self.compare(task, &scribe.patience)).await?;
        voyage.keep_lease().await?;
        let book = book_of(task);
        progress.drift = judgement::sentinel(self.findings.as_ref(), &book, task, &result).await?;
        if progress.drift.needs_approval() && !task.approve_drift {
            progress.held = true;
            progress.result = Some(result);
            return Ok(());
        }
        let report = account::loaded(task, &book, &voyage.run().id, &progress.drift, &result);
        let of_run = FindingsOfRun {
            at: self.clock.now(),
            found: findings::all(&book, &result, task.report),
            persisting: account::persisting(&book, &result, &read),
            report,
        };
        progress.taken = self.findings.take_in(&voyage.lease, &of_run).await?;
        let report = of_run.report;
        self.tell_unreadable(voyage, &read);
        account::count_rows(voyage, &result);
        let (moved, written) = match self.write(task, &scribe, &result, &read).await {
            Ok(Wrote { moved, stopped }) => (moved, stopped.map_or(Ok(()), |stop| Err(stop.into()))),
            Err(error) => (Vec::new(), Err(error)),
        };
        self.correct(task, voyage, &report, &mut result, moved).await?;
        progress.result = Some(result);
        written
    }

    /// Reads the orders and compares. Members with an order that cannot be read are left alone.
    async fn compare(
        &self,
        task: &Reconciling<'_>,
        patience: &Patience<'_>,
    ) -> Result<(Reconciliation, OrdersRead), EngineError> {
        let mut companies: BTreeSet<String> =
            task.report.rows.iter().filter_map(|row| row.issuer.as_deref()).map(str::to_owned).collect();
        companies.insert(task.company.crm_name.clone());
        let asked = OrdersAsked { companies: &companies, report: task.report };
        let read = patience.request(|| self.orders.orders(asked)).await?;
        let Reconciling { report, company, broker, period, rules, .. } = *task;
        let mut result = reconcile(report, &read.orders, company, &broker, period, rules);
        let unreadable: HashSet<&str> = read.unreadable.iter().map(|order| order.member_id.trim()).collect();
        if !unreadable.is_empty() {
            result.findings.retain(|finding| !unreadable.contains(&*finding.key.member_id));
            result.updates.retain(|update| !unreadable.contains(&*update.member_id));
        }
        Ok((result, read))
    }

    async fn write(
        &self,
        task: &Reconciling<'_>,
        scribe: &Scribe<'_>,
        result: &Reconciliation,
        read: &OrdersRead,
    ) -> Result<Wrote, EngineError> {
        if result.updates.is_empty() {
            return Ok(Wrote::default());
        }
        let schema = scribe.patience.request(|| self.vtiger.schema(&self.fields.module)).await?;
        let writing = Writing {
            scribe,
            task,
            fields: &self.fields,
            wanted: watched(&self.fields, &self.watched, &schema),
            workers: self.workers,
            stop: &self.stop,
        };
        writing.write_all(&result.updates, &read.orders).await
    }

    /// Rows whose orders moved between the comparison and the write have other findings by now.
    async fn correct(
        &self,
        task: &Reconciling<'_>,
        voyage: &Voyage<'_>,
        report: &LoadedReport,
        result: &mut Reconciliation,
        moved: Vec<super::write::Moved>,
    ) -> Result<(), StoreError> {
        if moved.is_empty() {
            return Ok(());
        }
        let rows: HashSet<usize> = moved.iter().map(|moved| moved.row).collect();
        let of_rows = |result: &Reconciliation| -> BTreeSet<FindingKey> {
            let of_rows = result
                .findings
                .iter()
                .filter(|finding| rows.iter().any(|row| super::write::is_of_row(finding, *row)));
            of_rows.map(|finding| finding.key.clone()).collect()
        };
        let before = of_rows(result);
        let news = amend(result, task, moved);
        let after = of_rows(result);
        let gone: Vec<FindingId> =
            before.difference(&after).map(|key| findings::id_of(&report.book, key)).collect();
        let shown: Vec<_> =
            news.iter().map(|finding| findings::found(&report.book, finding, task.report)).collect();
        self.findings.correct(&voyage.lease, report, self.clock.now(), &shown, &gone).await
    }

    fn tell_unreadable(&self, voyage: &Voyage<'_>, read: &OrdersRead) {
        for order in &read.unreadable {
            let subject = RecordRef::vtiger(self.fields.module.clone(), order.reason.order.as_str());
            let failures = vec![unreadable(&order.reason.to_string())];
            let (verdict, balance) = (Verdict::Failed, voyage.run().balance);
            voyage.reporter.tell(Event::UnitDone { subject, verdict, failures, balance });
        }
    }

    /// Takes the company's lease and writes down that a run begins.
    pub(super) async fn begin(&self, mapping: &MappingName) -> Result<(Run, cs_ports::Lease), EngineError> {
        let (now, name) = (self.clock.now(), mapping.as_str());
        let lease = match self.store.take_lease(name, &self.holder, now, LEASE_TERM).await? {
            LeaseAnswer::Granted(lease) => lease,
            LeaseAnswer::Held { holder, until } => {
                return Err(EngineError::Busy { mapping: name.to_owned(), holder, until });
            }
        };
        handover::close_abandoned(self.store.as_ref(), mapping, now).await?;
        #[expect(clippy::cast_possible_truncation, reason = "any sixteen bits of chance will do")]
        let run = Run {
            id: RunId::new(now, self.entropy.next() as u16),
            mapping: mapping.clone(),
            edition: None,
            status: RunStatus::InProgress,
            started: now,
            ended: None,
            balance: Balance::default(),
            requests: Requests::default(),
            failure: None,
        };
        self.store.put_run(&run).await?;
        Ok((run, lease))
    }

    /// Writes down how a run ended, and gives the lease back.
    pub(super) async fn end(
        &self,
        voyage: &Voyage<'_>,
        before: RequestCount,
        outcome: Result<(), EngineError>,
        failure: Option<cs_domain::Failure>,
    ) -> Result<Run, EngineError> {
        let after = self.vtiger.requests();
        let mut run = voyage.run();
        run.ended = Some(self.clock.now());
        run.requests.vtiger = after.since(before);
        run.failure = failure.or_else(|| outcome.as_ref().err().map(EngineError::failure));
        run.status = match &outcome {
            Err(error) => error.status(),
            Ok(()) if run.failure.is_some() => RunStatus::Error,
            Ok(()) => run.balance.status(),
        };
        voyage.reporter.tell(Event::RunEnded { run: Box::new(run.clone()) });
        if let Err(error @ EngineError::Store(_)) = outcome {
            return Err(error);
        }
        self.store.put_run(&run).await?;
        voyage.reporter.flush().await?;
        self.store.release_lease(&voyage.lease).await?;
        Ok(run)
    }

    pub(super) fn reporter(&self, run: &RunId) -> Reporter {
        Reporter::new(run.clone(), self.observers.clone(), Arc::clone(&self.store), Arc::clone(&self.clock))
    }

    pub(super) fn patience<'p>(&'p self, reporter: &'p Reporter) -> Patience<'p> {
        Patience { policy: self.retry, clock: self.clock.as_ref(), entropy: self.entropy.as_ref(), reporter }
    }

    pub(super) fn scribe<'s>(&'s self, voyage: &'s Voyage<'s>, mapping: &MappingName) -> Scribe<'s> {
        Scribe {
            vtiger: self.vtiger.as_ref(),
            patience: self.patience(voyage.reporter),
            voyage,
            mapping: mapping.clone(),
            run: voyage.run().id,
            numbers: AtomicU64::new(1),
        }
    }

    /// Gives back the lease of a holder that is known to be dead ([`crate::Engine::bury`]).
    pub async fn bury(&self, lease: &str, dead: &str) -> Result<(), StoreError> {
        handover::bury(self.store.as_ref(), lease, dead, self.clock.now()).await
    }
}

fn book_of(task: &Reconciling<'_>) -> Book {
    Book { company: task.company.key.clone(), broker: task.broker.code.to_owned() }
}
