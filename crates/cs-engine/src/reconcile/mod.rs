//! Reconciliation: a company's report against the CRM's orders, the writes that follow, and what is remembered of it.

mod fields;

pub use fields::OrderFields;
