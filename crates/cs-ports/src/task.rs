//! What is to be run: tasks that somebody or a schedule asked for, the schedules, and the files that tasks are about.

use std::fmt;

use async_trait::async_trait;
use cs_domain::plan::Plan;
use cs_domain::{Balance, Failure, MappingName, Role, RunId, RunStatus, UnitName};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::error::StoreError;
use crate::store::Lease;

/// What names a task: `20261122-060312-3f9a`, sortable by the time it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub String);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What names an uploaded file: the hexadecimal SHA-256 of its bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileId(pub String);

/// What a task does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// Runs a mapping.
    Sync {
        /// Which.
        mapping: MappingName,
        /// Every record, changed or not.
        #[serde(default)]
        full: bool,
        /// Counts what is there besides: finds deletes and silent changes.
        #[serde(default)]
        census: bool,
        /// Follows up to so many deletes.
        #[serde(default)]
        approved_deletes: Option<u64>,
        /// Decides everything and writes nothing; the plans are kept with the task.
        #[serde(default)]
        dry_run: bool,
    },
    /// Carries out exactly the plans that a dry run kept.
    Apply {
        /// The mapping they are of.
        mapping: MappingName,
        /// The task of the dry run.
        plans_of: TaskId,
    },
    /// Compares a company's report with the CRM.
    Reconcile {
        /// The company's key.
        company: String,
        /// The broker's code.
        broker: String,
        /// The report.
        file: FileId,
        /// What the report's file is called.
        file_name: String,
        /// The day it is compared for; today where it is not said.
        #[serde(default)]
        as_of: Option<Date>,
        /// The plan year; the one of `as_of` where it is not said.
        #[serde(default)]
        plan_year: Option<i16>,
        /// Whether somebody looked at a report that the drift sentinel would hold.
        #[serde(default)]
        approve_drift: bool,
        /// Compares and writes nothing, here or in the CRM.
        #[serde(default)]
        dry_run: bool,
    },
    /// Takes back what a reconciliation wrote.
    Undo {
        /// Its run.
        run: RunId,
    },
    /// Looks for records and documents that are there on both sides and could be one and the same, as the mapping's draft
    /// pairs them, else as it runs. Nothing is written to either system; what is found is kept ([`crate::LinkingStore`]).
    Pair {
        /// The mapping.
        mapping: MappingName,
        /// The unit of the records.
        unit: UnitName,
        /// The role of the documents.
        role: Role,
    },
}

impl Work {
    /// What must not be worked on by two at a time; also the name of the engine's lease and of the runs:
    /// `policy`, `company/oscar`.
    pub fn lane(&self) -> String {
        match self {
            Self::Sync { mapping, .. } | Self::Apply { mapping, .. } => mapping.to_string(),
            Self::Reconcile { company, .. } => format!("company/{company}"),
            Self::Undo { run } => format!("undo/{run}"),
            // Beside the mapping's runs, which it does not disturb.
            Self::Pair { mapping, .. } => format!("linking/{mapping}"),
        }
    }

    /// The name that machines read.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sync { .. } => "sync",
            Self::Apply { .. } => "apply",
            Self::Reconcile { .. } => "reconcile",
            Self::Undo { .. } => "undo",
            Self::Pair { .. } => "pair",
        }
    }

    /// Whether it shows what it would do, and writes nothing anywhere.
    pub fn is_dry_run(&self) -> bool {
        matches!(self, Self::Sync { dry_run: true, .. } | Self::Reconcile { dry_run: true, .. })
    }
}

/// Something that is to be run, and how it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its name.
    pub id: TaskId,
    /// What people call it: `oscar/BS Sync on 2026-11-22`.
    pub title: String,
    /// What it does.
    pub work: Work,
    /// Where it stands.
    pub status: RunStatus,
    /// Who asked for it: a login, or `schedule <name>`.
    pub asked_by: String,
    /// When.
    pub asked: Timestamp,
    /// When its last attempt began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Not before this time: a pause before another attempt.
    pub not_before: Option<Timestamp>,
    /// How often it was begun.
    pub attempts: u32,
    /// How often it may be begun, before an error is its end.
    pub attempts_allowed: u32,
    /// Seconds that an attempt may take.
    pub time_limit: u32,
    /// Whether somebody wants it to stop.
    pub cancel: bool,
    /// The run of its last attempt; a dry run has none.
    pub run: Option<RunId>,
    /// How many units it expects to go through, as far as it knows.
    pub expected: u64,
    /// What it accounts for so far.
    pub balance: Balance,
    /// How many hundredths of the way the attempts before this one had come.
    pub reached: u64,
    /// Why it ended as it did, where it did not succeed.
    pub failure: Option<Failure>,
    /// What came of it besides the balance, for its page: a reconciliation's totals, a dry run's cost (JSON).
    pub outcome: Json,
}

impl Task {
    /// How many hundredths of the way it has come.
    pub fn percent(&self) -> u64 {
        percent(self.status, self.reached, self.balance.accounted(), self.expected)
    }
}

/// How many hundredths of the way a task has come whose attempt has done so many of the units it expects (0: not known
/// yet); 100 only at the end. An attempt goes on from where the ones before it had come, so that no interruption moves
/// progress backwards: it shares out what they left of the way.
pub fn percent(status: RunStatus, reached: u64, done: u64, expected: u64) -> u64 {
    let left = 100_u64.saturating_sub(reached);
    match (status.is_final(), expected) {
        (true, _) => 100,
        (false, 0) => reached.min(99),
        (false, _) => (reached + done.min(expected) * left / expected).min(99),
    }
}

/// Which tasks are asked for; what is not named does not narrow it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// In one of these states.
    pub statuses: Option<Vec<RunStatus>>,
    /// Of one of these kinds ([`Work::kind`]).
    pub kinds: Option<Vec<&'static str>>,
    /// In this lane ([`Work::lane`]).
    pub lane: Option<String>,
    /// Whose title, asker or lane holds this, in whatever case.
    pub text: Option<String>,
}

/// What happens to a schedule's time that passed while nobody was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CatchUp {
    /// It runs once, as soon as possible, however many times were missed.
    #[default]
    Once,
    /// It waits for its next time.
    Skip,
}

/// Asks for a task again and again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// What it asks for.
    pub work: Work,
    /// When: five fields of cron, in the agency's zone.
    pub cron: String,
    /// Whether it runs.
    pub enabled: bool,
    /// What becomes of missed times.
    pub catch_up: CatchUp,
    /// Seconds that an attempt may take.
    pub time_limit: u32,
    /// How often a task is begun before an error is its end.
    pub attempts_allowed: u32,
    /// The time up to which its times were seen to.
    pub seen: Timestamp,
}

/// A file that was uploaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadedFile {
    /// Its name for ever.
    pub id: FileId,
    /// What it was called.
    pub name: String,
    /// How many bytes it has.
    pub size: u64,
    /// Who uploaded it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Remembers what is to be run. Every call is one transaction.
#[async_trait]
pub trait TaskStore: Send + Sync {
    /// Keeps a new task. `false`: a task of this id is there, and stays as it is.
    async fn add_task(&self, task: &Task) -> Result<bool, StoreError>;
    /// Writes down how far a task has come. [`Task::cancel`] is what people say and stays as the store has it.
    /// The lease is on the task ([`task_lease`]).
    async fn put_task(&self, lease: &Lease, task: &Task) -> Result<(), StoreError>;
    /// Notes that somebody wants it to stop. `false`: it is over, or not there.
    async fn cancel_task(&self, id: &TaskId) -> Result<bool, StoreError>;
    /// One task.
    async fn task(&self, id: &TaskId) -> Result<Option<Task>, StoreError>;
    /// Tasks that are not over, oldest first.
    async fn open_tasks(&self) -> Result<Vec<Task>, StoreError>;
    /// Tasks before the one named, newest first.
    async fn tasks(
        &self,
        filter: &TaskFilter,
        before: Option<&TaskId>,
        limit: u32,
    ) -> Result<Vec<Task>, StoreError>;
    /// How many there are.
    async fn count_tasks(&self, filter: &TaskFilter) -> Result<u64, StoreError>;

    /// Adds to the plans that a dry run shows, in their order.
    async fn add_plans(&self, task: &TaskId, plans: &[Plan]) -> Result<(), StoreError>;
    /// The plans of a dry run, a page of them. `only_writing`: those that would write or ask.
    async fn plans(
        &self,
        task: &TaskId,
        only_writing: bool,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<Plan>, StoreError>;
    /// How many plans there are.
    async fn count_plans(&self, task: &TaskId, only_writing: bool) -> Result<u64, StoreError>;
    /// Forgets the plans of a task: a new attempt begins.
    async fn drop_plans(&self, task: &TaskId) -> Result<(), StoreError>;

    /// Every schedule, by name.
    async fn schedules(&self) -> Result<Vec<Schedule>, StoreError>;
    /// Writes a schedule down: new, or as it is now.
    async fn put_schedule(&self, schedule: &Schedule) -> Result<(), StoreError>;
    /// Removes a schedule.
    async fn remove_schedule(&self, name: &str) -> Result<(), StoreError>;
    /// Moves a schedule's `seen` to `to` and adds the task, where there is one, unless somebody moved it before.
    /// Answers whether it was this call that did.
    async fn fire(&self, schedule: &Schedule, to: Timestamp, task: Option<&Task>)
    -> Result<bool, StoreError>;

    /// Keeps a file; the same bytes once more are no second file.
    async fn put_file(&self, file: &UploadedFile, bytes: &[u8]) -> Result<(), StoreError>;
    /// A file with its bytes.
    async fn file(&self, id: &FileId) -> Result<Option<(UploadedFile, Vec<u8>)>, StoreError>;
}

/// The name of the lease on a task.
pub fn task_lease(id: &TaskId) -> String {
    format!("task/{id}")
}
