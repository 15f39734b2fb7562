//! One execution of a mapping, from taking the lease to the balance.

use std::sync::Arc;
use std::time::Duration;

use cs_domain::decide::decide;
use cs_domain::failure::keeps_moving;
use cs_domain::mapping::{Settings, UnitMapping};
use cs_domain::plan::Conflict;
use cs_domain::situation::Situation;
use cs_domain::{
    Balance, Event, Failure, Mapping, RecordRef, RequestCount, Requests, Run, RunId, RunStatus, Verdict,
};
use cs_ports::{Clock, Due, Entropy, Lease, LeaseAnswer, Observer, Peer, StagedState, Store, UnitOutcome};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::apply::apply;
use crate::error::EngineError;
use crate::fresh::Fresh;
use crate::report::Reporter;
use crate::retry::RetryPolicy;
use crate::scope::Scope;
use crate::{assess, pull, recover};

/// How long a lease lasts without being renewed: longer than any single request may take.
const LEASE_TERM: Duration = Duration::from_mins(3);
/// A lease is renewed when this much of it is used up.
const LEASE_RENEWAL: Duration = Duration::from_secs(30);
/// Units gone through together: one page of VTiger's query (facts/VTIGER.md "Query language").
pub(crate) const BATCH: u32 = 100;
/// How often a unit is decided anew in one run because a record moved under it.
const DECISIONS: u32 = 4;

/// The engine with everything it needs from outside.
pub struct Engine {
    /// VTiger.
    pub vtiger: Arc<dyn Peer>,
    /// Frappe.
    pub frappe: Arc<dyn Peer>,
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
    /// What this process is called in leases.
    pub holder: String,
}

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Job {
    /// The mapping, as its file states it.
    pub mapping: Mapping,
    /// What the installation supplies for it.
    pub settings: Settings,
    /// Whether every unit is gone through, changed or not.
    pub full: bool,
    /// Whether units that failed are taken up now, before their pause is over: somebody asked for this run.
    pub eager: bool,
    /// Where the agency is: what "today" means.
    pub zone: TimeZone,
}

/// A run on its way.
pub(crate) struct RunContext<'e> {
    pub(crate) scope: Scope<'e>,
    pub(crate) lease: Lease,
    lease_renewed: Timestamp,
    pub(crate) run: Run,
    pub(crate) intents: u64,
    requests_before: Requests,
}

impl Engine {
    /// Runs a mapping once. What goes wrong before there is a run is an error; what goes wrong in it is in the run.
    pub async fn run(&self, job: &Job) -> Result<Run, EngineError> {
        let lease = self.take_lease(&job.mapping).await?;
        let started = self.clock.now();
        #[expect(clippy::cast_possible_truncation, reason = "any sixteen bits of chance will do")]
        let run = Run {
            id: RunId::new(started, self.entropy.next() as u16),
            mapping: job.mapping.name.clone(),
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
        let mut context =
            RunContext { scope, lease, lease_renewed: started, run, intents: 0, requests_before };
        let result = context.go_through(job).await;
        context.end(result).await
    }

    async fn take_lease(&self, mapping: &Mapping) -> Result<Lease, EngineError> {
        let name = format!("mapping/{}", mapping.name);
        match self.store.take_lease(&name, &self.holder, self.clock.now(), LEASE_TERM).await? {
            LeaseAnswer::Granted(lease) => Ok(lease),
            LeaseAnswer::Held { holder, until } => {
                Err(EngineError::Busy { mapping: mapping.name.to_string(), holder, until })
            }
        }
    }

    fn requests(&self) -> Requests {
        Requests { vtiger: self.vtiger.requests(), frappe: self.frappe.requests() }
    }
}

impl RunContext<'_> {
    async fn go_through(&mut self, job: &Job) -> Result<(), EngineError> {
        self.scope.make_ready(job).await?;
        recover::recover(self).await?;
        if job.full {
            self.scope.engine.store.restage_all(&self.lease, &self.scope.mapping.name).await?;
        }
        let mut expected = 0;
        for unit in self.scope.mapping.units.clone() {
            self.scope.turn_to(&unit);
            pull::drain(self, &unit).await?;
            expected += self
                .scope
                .engine
                .store
                .count_due(&self.scope.mapping.name, &unit.name, self.horizon(job))
                .await?;
            self.scope.reporter.tell(Event::Expecting { units: expected });
            self.go_through_unit(job, &unit).await?;
        }
        Ok(())
    }

    /// Units whose pause ends before this moment are due.
    fn horizon(&self, job: &Job) -> Timestamp {
        if job.eager { Timestamp::MAX } else { self.scope.engine.clock.now() }
    }

    async fn go_through_unit(&mut self, job: &Job, unit: &UnitMapping) -> Result<(), EngineError> {
        let horizon = self.horizon(job);
        let mut after: Option<RecordRef> = None;
        loop {
            let due = self
                .scope
                .engine
                .store
                .due(&self.scope.mapping.name, &unit.name, horizon, after.as_ref(), BATCH)
                .await?;
            let Some(last) = due.last() else { return Ok(()) };
            after = Some(last.key.subject.clone());
            let mut fresh = Fresh::default();
            for (due, situation) in self.situations(unit, due).await? {
                self.keep_lease().await?;
                self.one(unit, due, situation, &mut fresh).await?;
                self.scope.reporter.flush_if_due().await?;
            }
        }
    }

    /// The situations of a batch. Where the batch as a whole cannot be read, each unit is read by itself, so that the one
    /// at fault fails alone.
    async fn situations(
        &mut self,
        unit: &UnitMapping,
        due: Vec<Due>,
    ) -> Result<Vec<(Due, Result<Situation, Failure>)>, EngineError> {
        let subjects: Vec<RecordRef> = due.iter().map(|due| due.key.subject.clone()).collect();
        match assess::load(&self.scope, unit, &subjects).await {
            Ok(situations) => return Ok(due.into_iter().zip(situations.into_iter().map(Ok)).collect()),
            Err(EngineError::Peer(error)) if !error.kind.stops_run() => {}
            Err(error) => return Err(error),
        }
        let mut alone = Vec::with_capacity(due.len());
        for due in due {
            let subject = due.key.subject.clone();
            match assess::load(&self.scope, unit, &[subject]).await {
                Ok(mut situations) => alone.extend(situations.pop().map(|situation| (due, Ok(situation)))),
                Err(EngineError::Peer(error)) if !error.kind.stops_run() => {
                    alone.push((due, Err(error.failure())));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(alone)
    }

    async fn one(
        &mut self,
        unit: &UnitMapping,
        due: Due,
        situation: Result<Situation, Failure>,
        fresh: &mut Fresh,
    ) -> Result<(), EngineError> {
        self.run.balance.read += 1;
        let settled = match situation {
            Ok(situation) => self.settle_unit(unit, situation, fresh).await,
            Err(failure) => Ok((Verdict::Failed, vec![failure])),
        };
        match settled {
            Ok((verdict, failures)) => self.conclude(due, verdict, failures).await,
            Err(error) => {
                self.conclude(due, Verdict::Failed, vec![error.failure()]).await?;
                Err(error)
            }
        }
    }

    /// Decides and applies, again where a record moved in between.
    async fn settle_unit(
        &mut self,
        unit: &UnitMapping,
        mut situation: Situation,
        fresh: &mut Fresh,
    ) -> Result<(Verdict, Vec<Failure>), EngineError> {
        let (mut created, mut updated) = (false, false);
        for _ in 0..DECISIONS {
            fresh.amend(unit, &self.scope.schemas, &mut situation);
            let plan = decide(unit, &self.scope.schemas, &situation);
            let applied = apply(self, unit, &situation, &plan, fresh).await?;
            created |= applied.created;
            updated |= applied.updated;
            if applied.stale {
                let subjects = [situation.subject.clone()];
                let Some(again) = assess::load(&self.scope, unit, &subjects).await?.pop() else {
                    break;
                };
                situation = again;
                continue;
            }
            let verdict = match plan.verdict() {
                _ if !applied.failures.is_empty() => Verdict::Failed,
                Verdict::Updated | Verdict::Unchanged if created => Verdict::Created,
                Verdict::Unchanged if updated => Verdict::Updated,
                verdict => verdict,
            };
            let conflicts = plan.conflicts.iter().map(Conflict::failure);
            return Ok((
                verdict,
                plan.failures.iter().cloned().chain(applied.failures).chain(conflicts).collect(),
            ));
        }
        Ok((Verdict::Failed, vec![keeps_moving(&situation.subject)]))
    }

    async fn conclude(
        &mut self,
        due: Due,
        verdict: Verdict,
        failures: Vec<Failure>,
    ) -> Result<(), EngineError> {
        self.run.balance.count(verdict);
        let subject = due.key.subject.clone();
        let policy = self.scope.engine.retry;
        let troubled = matches!(verdict, Verdict::Failed | Verdict::Conflicted);
        let attempts = if troubled { due.attempts + 1 } else { 0 };
        let state = match () {
            () if !troubled => StagedState::Done,
            () if attempts >= policy.unit_tries => StagedState::Parked,
            () => StagedState::Waiting,
        };
        let not_before = troubled.then(|| policy.unit_due(attempts, self.scope.engine.clock.now()));
        let outcome = UnitOutcome {
            key: due.key,
            version: due.version,
            verdict,
            state,
            not_before,
            attempts,
            failures: failures.clone(),
        };
        self.scope.engine.store.conclude(&self.lease, &self.run.id, &[outcome]).await?;
        self.scope.reporter.tell(Event::UnitDone { subject, verdict, failures, balance: self.run.balance });
        Ok(())
    }

    /// Renews the lease where a good part of it is used up.
    pub(crate) async fn keep_lease(&mut self) -> Result<(), EngineError> {
        let now = self.scope.engine.clock.now();
        let used = now.duration_since(self.lease_renewed);
        if used.unsigned_abs() >= LEASE_RENEWAL {
            self.scope.engine.store.renew_lease(&self.lease, now, LEASE_TERM).await?;
            self.lease_renewed = now;
        }
        Ok(())
    }

    async fn end(mut self, result: Result<(), EngineError>) -> Result<Run, EngineError> {
        self.run.ended = Some(self.scope.engine.clock.now());
        let after = self.scope.engine.requests();
        self.run.requests = Requests {
            vtiger: since(self.requests_before.vtiger, after.vtiger),
            frappe: since(self.requests_before.frappe, after.frappe),
        };
        match &result {
            Ok(()) => self.run.status = self.run.balance.status(),
            Err(error) => {
                self.run.status = RunStatus::Error;
                self.run.failure = Some(error.failure());
            }
        }
        self.scope.reporter.tell(Event::RunEnded { run: Box::new(self.run.clone()) });
        let remembered = self.remember_end().await;
        match (result, remembered) {
            (Err(error @ EngineError::Store(_)), _) => Err(error),
            (_, remembered) => remembered.map(|()| self.run),
        }
    }

    async fn remember_end(&self) -> Result<(), EngineError> {
        self.scope.engine.store.put_run(&self.run).await?;
        self.scope.reporter.flush().await?;
        self.scope.engine.store.release_lease(&self.lease).await?;
        Ok(())
    }
}

fn since(before: RequestCount, after: RequestCount) -> RequestCount {
    RequestCount { read: after.read - before.read, write: after.write - before.write }
}
