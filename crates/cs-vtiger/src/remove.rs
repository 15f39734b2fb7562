//! Deleting a record. VTiger's deletes are soft, and a deleted record looks like one that this user may not see
//! (facts/VTIGER.md, "Query language"): so "not to be seen" counts as gone only while other records of the module are.

use cs_domain::{FieldName, Fields, Record, RecordRef, Version};
use cs_ports::{Expected, FieldRequests, Removal};

use crate::answer::Answer;
use crate::client::VtigerClient;
use crate::describe::Described;
use crate::error::VtigerError;
use crate::query::any;
use crate::transport::Request;

impl VtigerClient {
    pub(crate) async fn remove_record(&self, target: &RecordRef, expected: Expected<'_>) -> Removal {
        let operation = format!("delete {}", target.kind);
        let told = |error: VtigerError| error.into_peer(operation.as_str());
        let described = match self.described(&target.kind).await {
            Ok(described) => described,
            Err(error) => return Removal::Rejected(told(error)),
        };
        match self.as_it_is(&described, target, expected.before).await {
            // Two edits within one second have one version, so what the record holds counts as well.
            Ok(Some(now)) if now.version == *expected.version && holds(&now, expected.before) => {}
            Ok(Some(_)) => return Removal::Stale,
            Ok(None) => {
                // Nothing was sent, so nothing was deleted by us; whether somebody else did it shows the witness.
                return match self.witness(&described).await {
                    Ok(()) => Removal::Gone,
                    Err(error) => Removal::Unknown(told(error)),
                };
            }
            Err(error) => return Removal::Rejected(told(error)),
        }
        let answer = self.call(Request::delete(target.id.as_str())).await;
        self.judge_removal(&described, target, expected.version, answer, &told).await
    }

    async fn judge_removal(
        &self,
        described: &Described,
        target: &RecordRef,
        expected: &Version,
        answer: Answer,
        told: &(dyn Fn(VtigerError) -> cs_ports::PeerError + Sync),
    ) -> Removal {
        let now = self.version_now(described, target).await;
        match (answer, now) {
            (Answer::Done(_), Ok(None)) => Removal::Gone,
            (Answer::Done(_), Ok(Some(_))) => Removal::Unknown(told(VtigerError::StillThere)),
            (Answer::NotDone(error), Ok(Some(_)) | Err(_)) => Removal::Rejected(told(error)),
            (Answer::Unknown(error), Ok(Some(version)))
                if version == *expected && error.server_finished() =>
            {
                Removal::Rejected(told(error))
            }
            // Somebody else was quicker, or the right to see it was lost; or it was us and the answer is lost.
            (Answer::NotDone(_) | Answer::Unknown(_), Ok(None)) => match self.witness(described).await {
                Ok(()) => Removal::Gone,
                Err(error) => Removal::Unknown(told(error)),
            },
            (Answer::Unknown(error), _) | (Answer::Done(_), Err(error)) => Removal::Unknown(told(error)),
        }
    }

    async fn as_it_is(
        &self,
        described: &Described,
        target: &RecordRef,
        before: &Fields,
    ) -> Result<Option<Record>, VtigerError> {
        let none: [&FieldName; 0] = [];
        let wanted = FieldRequests::plain(before.keys().cloned());
        Ok(self.look(described, &target.id, &none, &wanted).await?.map(|seen| seen.record))
    }

    async fn version_now(
        &self,
        described: &Described,
        target: &RecordRef,
    ) -> Result<Option<Version>, VtigerError> {
        let none: [&FieldName; 0] = [];
        let seen = self.look(described, &target.id, &none, &FieldRequests::default()).await?;
        Ok(seen.map(|seen| seen.record.version))
    }

    /// That this user sees other records of the module, right now.
    async fn witness(&self, described: &Described) -> Result<(), VtigerError> {
        let any = self.rows(any(described.kind())).await?;
        if any.is_empty() { Err(VtigerError::Unseen { kind: described.kind().clone() }) } else { Ok(()) }
    }
}

/// Whether the record holds all of this still.
fn holds(now: &Record, before: &Fields) -> bool {
    before.iter().all(|(field, value)| now.get(field) == Some(value))
}
