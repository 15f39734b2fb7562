//! Changing records, one at a time, and finding out what became of it.
//!
//! VTiger has no check of versions on writes, its answers to writes cannot be believed (facts/VTIGER.md, traps 4 and
//! 5, "Values"), and only `revise` leaves alone what is not named (traps 3 and 6). So: look right before, write, read
//! back. A change that falls between our look and our write goes unnoticed there, as it would by any client of this
//! server; `revise` of other fields loses none of it (40 concurrent ones were tried).
//!
//! What `revise` does change by itself: `modifiedtime` and `modifiedby` of every record, and of an order that does not
//! recur the fields of `vtiger_invoice_recurring_info`, `invoicestatus` among them, whose row VTiger throws away with
//! every save. Sending the old value along does not keep it: recording 259 sent `invoicestatus` and got it back empty.

use async_trait::async_trait;
use cs_domain::{Fields, Kind, OperationKey, Record, RecordRef, Version};
use cs_ports::{Expected, FieldRequests, Removal, WriteOutcome, Writer, Written};

use crate::client::VtigerClient;
use crate::error::VtigerError;

/// What became of a write, in this crate's own errors.
pub(crate) enum Outcome {
    /// The record as read back, and whether every written field came back as it was sent. Where one did not, either
    /// VTiger changed it on its way or somebody else did right after; its answers do not tell which.
    Applied {
        record: Record,
        as_sent: bool,
    },
    Stale,
    Rejected(VtigerError),
    Unknown(VtigerError),
}

impl Outcome {
    fn into_port(self, operation: &str) -> WriteOutcome {
        match self {
            Self::Applied { record, as_sent } => {
                WriteOutcome::Applied(Written { record, untouched: as_sent })
            }
            Self::Stale => WriteOutcome::Stale,
            Self::Rejected(error) => WriteOutcome::Rejected(error.into_peer(operation)),
            Self::Unknown(error) => WriteOutcome::Unknown(error.into_peer(operation)),
        }
    }
}

#[async_trait]
impl Writer for VtigerClient {
    async fn create(
        &self,
        kind: &Kind,
        fields: &Fields,
        key: &OperationKey,
        wanted: &FieldRequests,
    ) -> WriteOutcome {
        let outcome = self.create_record(kind, fields, key, wanted).await;
        outcome.unwrap_or_else(Outcome::Rejected).into_port(&format!("create {kind}"))
    }

    async fn update(
        &self,
        target: &RecordRef,
        changes: &Fields,
        expected: Expected<'_>,
        wanted: &FieldRequests,
    ) -> WriteOutcome {
        let outcome = self.revise_record(target, changes, expected, wanted).await;
        outcome.unwrap_or_else(Outcome::Rejected).into_port(&format!("revise {}", target.kind))
    }

    async fn delete(&self, target: &RecordRef, expected: Expected<'_>) -> Removal {
        self.remove_record(target, expected).await
    }

    async fn amend(
        &self,
        target: &RecordRef,
        _changes: &Fields,
        _expected: &Version,
        _wanted: &FieldRequests,
    ) -> WriteOutcome {
        let error = VtigerError::NoAmending { kind: target.kind.clone() };
        WriteOutcome::Rejected(error.into_peer(format!("amend {}", target.kind)))
    }
}
