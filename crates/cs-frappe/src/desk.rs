//! Telling people at the desk how things come along: a whitelisted method of the site's own passes it on to their browsers,
//! since Frappe lets no one from outside publish there.

use serde_json::{Value as Json, json};

use cs_ports::PeerError;

use crate::client::FrappeClient;
use crate::error::FrappeError;
use crate::transport::Call;

impl FrappeClient {
    /// Calls a whitelisted method with `progress` as its argument.
    ///
    /// # Errors
    /// Where the name is none that a method has, or the site does not do it.
    pub async fn tell_desk(&self, method: &str, progress: &Json) -> Result<(), PeerError> {
        let told = async {
            let call = Call::command(checked(method)?, json!({ "progress": progress }));
            self.transport.send(&call).await.read().map(drop)
        };
        told.await.map_err(|error| error.into_peer("tell the desk"))
    }
}

/// A name like `agency.desk.progress`: it becomes part of an address.
fn checked(method: &str) -> Result<&str, FrappeError> {
    let named =
        |part: &str| !part.is_empty() && part.chars().all(|one| one.is_ascii_alphanumeric() || one == '_');
    if method.split('.').all(named) {
        Ok(method)
    } else {
        Err(FrappeError::Configuration { what: format!("{method:?} is no name of a method") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_methods_become_part_of_an_address() {
        for name in ["agency.desk.progress", "company_sync_progress"] {
            assert_eq!(checked(name).unwrap(), name);
        }
        for name in ["", "a..b", "../resource/User", "a/b", "a?b=c"] {
            assert!(matches!(checked(name), Err(FrappeError::Configuration { .. })), "{name:?}");
        }
    }
}
