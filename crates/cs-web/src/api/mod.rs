//! The HTTP API: everything the pages do, as JSON, described by `OpenAPI` 3.1.

mod asked;
mod audit;
mod conflicts;
mod description;
mod docs;
mod errors;
mod files;
mod findings;
mod hints;
mod known;
mod log;
mod mappings;
mod once;
mod paging;
mod records;
mod runs;
mod schedules;
mod settings;
mod tasks;
mod tokens;
mod told;
mod trying;
mod users;
mod workspace;

use axum::Json;

use crate::doors::Doors;
use crate::error::WebError;

pub(crate) use description::describe_rule;
pub(crate) use once::{Underway, once};

/// What most operations answer.
type Given<T> = Result<Json<T>, WebError>;

/// Every resource. A line each; the description comes last, since it describes the others.
pub(crate) fn doors(doors: Doors) -> Doors {
    let doors = workspace::doors(doors);
    let doors = runs::doors(doors);
    let doors = tasks::doors(doors);
    let doors = files::doors(doors);
    let doors = findings::doors(doors);
    let doors = conflicts::doors(doors);
    let doors = errors::doors(doors);
    let doors = records::doors(doors);
    let doors = schedules::doors(doors);
    let doors = known::doors(doors);
    let doors = mappings::doors(doors);
    let doors = trying::doors(doors);
    let doors = settings::doors(doors);
    let doors = users::doors(doors);
    let doors = tokens::doors(doors);
    let doors = hints::doors(doors);
    let doors = log::doors(doors);
    let doors = audit::doors(doors);
    description::doors(doors)
}
