//! Who gets a lease, decided without a database.

use std::time::Duration;

use cs_ports::{Lease, LeaseAnswer, StoreError};
use jiff::Timestamp;

use crate::stamp;

/// A lease as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// By whom; `None` once it was given back.
    pub(crate) holder: Option<String>,
    /// Until when.
    pub(crate) until: Timestamp,
    /// The highest token so far.
    pub(crate) token: i64,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    /// On what.
    pub(crate) name: &'a str,
    /// For whom.
    pub(crate) holder: &'a str,
    /// At what time.
    pub(crate) now: Timestamp,
    /// For how long.
    pub(crate) term: Duration,
}

/// The answer, and what is to be stored where it is yes. Every grant has a token of its own, the one to a holder who
/// has it already included: of two processes that use one name the later shuts out the earlier.
pub(crate) fn decide(held: Option<&Held>, request: Request<'_>) -> (LeaseAnswer, Option<Held>) {
    let now = stamp::cut(request.now);
    if let Some(Held { holder: Some(holder), until, .. }) = held
        && *until > now
        && holder != request.holder
    {
        return (LeaseAnswer::Held { holder: holder.clone(), until: *until }, None);
    }
    let token = held.map_or(0, |held| held.token) + 1;
    let lease = Lease { name: request.name.to_owned(), holder: request.holder.to_owned(), token };
    let until = stamp::cut(stamp::end(now, request.term));
    (LeaseAnswer::Granted(lease), Some(Held { holder: Some(request.holder.to_owned()), until, token }))
}

/// Refuses a lease whose token is not the highest. `highest` is `None` where nobody ever took it.
pub(crate) fn check(highest: Option<i64>, lease: &Lease) -> Result<(), StoreError> {
    if highest == Some(lease.token) {
        Ok(())
    } else {
        Err(StoreError::LeaseLost { name: lease.name.clone() })
    }
}

/// What is left of a lease that was given back: nobody's, with a token that nobody has, so that whoever gave it back
/// is shut out as well.
pub(crate) fn given_back(held: &Held) -> Held {
    Held { holder: None, until: held.until, token: held.token + 1 }
}
