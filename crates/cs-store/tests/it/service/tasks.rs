//! Tasks and their plans, schedules, files.

use std::slice::from_ref;

use cs_domain::RunStatus;
use cs_ports::{CatchUp, FileId, Schedule, Task, TaskFilter, TaskId, Work, task_lease};

use super::Whole;
use super::task_samples::*;
use crate::samples::{TERM, at, granted, is_lost, take};

pub(super) async fn tell(store: &dyn Whole) {
    a_task_goes_its_way(store).await;
    what_people_say_about_stopping_stays(store).await;
    tasks_are_found(store).await;
    plans_stay_in_order(store).await;
    schedules_are_kept(store).await;
    files_are_kept_once(store).await;
}

pub(super) async fn recall(store: &dyn Whole) {
    let done = store.task(&task_id(1)).await.unwrap().unwrap();
    assert_eq!(done, further(&task(1, sync("first")), RunStatus::PartialSuccess));
    assert!(store.task(&task_id(2)).await.unwrap().unwrap().cancel);
    assert_eq!(store.count_plans(&task_id(1), false).await.unwrap(), 4);
    assert_eq!(names(&store.schedules().await.unwrap()), ["hourly", "nightly"]);
    assert_eq!(store.file(&FileId("f1".to_owned())).await.unwrap().unwrap().1, [1, 0, 255]);
}

async fn a_task_goes_its_way(store: &dyn Whole) {
    let new = task(1, sync("first"));
    assert_eq!(store.task(&new.id).await.unwrap(), None);
    assert!(store.add_task(&new).await.unwrap());
    let other = Task { title: "something else".to_owned(), ..new.clone() };
    assert!(!store.add_task(&other).await.unwrap());
    assert_eq!(store.task(&new.id).await.unwrap(), Some(new.clone()));
    assert_eq!(store.open_tasks().await.unwrap(), from_ref(&new));

    let old = take(store, &task_lease(&new.id)).await;
    let going = further(&new, RunStatus::InProgress);
    store.put_task(&old, &going).await.unwrap();
    assert_eq!(store.open_tasks().await.unwrap(), from_ref(&going));

    // Neither who lost the lease nor who holds another one writes.
    let lease = granted(store.take_lease(&task_lease(&new.id), "successor", at(60), TERM).await.unwrap());
    let done = further(&new, RunStatus::PartialSuccess);
    assert!(is_lost(&store.put_task(&old, &done).await));
    let elsewhere = take(store, &task_lease(&task_id(77))).await;
    assert!(is_lost(&store.put_task(&elsewhere, &done).await));
    assert_eq!(store.task(&new.id).await.unwrap(), Some(going));
    store.put_task(&lease, &done).await.unwrap();
    assert_eq!(store.task(&new.id).await.unwrap(), Some(done));
    assert_eq!(store.open_tasks().await.unwrap(), []);
    assert!(!store.cancel_task(&new.id).await.unwrap(), "it is over");
    assert!(!store.task(&new.id).await.unwrap().unwrap().cancel);
}

async fn what_people_say_about_stopping_stays(store: &dyn Whole) {
    let new = task(2, undo());
    assert!(!store.cancel_task(&new.id).await.unwrap(), "it is not there");
    assert!(store.add_task(&new).await.unwrap());
    let lease = take(store, &task_lease(&new.id)).await;
    let going = further(&new, RunStatus::InProgress);
    store.put_task(&lease, &going).await.unwrap();
    assert!(store.cancel_task(&new.id).await.unwrap());
    assert!(store.cancel_task(&new.id).await.unwrap());
    // The worker has not heard of it yet.
    let further_on = Task { expected: 9, ..going };
    store.put_task(&lease, &further_on).await.unwrap();
    let kept = store.task(&new.id).await.unwrap();
    assert_eq!(kept, Some(Task { cancel: true, ..further_on.clone() }));
    let over = Task { status: RunStatus::Cancelled, ended: Some(at(300)), cancel: false, ..further_on };
    store.put_task(&lease, &over).await.unwrap();
    assert_eq!(store.task(&new.id).await.unwrap(), Some(Task { cancel: true, ..over }));
}

async fn tasks_are_found(store: &dyn Whole) {
    let works =
        [dry_run("policy"), apply("policy", task_id(3)), reconcile("oscar", "f1"), undo(), sync("100%_sure")];
    for (number, work) in (3..).zip(works) {
        assert!(store.add_task(&task(number, work)).await.unwrap());
    }
    let lease = take(store, &task_lease(&task_id(3))).await;
    store.put_task(&lease, &ended(3, dry_run("policy"), at(9))).await.unwrap();

    let of = |filter: TaskFilter| async move { found(store, &filter).await };
    let any = TaskFilter::default();
    assert_eq!(of(any.clone()).await, [7, 6, 5, 4, 3, 2, 1]);
    let statuses = Some(vec![RunStatus::Success, RunStatus::Cancelled]);
    assert_eq!(of(TaskFilter { statuses, ..any.clone() }).await, [3, 2]);
    assert_eq!(of(TaskFilter { statuses: Some(vec![]), ..any.clone() }).await, [0_u32; 0]);
    let kinds = Some(vec!["sync", "apply"]);
    assert_eq!(of(TaskFilter { kinds, ..any.clone() }).await, [7, 4, 3, 1]);
    let lane = Some("policy".to_owned());
    assert_eq!(of(TaskFilter { lane, ..any.clone() }).await, [4, 3]);
    for (text, expected) in [
        ("COMPANY/osc", &[5][..]),
        ("ana@", &[7, 6, 5, 4, 3, 2, 1]),
        ("100%_s", &[7]),
        ("1%s", &[]),
        ("_", &[7]),
        ("\\", &[]),
        ("'", &[]),
    ] {
        assert_eq!(of(TaskFilter { text: Some(text.to_owned()), ..any.clone() }).await, expected, "{text}");
    }
    let open: Vec<u32> = store.open_tasks().await.unwrap().iter().map(number).collect();
    assert_eq!(open, [4, 5, 6, 7]);

    // A task that is added between two pages is on neither.
    let first = store.tasks(&any, None, 3).await.unwrap();
    assert!(store.add_task(&task(8, sync("late"))).await.unwrap());
    let second = store.tasks(&any, Some(&first[2].id), 3).await.unwrap();
    let third = store.tasks(&any, Some(&second[2].id), 3).await.unwrap();
    let all = [first, second, third].concat();
    assert_eq!(all.iter().map(number).collect::<Vec<_>>(), [7, 6, 5, 4, 3, 2, 1]);
}

/// The numbers of the tasks that a filter finds, paged one by one, and counted.
async fn found(store: &dyn Whole, filter: &TaskFilter) -> Vec<u32> {
    let mut numbers = Vec::new();
    let mut before: Option<TaskId> = None;
    while let [task] = &store.tasks(filter, before.as_ref(), 1).await.unwrap()[..] {
        numbers.push(number(task));
        before = Some(task.id.clone());
    }
    assert_eq!(store.count_tasks(filter).await.unwrap(), numbers.len() as u64);
    numbers
}

fn number(task: &Task) -> u32 {
    task.id.0[13..15].parse().unwrap()
}

async fn plans_stay_in_order(store: &dyn Whole) {
    let (of, other) = (task_id(1), task_id(2));
    store.add_plans(&of, &[writing_plan(9), idle_plan(1)]).await.unwrap();
    store.add_plans(&other, &[idle_plan(5)]).await.unwrap();
    store.add_plans(&of, &[]).await.unwrap();
    store.add_plans(&of, &[failing_plan(8), idle_plan(2)]).await.unwrap();
    let all = [writing_plan(9), idle_plan(1), failing_plan(8), idle_plan(2)];
    assert_eq!(store.plans(&of, false, 0, 9).await.unwrap(), all);
    assert_eq!(store.plans(&of, false, 1, 2).await.unwrap(), all[1..3]);
    assert_eq!(store.plans(&of, false, 4, 2).await.unwrap(), []);
    assert_eq!(store.plans(&of, true, 0, 9).await.unwrap(), [writing_plan(9), failing_plan(8)]);
    assert_eq!(store.plans(&of, true, 1, 9).await.unwrap(), [failing_plan(8)]);
    assert_eq!(store.count_plans(&of, false).await.unwrap(), 4);
    assert_eq!(store.count_plans(&of, true).await.unwrap(), 2);
    store.drop_plans(&other).await.unwrap();
    assert_eq!(store.count_plans(&other, false).await.unwrap(), 0);
    assert_eq!(store.plans(&of, false, 0, 9).await.unwrap(), all);
}

fn names(schedules: &[Schedule]) -> Vec<&str> {
    schedules.iter().map(|schedule| schedule.name.as_str()).collect()
}

async fn schedules_are_kept(store: &dyn Whole) {
    assert_eq!(store.schedules().await.unwrap(), []);
    let nightly = schedule("nightly", sync("policy"), at(0));
    let hourly = schedule("hourly", reconcile("oscar", "f2"), at(0));
    for schedule in [&nightly, &hourly, &schedule("gone", undo(), at(0))] {
        store.put_schedule(schedule).await.unwrap();
    }
    store.remove_schedule("gone").await.unwrap();
    store.remove_schedule("never there").await.unwrap();
    assert_eq!(store.schedules().await.unwrap(), [hourly.clone(), nightly.clone()]);
    let changed = Schedule { enabled: false, catch_up: CatchUp::Once, cron: "0 3 * * *".into(), ..hourly };
    store.put_schedule(&changed).await.unwrap();
    assert_eq!(store.schedules().await.unwrap(), [changed.clone(), nightly.clone()]);

    let asked = task(20, nightly.work.clone());
    assert!(store.fire(&nightly, at(60), Some(&asked)).await.unwrap());
    assert_eq!(store.task(&asked.id).await.unwrap(), Some(asked));
    // Who saw it where it was comes too late, with or without a task; so does who fires what is gone.
    let late = task(21, nightly.work.clone());
    assert!(!store.fire(&nightly, at(61), Some(&late)).await.unwrap());
    assert!(!store.fire(&nightly, at(61), None).await.unwrap());
    assert!(!store.fire(&schedule("gone", undo(), at(0)), at(61), Some(&late)).await.unwrap());
    assert_eq!(store.task(&late.id).await.unwrap(), None);
    // A task whose id is taken moves nothing.
    let moved = Schedule { seen: at(60), ..nightly };
    assert!(!store.fire(&moved, at(62), Some(&task(20, moved.work.clone()))).await.unwrap());
    assert_eq!(store.schedules().await.unwrap(), [changed.clone(), moved.clone()]);
    assert!(store.fire(&moved, at(62), None).await.unwrap());
    assert_eq!(store.schedules().await.unwrap(), [changed, Schedule { seen: at(62), ..moved }]);
}

async fn files_are_kept_once(store: &dyn Whole) {
    let id = FileId("f1".to_owned());
    assert_eq!(store.file(&id).await.unwrap(), None);
    let first = file("f1", "Enero.csv", "ana@example.test", at(1));
    store.put_file(&first, &[1, 0, 255]).await.unwrap();
    assert_eq!(store.file(&id).await.unwrap(), Some((first, vec![1, 0, 255])));
    // The same bytes once more: it says who brought them last.
    let again = file("f1", "Enero (2).csv", "luis@example.test", at(2));
    store.put_file(&again, &[1, 0, 255]).await.unwrap();
    assert_eq!(store.file(&id).await.unwrap(), Some((again, vec![1, 0, 255])));
    let empty = file("f0", "", "", at(3));
    store.put_file(&empty, &[]).await.unwrap();
    assert_eq!(store.file(&empty.id).await.unwrap(), Some((empty, vec![])));
    assert!(matches!(store.task(&task_id(5)).await.unwrap().unwrap().work, Work::Reconcile { .. }));
}
