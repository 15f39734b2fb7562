//! The mapping files as those who write them meet them.

mod binding;
mod problems;
mod schema;
