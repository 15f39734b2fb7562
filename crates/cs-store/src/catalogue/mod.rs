//! Mappings that people make: the statements of the SQL store.

pub(crate) mod sql;
