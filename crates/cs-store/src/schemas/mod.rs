//! What the systems said of their kinds: the statements of the SQL store.

pub(crate) mod sql;
