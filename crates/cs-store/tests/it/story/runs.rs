//! Runs: the latest first, each as it stands now.

use cs_domain::RunStatus;
use cs_ports::Store;

use crate::samples::*;

pub(super) async fn tell(store: &dyn Store) {
    assert_eq!(store.run(&run_id(1)).await.unwrap(), None);
    store.put_run(&run(run_id(2), at(10), RunStatus::Error)).await.unwrap();
    store.put_run(&run(run_id(1), at(0), RunStatus::InProgress)).await.unwrap();
    store.put_run(&run(run_id(3), at(10), RunStatus::Pending)).await.unwrap();
    let going_on = store.run(&run_id(1)).await.unwrap().unwrap();
    assert_eq!(going_on, run(run_id(1), at(0), RunStatus::InProgress));
    store.put_run(&run(run_id(1), at(0), RunStatus::PartialSuccess)).await.unwrap();
    recall(store).await;
}

pub(super) async fn recall(store: &dyn Store) {
    let third = run(run_id(3), at(10), RunStatus::Pending);
    let second = run(run_id(2), at(10), RunStatus::Error);
    let first = run(run_id(1), at(0), RunStatus::PartialSuccess);
    assert_eq!(store.runs(2).await.unwrap(), [third.clone(), second.clone()]);
    assert_eq!(store.runs(9).await.unwrap(), [third, second, first.clone()]);
    assert_eq!(store.runs(0).await.unwrap(), []);
    assert_eq!(store.run(&run_id(1)).await.unwrap(), Some(first));
}
