//! The HTTP API: everything the pages do, as JSON, described by OpenAPI 3.1.

mod description;

use crate::doors::Doors;

pub(crate) use description::describe_rule;

pub(crate) fn doors(doors: Doors) -> Doors {
    description::doors(doors)
}
