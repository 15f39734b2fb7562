//! Deleting documents.

use cs_domain::{RecordRef, Version};

use crate::client::FrappeClient;
use crate::decode::docstatus;
use crate::error::FrappeError;
use crate::list::text;
use crate::outcome::{Halt, settled};
use crate::transport::Call;

impl FrappeClient {
    /// Frappe's DELETE asks for no version, so it is looked at right before. A document that links to this one, and many
    /// do, makes Frappe refuse (`LinkExistsError`); an answer that is lost, or that says 500 although it is done
    /// (facts/FRAPPE.md, trap 2), is followed by a look.
    pub(crate) async fn delete_document(&self, target: &RecordRef, expected: &Version) -> Result<(), Halt> {
        let (kind, name) = (target.kind.as_str(), target.id.as_str());
        let now = match self.document(&target.kind, name).await {
            Ok(now) => now,
            Err(error) if error.is_missing() => return Ok(()),
            Err(error) => return Err(Halt::NotDone(error)),
        };
        if text(&now, "modified")? != expected.as_str() {
            return Err(Halt::Stale);
        }
        if docstatus(&now) == 1 {
            return Err(Halt::NotDone(FrappeError::Submitted { name: name.to_owned() }));
        }
        match settled(self.transport.send(&Call::delete(kind, name)?).await) {
            Ok(_) => Ok(()),
            Err(Halt::NotDone(error)) if error.is_missing() => Ok(()),
            Err(Halt::Unknown(error)) => match self.document(&target.kind, name).await {
                Err(look) if look.is_missing() => Ok(()),
                Ok(_) => Err(Halt::unseen(error)),
                // The first error is the one that tells what happened.
                Err(_) => Err(Halt::Unknown(error)),
            },
            Err(halt) => Err(halt),
        }
    }
}
