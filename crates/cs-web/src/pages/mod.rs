//! The pages, one file a place of the navigation.

mod causes;
pub(crate) mod conflicts;
pub(crate) mod drifts;
mod errors;
pub(crate) mod labels;
mod log;
mod login;
mod mappings;
pub(crate) mod places;
mod profile;
mod purposes;
mod records;
pub(crate) mod reworded;
pub(crate) mod runs;
mod scheduler;
mod settings;
mod setup;
pub(crate) mod shown;
pub(crate) mod sync;
mod users;
mod workspace;

use crate::doors::Doors;

/// Every page. A line each.
pub(crate) fn doors(doors: Doors) -> Doors {
    let doors = conflicts::doors(doors);
    let doors = errors::doors(doors);
    let doors = log::doors(doors);
    let doors = login::doors(doors);
    let doors = mappings::doors(doors);
    let doors = profile::doors(doors);
    let doors = records::doors(doors);
    let doors = runs::doors(doors);
    let doors = scheduler::doors(doors);
    let doors = settings::doors(doors);
    let doors = setup::doors(doors);
    let doors = sync::doors(doors);
    let doors = users::doors(doors);
    workspace::doors(doors)
}
