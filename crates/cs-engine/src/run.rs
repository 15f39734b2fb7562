//! One execution of a mapping, from taking the lease to the balance.

use std::collections::HashSet;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use cs_domain::mapping::{Settings, UnitMapping};
use cs_domain::plan::Plan;
use cs_domain::{Balance, Edition, Event, Mapping, RecordRef, Requests, Run, RunId, RunStatus, System};
use cs_ports::{Census, Clock, Entropy, Lease, LeaseAnswer, Observer, Peer, Store, UnitKey};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::approval::Approved;
use crate::departures::Departures;
use crate::error::EngineError;
use crate::handover::lease_name;
use crate::ledger::Ledger;
use crate::report::Reporter;
use crate::retry::RetryPolicy;
use crate::scope::Scope;
use crate::stop::StopSignal;
use crate::tenure::{LEASE_TERM, Tenure};
use crate::{batch, census, definition, departures, pull, recover};

/// Units gone through together: one page of VTiger's query (facts/VTIGER.md "Query language").
pub(crate) const BATCH: u32 = 100;

/// The engine with everything it needs from outside.
pub struct Engine {
    /// VTiger.
    pub vtiger: Arc<dyn Peer>,
    /// Frappe.
    pub frappe: Arc<dyn Peer>,
    /// What counts VTiger's records.
    pub census: Arc<dyn Census>,
    /// What is remembered.
    pub store: Arc<dyn Store>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// Whoever follows runs.
    pub observers: Vec<Arc<dyn Observer>>,
    /// Patience.
    pub retry: RetryPolicy,
    /// Units that are written at the same time; one at least.
    pub workers: usize,
    /// What this process is called in leases.
    pub holder: String,
}

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Job {
    /// The mapping, as its file states it.
    pub mapping: Mapping,
    /// Which text of it, where that is known: the run names it.
    pub edition: Option<Edition>,
    /// What the installation supplies for it.
    pub settings: Settings,
    /// Whether every unit is gone through, changed or not.
    pub full: bool,
    /// Whether units that failed are taken up now, before their pause is over: somebody asked for this run.
    pub eager: bool,
    /// Whether what is there is counted, whatever the feeds say: deletes and silent changes are found.
    pub census: bool,
    /// How many deletes a person agreed to, where they were too many to follow without.
    pub approved_deletes: Option<u64>,
    /// The plans that a person approved; then nothing else is done.
    pub approved: Option<Vec<Plan>>,
    /// Where the agency is: what "today" means.
    pub zone: TimeZone,
    /// Ends it before its end. The unit at hand is finished, the others stay due.
    pub stop: StopSignal,
}

/// A run on its way: what every part of it shares and nothing changes.
pub(crate) struct RunContext<'e> {
    pub(crate) scope: Scope<'e>,
    pub(crate) lease: Lease,
    pub(crate) tenure: Tenure,
    pub(crate) run: RunId,
    pub(crate) intents: AtomicU64,
    pub(crate) departures: Departures,
    pub(crate) approved: Option<Approved>,
    written: Mutex<HashSet<RecordRef>>,
}

impl Engine {
    /// Runs a mapping once. What goes wrong before there is a run is an error; what goes wrong in it is in the run.
    pub async fn run(&self, job: &Job) -> Result<Run, EngineError> {
        let asked = self.clock.now();
        let lease = self.take_lease(&job.mapping, asked).await?;
        let started = self.clock.now();
        self.close_abandoned(&job.mapping.name, started).await?;
        #[expect(clippy::cast_possible_truncation, reason = "any sixteen bits of chance will do")]
        let run = Run {
            id: RunId::new(started, self.entropy.next() as u16),
            mapping: job.mapping.name.clone(),
            edition: job.edition.clone(),
            status: RunStatus::InProgress,
            started,
            ended: None,
            balance: Balance::default(),
            requests: Requests::default(),
            failure: None,
        };
        self.store.put_run(&run).await?;
        let reporter = Reporter::new(
            run.id.clone(),
            self.observers.clone(),
            Arc::clone(&self.store),
            Arc::clone(&self.clock),
        );
        reporter.tell(Event::RunStarted { run: run.id.clone(), mapping: run.mapping.clone() });
        let scope = Scope::new(self, job, reporter);
        let requests_before = self.requests();
        let id = run.id.clone();
        let ledger = Ledger::new(run);
        let approved = job.approved.as_ref().map(|plans| by_subject(plans));
        let mut context = RunContext::new(scope, (lease, asked), id, approved);
        let result = context.go_through(&ledger, job).await;
        let mut run = ledger.close();
        run.requests = self.requests().since(requests_before);
        context.end(run, result).await
    }

    async fn take_lease(&self, mapping: &Mapping, now: Timestamp) -> Result<Lease, EngineError> {
        let name = lease_name(&mapping.name);
        match self.store.take_lease(&name, &self.holder, now, LEASE_TERM).await? {
            LeaseAnswer::Granted(lease) => Ok(lease),
            LeaseAnswer::Held { holder, until } => {
                Err(EngineError::Busy { mapping: mapping.name.to_string(), holder, until })
            }
        }
    }

    /// What was sent to both systems so far, by whomever.
    pub fn requests(&self) -> Requests {
        Requests { vtiger: self.vtiger.requests(), frappe: self.frappe.requests() }
    }
}

impl<'e> RunContext<'e> {
    /// A run that has done nothing yet, by a lease that was taken at this moment.
    pub(crate) fn new(
        scope: Scope<'e>,
        (lease, taken): (Lease, Timestamp),
        run: RunId,
        approved: Option<Approved>,
    ) -> Self {
        let tenure = Tenure::since(taken);
        let (intents, departures, written) = (AtomicU64::new(1), Departures::default(), Mutex::default());
        Self { scope, lease, tenure, run, intents, departures, approved, written }
    }
}

impl RunContext<'_> {
    async fn go_through(&mut self, ledger: &Ledger, job: &Job) -> Result<(), EngineError> {
        self.scope.make_ready(job).await?;
        recover::recover(self).await?;
        definition::restage_if_changed(self).await?;
        if job.full {
            self.scope.engine.store.restage_all(&self.lease, &self.scope.mapping.name).await?;
        }
        pull::frappe(self).await?;
        let mut expected = 0;
        for unit in self.scope.mapping.units.clone() {
            self.scope.turn_to(&unit);
            pull::vtiger(self, &unit).await?;
            if job.census {
                census::of_module(self, &unit).await?;
                census::of_documents(self, &unit).await?;
            }
            self.make_approved_due(&unit).await?;
            let (store, mapping) = (&self.scope.engine.store, &self.scope.mapping.name);
            expected += store.count_due(mapping, &unit.name, self.horizon(job)).await?;
            self.scope.reporter.tell(Event::Expecting { units: expected });
            self.go_through_unit(ledger, job, &unit, System::Vtiger).await?;
            self.go_through_unit(ledger, job, &unit, System::Frappe).await?;
        }
        departures::go_through(self, ledger, job.approved_deletes).await
    }

    /// What was approved is looked at now, due or not.
    async fn make_approved_due(&self, unit: &UnitMapping) -> Result<(), EngineError> {
        let Some(approved) = &self.approved else { return Ok(()) };
        let of_unit = |subject: &&RecordRef| match subject.system {
            System::Vtiger => subject.kind == unit.module,
            System::Frappe => unit.create_in_vtiger.is_some(),
        };
        let keys: Vec<UnitKey> = approved
            .keys()
            .filter(of_unit)
            .map(|subject| pull::unit_key(&self.scope, &unit.name, subject.clone()))
            .collect();
        self.scope.engine.store.hint(&keys).await?;
        Ok(())
    }

    /// Notes a document that this run wrote, where a plan was approved: the plan was made before.
    pub(crate) fn note_written(&self, document: &RecordRef) {
        if self.approved.is_some() {
            self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(document.clone());
        }
    }

    /// Whether this run wrote the document, in this batch of units or an earlier one.
    pub(crate) fn has_written(&self, document: &RecordRef) -> bool {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).contains(document)
    }

    /// Units whose pause ends before this moment are due.
    fn horizon(&self, job: &Job) -> Timestamp {
        if job.eager { Timestamp::MAX } else { self.scope.engine.clock.now() }
    }

    /// Goes through the due units of one kind: records of VTiger first, so that they find the documents that are theirs
    /// before one of these is taken for new.
    async fn go_through_unit(
        &self,
        ledger: &Ledger,
        job: &Job,
        unit: &UnitMapping,
        system: System,
    ) -> Result<(), EngineError> {
        let horizon = self.horizon(job);
        let (store, mapping) = (&self.scope.engine.store, &self.scope.mapping.name);
        let mut after: Option<RecordRef> = None;
        loop {
            self.scope.go_on()?;
            let mut due = store.due(mapping, &unit.name, horizon, after.as_ref(), BATCH).await?;
            let Some(last) = due.last() else { return Ok(()) };
            after = Some(last.key.subject.clone());
            due.retain(|due| due.key.subject.system == system && self.may_look_at(&due.key.subject));
            batch::go_through(self, ledger, unit, due).await?;
        }
    }

    /// Where plans were approved, nothing else is looked at.
    fn may_look_at(&self, subject: &RecordRef) -> bool {
        self.approved.as_ref().is_none_or(|approved| approved.contains_key(subject))
    }

    async fn end(self, mut run: Run, result: Result<(), EngineError>) -> Result<Run, EngineError> {
        run.ended = Some(self.scope.engine.clock.now());
        match &result {
            Ok(()) => run.status = run.balance.status(),
            Err(error) => {
                run.status = error.status();
                run.failure = Some(error.failure());
            }
        }
        self.scope.reporter.tell(Event::RunEnded { run: Box::new(run.clone()) });
        let remembered = self.remember_end(&run).await;
        match (result, remembered) {
            (Err(error @ EngineError::Store(_)), _) => Err(error),
            (_, remembered) => remembered.map(|()| run),
        }
    }

    async fn remember_end(&self, run: &Run) -> Result<(), EngineError> {
        self.scope.engine.store.put_run(run).await?;
        self.scope.reporter.flush().await?;
        self.scope.engine.store.release_lease(&self.lease).await?;
        Ok(())
    }
}

fn by_subject(plans: &[Plan]) -> Approved {
    plans.iter().map(|plan| (plan.subject.clone(), plan.clone())).collect()
}
