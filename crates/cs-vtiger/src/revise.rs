//! Changing some fields of a record.

use cs_domain::{FieldName, Fields, RecordRef, Value};
use cs_ports::{Expected, FieldRequests, Guard};
use serde_json::Value as Json;

use crate::answer::Answer;
use crate::client::VtigerClient;
use crate::describe::Described;
use crate::encode::element;
use crate::error::VtigerError;
use crate::look::Seen;
use crate::transport::Request;
use crate::write::Outcome;

/// What orders keep only where they recur: the columns of `vtiger_invoice_recurring_info`.
const RECURRING: [&str; 6] = [
    "recurring_frequency",
    "start_period",
    "end_period",
    "payment_duration",
    "invoicestatus",
    "last_recurring_date",
];

/// The field that says whether an order recurs.
const RECURS: &str = "enable_recurring";

impl VtigerClient {
    /// `Err` only where nothing was written.
    pub(crate) async fn revise_record(
        &self,
        target: &RecordRef,
        changes: &Fields,
        expected: Expected<'_>,
        wanted: &FieldRequests,
    ) -> Result<Outcome, VtigerError> {
        let described = self.described(&target.kind).await?;
        let mut wire = element(&described, changes, &self.server.zone())?;
        let recurs = FieldName::from(RECURS);
        let mut names: Vec<&FieldName> = changes.keys().chain(expected.before.keys()).collect();
        names.extend(of_recurring_orders(&described, changes).map(|_| &recurs));
        let Some(seen) = self.look(&described, &target.id, &names, wanted).await? else {
            return Err(VtigerError::Gone);
        };
        if self.holds(&described, &seen.row, changes) {
            // A revise that changes nothing would still move modifiedtime (trap 13).
            return Ok(Outcome::Applied { record: seen.record, as_sent: true });
        }
        if !self.is_as_expected(&described, &seen, changes, expected, wanted) {
            return Ok(Outcome::Stale);
        }
        self.check_recurring(&described, &seen, changes)?;
        wire.insert("id".to_owned(), Json::String(target.id.to_string()));
        let error = match self.call(Request::revise(&Json::Object(wire))).await {
            Answer::NotDone(error) => return Err(error),
            Answer::Done(_) => None,
            Answer::Unknown(error) => Some(error),
        };
        let back = self.look(&described, &target.id, &names, wanted).await;
        Ok(self.settle(&described, changes, &seen, error, back))
    }

    /// Whether the fields that are to be written hold what they held when it was decided. Where it is not known what one
    /// of them held, the whole record must not have moved. An edit within the second of the last one moves no version, so
    /// the fields are looked at in any case.
    fn is_as_expected(
        &self,
        described: &Described,
        seen: &Seen,
        changes: &Fields,
        expected: Expected<'_>,
        wanted: &FieldRequests,
    ) -> bool {
        let known = changes.keys().all(|name| expected.before.contains_key(name));
        (known || seen.record.version == *expected.version)
            && self.still_holds(described, &seen.row, expected.before, wanted)
    }

    /// Refuses what VTiger would throw away while it says that all is well.
    fn check_recurring(
        &self,
        described: &Described,
        seen: &Seen,
        changes: &Fields,
    ) -> Result<(), VtigerError> {
        let Some(field) = of_recurring_orders(described, changes) else {
            return Ok(());
        };
        let recurs = FieldName::from(RECURS);
        let on = match changes.get(&recurs) {
            Some(sent) => described.column(&recurs)?.fit(sent.clone()).ok(),
            None => self.value_in(described, &seen.row, &recurs, Guard::None),
        };
        if on == Some(Value::Boolean(true)) {
            return Ok(());
        }
        Err(VtigerError::NotRecurring { field: field.clone() })
    }

    /// What a write came to, from what the record holds now.
    fn settle(
        &self,
        described: &Described,
        changes: &Fields,
        before: &Seen,
        error: Option<VtigerError>,
        back: Result<Option<Seen>, VtigerError>,
    ) -> Outcome {
        let holds = |seen: &Seen| self.holds(described, &seen.row, changes);
        match (error, back) {
            (None, Ok(Some(seen))) => {
                self.server.learn(seen.record.version.as_str());
                Outcome::Applied { as_sent: holds(&seen), record: seen.record }
            }
            (None, Ok(None)) => Outcome::Unknown(VtigerError::Gone),
            (None, Err(error)) => Outcome::Unknown(error),
            (Some(_), Ok(Some(seen))) if holds(&seen) => {
                Outcome::Applied { as_sent: true, record: seen.record }
            }
            // The server is done with it, and neither the record nor one of these fields moved.
            (Some(error), Ok(Some(seen))) if error.server_finished() && unmoved(before, &seen, changes) => {
                Outcome::Rejected(error)
            }
            (Some(error), _) => Outcome::Unknown(error),
        }
    }
}

fn unmoved(before: &Seen, after: &Seen, changes: &Fields) -> bool {
    let same = |name: &FieldName| before.row.get(name.as_str()) == after.row.get(name.as_str());
    before.record.version == after.record.version && changes.keys().all(same)
}

/// The first field with a value that only orders that recur keep.
fn of_recurring_orders<'f>(described: &Described, changes: &'f Fields) -> Option<&'f FieldName> {
    let of_order = described.kind().as_str() == "SalesOrder" && described.schema.fields.contains_key(RECURS);
    let kept_by_none =
        |(name, value): &(&FieldName, &Value)| RECURRING.contains(&name.as_str()) && !value.is_empty();
    changes.iter().find(kept_by_none).map(|(name, _)| name).filter(|_| of_order)
}
