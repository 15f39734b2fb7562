//! Oneself: name, language, password, and the tokens of one's programs.

mod own;
mod tokens;

use crate::caller::Caller;
use crate::doors::{Doors, Rule};
use crate::error::WebError;
use crate::visit::Visit;

pub(super) fn doors(doors: Doors) -> Doors {
    doors
        .get("/profile", Rule::LoggedIn, own::show)
        .post("/profile", Rule::LoggedIn, own::save)
        .post("/profile/password", Rule::LoggedIn, own::change_password)
        .post("/profile/tokens", Rule::LoggedIn, tokens::make)
        .post("/profile/tokens/{id}/revoke", Rule::LoggedIn, tokens::revoke)
}

/// A token is not its owner: it changes neither their name nor their password, and makes no further tokens.
fn expect_person(visit: &Visit) -> Result<(), WebError> {
    match visit.caller {
        Caller::Person { .. } => Ok(()),
        Caller::Program { .. } => Err(WebError::PeopleOnly),
    }
}
