//! The log: in order, of all runs or of one.

use cs_domain::{Event, RunStatus};
use cs_ports::Store;

use crate::samples::*;

pub(super) async fn tell(store: &dyn Store) {
    let ended = Event::RunEnded { run: Box::new(run(run_id(1), at(0), RunStatus::Error)) };
    assert_eq!(store.log(None, 0, 9).await.unwrap(), []);
    store.append_log(&run_id(1), at(3), &[pulled(1), pulled(2)]).await.unwrap();
    store.append_log(&run_id(2), at(2), &[pulled(3)]).await.unwrap();
    store.append_log(&run_id(1), at(1), &[]).await.unwrap();
    store.append_log(&run_id(1), at(4), &[ended]).await.unwrap();
    recall(store).await;
}

pub(super) async fn recall(store: &dyn Store) {
    let all = store.log(None, 0, 9).await.unwrap();
    assert_eq!(all.len(), 4);
    assert!(all.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
    let shown: Vec<_> = all.iter().map(|entry| (entry.at, entry.run.clone())).collect();
    let of = |salt, seconds| (at(seconds), run_id(salt));
    assert_eq!(shown, [of(1, 3), of(1, 3), of(2, 2), of(1, 4)]);
    assert_eq!(all[0].event, pulled(1));
    assert!(matches!(&all[3].event, Event::RunEnded { run } if run.status == RunStatus::Error));

    let of_one: Vec<_> = all.iter().filter(|entry| entry.run == run_id(1)).cloned().collect();
    assert_eq!(store.log(Some(&run_id(1)), 0, 9).await.unwrap(), of_one);
    assert_eq!(store.log(Some(&run_id(1)), of_one[0].sequence, 1).await.unwrap(), of_one[1..2]);
    assert_eq!(store.log(None, all[1].sequence, 9).await.unwrap(), all[2..]);
    assert_eq!(store.log(None, all[3].sequence, 9).await.unwrap(), []);
    assert_eq!(store.log(Some(&run_id(9)), 0, 9).await.unwrap(), []);

    assert_eq!(store.latest_log(None, 9).await.unwrap(), all);
    assert_eq!(store.latest_log(None, 2).await.unwrap(), all[2..]);
    assert_eq!(store.latest_log(Some(&run_id(1)), 2).await.unwrap(), of_one[1..]);
    assert_eq!(store.latest_log(Some(&run_id(2)), 2).await.unwrap(), all[2..3]);
    assert_eq!(store.latest_log(Some(&run_id(9)), 2).await.unwrap(), []);
    assert_eq!(store.latest_log(None, 0).await.unwrap(), []);
}
