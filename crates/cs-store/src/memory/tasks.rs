//! Tasks, plans of dry runs, schedules and files in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cs_domain::plan::Plan;
use cs_ports::{
    FileId, Lease, Schedule, StoreError, Task, TaskFilter, TaskId, TaskStore, UploadedFile, Work,
};
use jiff::Timestamp;

use super::{MemoryStore, at_most};
use crate::stamp;
use crate::tasks::{check_lease, fits, shows_something};

#[derive(Debug, Default)]
pub(super) struct Tasks {
    all: BTreeMap<TaskId, Task>,
    plans: BTreeMap<TaskId, Vec<Plan>>,
    schedules: BTreeMap<String, Schedule>,
    files: BTreeMap<FileId, (UploadedFile, Vec<u8>)>,
}

impl Tasks {
    fn add(&mut self, task: &Task) -> bool {
        let free = !self.all.contains_key(&task.id);
        if free {
            self.all.insert(task.id.clone(), task.clone());
        }
        free
    }

    fn put(&mut self, task: &Task) {
        let cancel = self.all.get(&task.id).map_or(task.cancel, |known| known.cancel);
        self.all.insert(task.id.clone(), Task { cancel, ..task.clone() });
    }

    fn open(&self) -> impl Iterator<Item = &Task> {
        self.all.values().filter(|task| !task.status.is_final())
    }

    fn plans(&self, task: &TaskId, only_writing: bool) -> impl Iterator<Item = &Plan> {
        let plans = self.plans.get(task).into_iter().flatten();
        plans.filter(move |plan| !only_writing || shows_something(plan))
    }

    fn fire(&mut self, schedule: &Schedule, to: Timestamp, task: Option<&Task>) -> bool {
        let Some(known) = self.schedules.get_mut(&schedule.name) else { return false };
        let taken = task.is_some_and(|task| self.all.contains_key(&task.id));
        if known.seen != stamp::cut(schedule.seen) || taken {
            return false;
        }
        known.seen = stamp::cut(to);
        if let Some(task) = task {
            self.add(task);
        }
        true
    }

    /// Removes tasks that ended before this time, with their plans, but for dry runs whose plans an open task is to carry
    /// out; answers how many.
    pub(super) fn prune_tasks(&mut self, before: Timestamp) -> u64 {
        let wanted: Vec<TaskId> = self
            .open()
            .filter_map(|task| match &task.work {
                Work::Apply { plans_of, .. } => Some(plans_of.clone()),
                Work::Sync { .. } | Work::Reconcile { .. } | Work::Undo { .. } | Work::Pair { .. } => None,
            })
            .collect();
        let over = |task: &Task| {
            task.status.is_final()
                && task.ended.is_some_and(|ended| stamp::cut(ended) < before)
                && !wanted.contains(&task.id)
        };
        let gone: Vec<TaskId> =
            self.all.values().filter(|task| over(task)).map(|task| task.id.clone()).collect();
        for id in &gone {
            self.all.remove(id);
            self.plans.remove(id);
        }
        gone.len() as u64
    }

    /// Removes files from before this time that neither a task nor a schedule names; answers how many.
    pub(super) fn prune_files(&mut self, before: Timestamp) -> u64 {
        let works = self.all.values().map(|task| &task.work);
        let works = works.chain(self.schedules.values().map(|schedule| &schedule.work));
        let wanted: Vec<FileId> = works
            .filter_map(|work| match work {
                Work::Reconcile { file, .. } => Some(file.clone()),
                Work::Sync { .. } | Work::Apply { .. } | Work::Undo { .. } | Work::Pair { .. } => None,
            })
            .collect();
        let count = self.files.len();
        self.files.retain(|id, (file, _)| file.at >= before || wanted.contains(id));
        (count - self.files.len()) as u64
    }
}

#[async_trait]
impl TaskStore for MemoryStore {
    async fn add_task(&self, task: &Task) -> Result<bool, StoreError> {
        Ok(self.lock().tasks.add(task))
    }

    async fn put_task(&self, lease: &Lease, task: &Task) -> Result<(), StoreError> {
        check_lease(lease, task)?;
        self.lock_under(lease)?.tasks.put(task);
        Ok(())
    }

    async fn cancel_task(&self, id: &TaskId) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let open = state.tasks.all.get_mut(id).filter(|task| !task.status.is_final());
        Ok(open.map(|task| task.cancel = true).is_some())
    }

    async fn task(&self, id: &TaskId) -> Result<Option<Task>, StoreError> {
        Ok(self.lock().tasks.all.get(id).cloned())
    }

    async fn open_tasks(&self) -> Result<Vec<Task>, StoreError> {
        Ok(self.lock().tasks.open().cloned().collect())
    }

    async fn tasks(
        &self,
        filter: &TaskFilter,
        before: Option<&TaskId>,
        limit: u32,
    ) -> Result<Vec<Task>, StoreError> {
        let state = self.lock();
        let newest = state.tasks.all.values().rev();
        let older = newest.filter(|task| before.is_none_or(|before| task.id < *before));
        Ok(older.filter(|task| fits(filter, task)).take(at_most(limit)).cloned().collect())
    }

    async fn count_tasks(&self, filter: &TaskFilter) -> Result<u64, StoreError> {
        Ok(self.lock().tasks.all.values().filter(|task| fits(filter, task)).count() as u64)
    }

    async fn add_plans(&self, task: &TaskId, plans: &[Plan]) -> Result<(), StoreError> {
        self.lock().tasks.plans.entry(task.clone()).or_default().extend_from_slice(plans);
        Ok(())
    }

    async fn plans(
        &self,
        task: &TaskId,
        only_writing: bool,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<Plan>, StoreError> {
        let state = self.lock();
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        Ok(state.tasks.plans(task, only_writing).skip(from).take(at_most(limit)).cloned().collect())
    }

    async fn count_plans(&self, task: &TaskId, only_writing: bool) -> Result<u64, StoreError> {
        Ok(self.lock().tasks.plans(task, only_writing).count() as u64)
    }

    async fn drop_plans(&self, task: &TaskId) -> Result<(), StoreError> {
        self.lock().tasks.plans.remove(task);
        Ok(())
    }

    async fn schedules(&self) -> Result<Vec<Schedule>, StoreError> {
        Ok(self.lock().tasks.schedules.values().cloned().collect())
    }

    async fn put_schedule(&self, schedule: &Schedule) -> Result<(), StoreError> {
        let schedule = Schedule { seen: stamp::cut(schedule.seen), ..schedule.clone() };
        self.lock().tasks.schedules.insert(schedule.name.clone(), schedule);
        Ok(())
    }

    async fn remove_schedule(&self, name: &str) -> Result<(), StoreError> {
        self.lock().tasks.schedules.remove(name);
        Ok(())
    }

    async fn fire(
        &self,
        schedule: &Schedule,
        to: Timestamp,
        task: Option<&Task>,
    ) -> Result<bool, StoreError> {
        Ok(self.lock().tasks.fire(schedule, to, task))
    }

    async fn put_file(&self, file: &UploadedFile, bytes: &[u8]) -> Result<(), StoreError> {
        let mut state = self.lock();
        let now = UploadedFile { at: stamp::cut(file.at), ..file.clone() };
        let kept = state.tasks.files.entry(file.id.clone());
        kept.and_modify(|(file, _)| file.clone_from(&now)).or_insert_with(|| (now, bytes.to_vec()));
        Ok(())
    }

    async fn file(&self, id: &FileId) -> Result<Option<(UploadedFile, Vec<u8>)>, StoreError> {
        Ok(self.lock().tasks.files.get(id).cloned())
    }
}
