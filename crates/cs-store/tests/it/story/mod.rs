//! What a store must do, chapter by chapter. Each chapter works in a mapping of its own.
//!
//! [`tell`] does things and looks at once; [`recall`] looks again later, at a store that may have been closed and
//! opened in between, and does not change what a second `recall` would find.

mod begun;
mod conclusions;
mod conflicts;
mod due;
mod feeds;
mod journal;
mod known;
mod leases;
mod log;
mod runs;
mod ties;

use cs_ports::Store;

pub(crate) async fn tell(store: &dyn Store) {
    leases::tell(store).await;
    runs::tell(store).await;
    feeds::tell(store).await;
    due::tell(store).await;
    known::tell(store).await;
    conclusions::tell(store).await;
    conflicts::tell(store).await;
    ties::tell(store).await;
    journal::tell(store).await;
    begun::tell(store).await;
    log::tell(store).await;
}

pub(crate) async fn recall(store: &dyn Store) {
    leases::recall(store).await;
    runs::recall(store).await;
    feeds::recall(store).await;
    conclusions::recall(store).await;
    conflicts::recall(store).await;
    ties::recall(store).await;
    journal::recall(store).await;
    begun::recall(store).await;
    log::recall(store).await;
}
