//! People, their sessions and tokens, and the audit log: the statements of the SQL store, and the words of its columns.

pub(crate) mod sql;

use cs_ports::Part;

use crate::word::Word;

impl Word for Part {
    const ALL: &'static [Self] = &Self::ALL;
    const WHAT: &'static str = "part of a person";

    fn word(self) -> &'static str {
        self.as_str()
    }
}
