//! What is over goes; what is needed stays.

use cs_domain::{IntentState, Run, RunStatus};
use cs_ports::{AuditFilter, ConflictFilter, FileId, Pruned, Reserved, Store, TaskId, UnitOutcome};

use super::Whole;
use super::people::{answer, person, session};
use super::task_samples::*;
use crate::samples::*;

/// Everything from before this time is old.
const BEFORE: i64 = 1_000;
/// A day, after which answers are forgotten.
const DAY: i64 = 86_400;

pub(super) async fn tell(store: &dyn Whole) {
    tasks_and_files(store).await;
    journal_and_log(store).await;
    people(store).await;
    let pruned = store.prune(at(BEFORE), at(DAY + 50)).await.unwrap();
    assert_eq!(pruned, Pruned { log: 2, tasks: 2, files: 1, journal: 2, expired: 3 });
    what_is_needed_is_there(store).await;
    let again = store.prune(at(BEFORE), at(DAY + 50)).await.unwrap();
    assert_eq!(again, Pruned { journal: 1, ..Pruned::default() }, "the one that was closed in between");
    // Numbers of lines are not given twice, or a page that waits for the next line would wait for ever.
    let last = store.latest_log(None, 1).await.unwrap()[0].sequence;
    store.prune(at(9 * DAY), at(9 * DAY)).await.unwrap();
    store.append_log(&run_id(2), at(9 * DAY), &[pulled(1)]).await.unwrap();
    assert_eq!(store.latest_log(None, 1).await.unwrap()[0].sequence, last + 1);
}

async fn tasks_and_files(store: &dyn Whole) {
    for id in ["named", "scheduled", "nobody's", "new"] {
        let time = if id == "new" { BEFORE } else { 1 };
        store.put_file(&file(id, id, "ana@example.test", at(time)), b"abc").await.unwrap();
    }
    store.put_schedule(&schedule("monthly", reconcile("oscar", "scheduled"), at(0))).await.unwrap();
    let tasks = [
        ended(1, sync("policy"), at(1)),
        ended(2, reconcile("oscar", "nobody's"), at(BEFORE - 1)),
        // An open task is to carry out its plans.
        ended(3, dry_run("policy"), at(1)),
        task(4, apply("policy", task_id(3))),
        ended(5, reconcile("oscar", "named"), at(BEFORE)),
        task(6, sync("policy")),
    ];
    for task in &tasks {
        store.add_task(task).await.unwrap();
        store.add_plans(&task.id, &[writing_plan(1)]).await.unwrap();
    }
}

async fn journal_and_log(store: &dyn Whole) {
    let of = mapping("policy");
    let lease = take(store, "policy").await;
    let (old, new) = (run_id(1), run_id(2));
    store.put_run(&run(old.clone(), at(1), RunStatus::Error)).await.unwrap();
    store.put_run(&run(new.clone(), at(BEFORE), RunStatus::InProgress)).await.unwrap();
    let intents = [
        create(&of, "settled", 1, "owner"),
        create(&of, "dropped", 2, "owner"),
        create(&of, "open", 3, "owner"),
        cs_domain::Intent { run: new.clone(), ..create(&of, "of a run that goes on", 4, "owner") },
        cs_domain::Intent { run: run_id(3), ..create(&of, "of a run that nobody knows", 5, "owner") },
    ];
    store.record_intents(&lease, &intents).await.unwrap();
    for (intent, state) in intents.iter().zip([
        Some(IntentState::Settled),
        Some(IntentState::Dropped),
        None,
        Some(IntentState::Settled),
        Some(IntentState::Settled),
    ]) {
        let Some(state) = state else { continue };
        let ties = vec![cs_ports::TieChange::Set(tie(&of, number(&intent.subject), "owner", "Ana"))];
        store.settle(&lease, &of, &[end_of(intent.id.clone(), state, ties)]).await.unwrap();
    }
    let conflicted = UnitOutcome {
        conflicts: vec![met(&of, 1, "phone", "a", "b")],
        ..outcome(&of, 1, "v1", cs_domain::Verdict::Conflicted)
    };
    store.conclude(&lease, &old, &[conflicted]).await.unwrap();
    store.append_log(&old, at(2), &[pulled(1), pulled(2)]).await.unwrap();
    store.append_log(&new, at(BEFORE), &[pulled(3)]).await.unwrap();
}

async fn people(store: &dyn Whole) {
    store.put_person(&person("ana@example.test")).await.unwrap();
    for (digest, expires) in [("over", DAY + 50), ("ended", DAY + 49), ("lasts", DAY + 51)] {
        store.put_session(&session(digest, "ana@example.test", at(expires))).await.unwrap();
    }
    store.end_session("ended").await.unwrap();
    store.give_answer("ana", "over", &answer(""), at(50)).await.unwrap();
    store.give_answer("ana", "lasts", &answer(""), at(51)).await.unwrap();
    let entry = cs_ports::AuditEntry {
        sequence: 0,
        at: at(1),
        who: "ana@example.test".to_owned(),
        action: "settings.change".to_owned(),
        object: "settings".to_owned(),
        before: serde_json::Value::Null,
        after: serde_json::Value::Null,
    };
    store.record(&entry).await.unwrap();
}

async fn what_is_needed_is_there(store: &dyn Whole) {
    let of = mapping("policy");
    let there = |id: TaskId| async move {
        (store.task(&id).await.unwrap().is_some(), store.count_plans(&id, false).await.unwrap())
    };
    for number in [1, 2] {
        assert_eq!(there(task_id(number)).await, (false, 0));
    }
    for number in [3, 4, 5, 6] {
        assert_eq!(there(task_id(number)).await, (true, 1));
    }
    for (id, kept) in [("named", true), ("scheduled", true), ("nobody's", false), ("new", true)] {
        assert_eq!(store.file(&FileId(id.to_owned())).await.unwrap().is_some(), kept, "{id}");
    }
    assert_eq!(names(&store.open_intents(&of).await.unwrap()), ["open"]);
    let left = |run| async move { store.journal(&run).await.unwrap().len() };
    assert_eq!((left(run_id(1)).await, left(run_id(2)).await, left(run_id(3)).await), (1, 1, 1));
    assert_eq!(store.count_linked(&of).await.unwrap(), 4);
    assert_eq!(store.conflicts(&ConflictFilter::default(), 9).await.unwrap().len(), 1);
    let runs: Vec<Run> = Store::runs(store, 9).await.unwrap();
    assert_eq!(runs.len(), 2);
    assert!(store.session("lasts", at(0)).await.unwrap().is_some());
    let reserve = async |key| store.reserve_answer("ana", key, "digest", at(99), at(0)).await.unwrap();
    assert!(matches!(reserve("lasts").await, Reserved::Given(_)));
    assert_eq!(reserve("over").await, Reserved::Now);
    assert_eq!(store.audit(&AuditFilter::default(), None, 9).await.unwrap().len(), 1);
    // What stays can still be closed.
    let lease = granted(store.take_lease("policy", "successor", at(99), TERM).await.unwrap());
    let open = create(&of, "open", 3, "owner").id;
    store.settle(&lease, &of, &[end_of(open, IntentState::Dropped, vec![])]).await.unwrap();
}
