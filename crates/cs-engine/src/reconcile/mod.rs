//! Reconciliation: a company's report against the CRM's orders, the writes that follow, and what is remembered of it.
//!
//! Reading and comparing are `cs-companies`' and pure. Here is the order of things: the book's lease, writes that an
//! earlier run left open, the orders, the comparison, the drift sentinel, the findings, the writes. Findings are stored
//! *before* the orders are written: a run that dies in the middle loses none of them, and the run after it finds the orders
//! that were written unchanged.

mod account;
mod fields;
mod findings;
mod judgement;
mod ledger;
mod recover;
mod run;
mod send;
mod source;
mod undo;
mod write;

pub use fields::{NoDate, OrderFields};
pub use findings::all as findings_of;
pub use run::{Reconciled, Reconciler, Reconciling};
pub use source::{OrderSource, OrdersAsked, OrdersRead, UnreadableOrder, WebService};
pub use undo::{Kept, Undone};
