//! Two at once: one wins. `one` and `other` are the same store, or two on one file.

use cs_domain::RunStatus;
use cs_ports::{Reserved, Schedule, task_lease};

use super::Whole;
use super::people::answer;
use super::task_samples::*;
use crate::samples::{at, take};

/// How often each race is run.
const TIMES: u32 = 20;

pub(super) async fn tell(one: &dyn Whole, other: &dyn Whole) {
    let mut seen = schedule("raced", sync("policy"), at(0));
    one.put_schedule(&seen).await.unwrap();
    for round in 0..TIMES {
        seen = fire(one, other, &seen, round).await;
        settings(one, other, i64::from(round)).await;
        add(one, other, round).await;
        cancel(one, other, round).await;
        answers(one, other, round).await;
    }
}

/// One fires, and only its task is there.
async fn fire(one: &dyn Whole, other: &dyn Whole, seen: &Schedule, round: u32) -> Schedule {
    let (a, b) = (task(2 * round, seen.work.clone()), task(2 * round + 1, seen.work.clone()));
    let to = at(i64::from(round) + 1);
    let (first, second) = tokio::join!(one.fire(seen, to, Some(&a)), other.fire(seen, to, Some(&b)));
    let won = [first.unwrap(), second.unwrap()];
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
    let there = [one.task(&a.id).await.unwrap().is_some(), one.task(&b.id).await.unwrap().is_some()];
    assert_eq!(there, won);
    Schedule { seen: to, ..seen.clone() }
}

async fn settings(one: &dyn Whole, other: &dyn Whole, revision: i64) {
    let (first, second) =
        tokio::join!(one.put_settings(revision, "a", &[]), other.put_settings(revision, "b", &[]));
    let won = [first.unwrap(), second.unwrap()];
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
    let kept = other.settings().await.unwrap();
    assert_eq!((kept.revision, kept.text.as_str()), (revision + 1, if won[0] { "a" } else { "b" }));
}

async fn add(one: &dyn Whole, other: &dyn Whole, round: u32) {
    let (a, b) = (task(50 + round, sync("a")), task(50 + round, sync("b")));
    let (first, second) = tokio::join!(one.add_task(&a), other.add_task(&b));
    let won = [first.unwrap(), second.unwrap()];
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
    assert_eq!(one.task(&a.id).await.unwrap(), Some(if won[0] { a } else { b }));
}

/// Whichever comes first, what people say is kept; unless the task was over before.
async fn cancel(one: &dyn Whole, other: &dyn Whole, round: u32) {
    let task = task(50 + round, sync("a"));
    let lease = take(one, &task_lease(&task.id)).await;
    let going = further(&task, RunStatus::InProgress);
    let (put, cancelled) = tokio::join!(one.put_task(&lease, &going), other.cancel_task(&task.id));
    put.unwrap();
    assert!(cancelled.unwrap());
    assert!(other.task(&task.id).await.unwrap().unwrap().cancel);
}

async fn answers(one: &dyn Whole, other: &dyn Whole, round: u32) {
    let key = round.to_string();
    let (a, b) = (answer("a"), answer("b"));
    let (now, stale) = (at(1), at(0));
    let both = tokio::join!(
        one.reserve_answer("c", &key, "digest", now, stale),
        other.reserve_answer("c", &key, "digest", now, stale)
    );
    let both = [both.0.unwrap(), both.1.unwrap()];
    assert!(both.contains(&Reserved::Now) && both.contains(&Reserved::Underway), "{both:?}");
    let given = tokio::join!(one.give_answer("c", &key, &a, at(0)), other.give_answer("c", &key, &b, at(0)));
    given.0.unwrap();
    given.1.unwrap();
    let asked = one.reserve_answer("c", &key, "digest", now, stale).await.unwrap();
    assert!([Reserved::Given(a), Reserved::Given(b)].contains(&asked), "{asked:?}");
    assert_eq!(other.reserve_answer("c", &key, "digest", now, stale).await.unwrap(), asked);
}
