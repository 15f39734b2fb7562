//! The pages, one file a place of the navigation.

mod login;
mod workspace;

use crate::doors::Doors;

pub(crate) fn doors(doors: Doors) -> Doors {
    workspace::doors(login::doors(doors))
}
