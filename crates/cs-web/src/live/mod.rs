//! What happens, as it happens, for any number of viewers.

mod hub;
mod progress;
mod stream;

pub use hub::Hub;
pub use progress::Progress;

use crate::doors::{Doors, Rule};

pub(crate) fn doors(doors: Doors) -> Doors {
    doors.get("/live", Rule::Needs(cs_ports::Right::Read), stream::live)
}
