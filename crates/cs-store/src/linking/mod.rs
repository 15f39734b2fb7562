//! Proposals which record and document are one: the statements of the SQL store.

pub(crate) mod sql;
