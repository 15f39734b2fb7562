//! Changing records, one at a time, and finding out what became of it.
//!
//! VTiger has no check of versions on writes, its answers to writes cannot be believed (facts/VTIGER.md, traps 4 and
//! 5, "Values"), and only `revise` leaves alone what is not named (traps 3 and 6). So: read right before, revise, read
//! back. Two changes within one second carry one `modifiedtime`; one that falls between our look and our write within
//! the same second goes unnoticed there, as it would by any client of this server.

use async_trait::async_trait;
use cs_domain::{FieldName, Fields, Kind, OperationKey, Record, RecordId, RecordRef, Value, Version};
use cs_ports::{Criterion, Expected, FieldRequests, PeerError, Removal, WriteOutcome, Writer, Written};
use serde_json::{Map, Value as Json};

use crate::answer::{Answer, Payload};
use crate::client::{VtigerClient, Wire};
use crate::decode::{self, scalar};
use crate::describe::Described;
use crate::encode::element;
use crate::error::VtigerError;
use crate::query::{Columns, Condition};
use crate::transport::Request;

/// The field that every record must have and nobody maps.
const OWNER: &str = "assigned_user_id";

/// What became of a write, in this crate's own errors.
enum Outcome {
    Applied(Record),
    Stale,
    Rejected(VtigerError),
    Unknown(VtigerError),
}

impl Outcome {
    fn into_port(self, operation: &str) -> WriteOutcome {
        match self {
            Self::Applied(record) => WriteOutcome::Applied(Written { record, untouched: false }),
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
        let outcome = self.revise_record(target, changes, expected.version, wanted).await;
        outcome.unwrap_or_else(Outcome::Rejected).into_port(&format!("revise {}", target.kind))
    }

    async fn delete(&self, target: &RecordRef, _expected: &Version) -> Removal {
        Removal::Rejected(self.cannot_amend(target))
    }

    async fn amend(
        &self,
        target: &RecordRef,
        _changes: &Fields,
        _expected: &Version,
        _wanted: &FieldRequests,
    ) -> WriteOutcome {
        WriteOutcome::Rejected(self.cannot_amend(target))
    }
}

impl VtigerClient {
    fn cannot_amend(&self, target: &RecordRef) -> PeerError {
        VtigerError::NoAmending { kind: target.kind.clone() }.into_peer(format!("amend {}", target.kind))
    }

    /// `Err` only where nothing was written.
    async fn create_record(
        &self,
        kind: &Kind,
        fields: &Fields,
        key: &OperationKey,
        wanted: &FieldRequests,
    ) -> Result<Outcome, VtigerError> {
        let described = self.described(kind).await?;
        Columns::wanted(&described, wanted)?;
        let (own, item) = split_item(&described, fields);
        let mut wire = element(&described, &own, &self.server.zone())?;
        if !item.is_empty() {
            // Mandatory at the top as well, though the items are what counts.
            wire.extend(item.get("productid").map(|id| ("productid".to_owned(), id.clone())));
            wire.insert("LineItems".to_owned(), Json::Array(vec![Json::Object(item)]));
        }
        if !wire.contains_key(OWNER)
            && described.schema.fields.get(OWNER).is_some_and(|field| field.mandatory)
        {
            wire.insert(OWNER.to_owned(), Json::String(self.identity().await?.user_id));
        }
        match self.call(Request::create(kind.as_str(), &Json::Object(wire))).await {
            Answer::Done(payload) => Ok(self.read_created(&described, &payload, wanted).await),
            Answer::NotDone(error) => Err(self.explain_create(&described, error).await),
            Answer::Unknown(error) => Ok(self.look_for_created(&described, fields, key, wanted, error).await),
        }
    }

    /// The answer's values are not believed, only its id.
    async fn read_created(
        &self,
        described: &Described,
        payload: &Payload,
        wanted: &FieldRequests,
    ) -> Outcome {
        let id = payload.0.get("id").and_then(scalar);
        let Some(id) = id.filter(|id| decode::id_parts(id).is_some()) else {
            return Outcome::Unknown(VtigerError::Shape { what: "the id of the record it created" });
        };
        match self.look(described, &RecordId::new(id), &[], wanted).await {
            Ok(Some((_, record))) => {
                self.server.learn(record.version.as_str());
                Outcome::Applied(record)
            }
            Ok(None) => Outcome::Unknown(VtigerError::Gone),
            Err(error) => Outcome::Unknown(error),
        }
    }

    /// 8.3.0 refuses every order by blaming an id (trap 2); all ids sent had an id's form.
    async fn explain_create(&self, described: &Described, error: VtigerError) -> VtigerError {
        let blames_id = matches!(&error, VtigerError::Refused { code, .. } if code == "INVALID_ID_ATTRIBUTE");
        if !(blames_id && described.has_items()) {
            return error;
        }
        let version = match self.identity().await {
            Ok(identity) => identity.version,
            Err(_) => "of an unknown version".to_owned(),
        };
        VtigerError::Unsupported {
            version,
            what: format!("create records of {} through its web service", described.kind()),
            source: Box::new(error),
        }
    }

    /// After an answer that says nothing: the record is there if one holds the operation's key.
    async fn look_for_created(
        &self,
        described: &Described,
        fields: &Fields,
        key: &OperationKey,
        wanted: &FieldRequests,
        error: VtigerError,
    ) -> Outcome {
        let holder = fields.iter().find(|(_, value)| value.plain() == key.0);
        let Some((field, value)) = holder else {
            return Outcome::Unknown(error);
        };
        let criterion = Criterion { field: field.clone(), any_of: vec![value.clone()] };
        match self.find_all(described.kind(), &[criterion], wanted).await {
            Ok(mut records) if records.len() == 1 => match records.pop() {
                Some(record) => Outcome::Applied(record),
                None => Outcome::Unknown(error),
            },
            Ok(records) if records.is_empty() && error.server_finished() => Outcome::Rejected(error),
            _ => Outcome::Unknown(error),
        }
    }

    /// `Err` only where nothing was written.
    async fn revise_record(
        &self,
        target: &RecordRef,
        changes: &Fields,
        expected: &Version,
        wanted: &FieldRequests,
    ) -> Result<Outcome, VtigerError> {
        let described = self.described(&target.kind).await?;
        let mut wire = element(&described, changes, &self.server.zone())?;
        let changed: Vec<FieldName> = changes.keys().cloned().collect();
        let Some((now, record)) = self.look(&described, &target.id, &changed, wanted).await? else {
            return Err(VtigerError::Gone);
        };
        if record.version != *expected {
            return Ok(Outcome::Stale);
        }
        if self.holds(&described, &now, changes) {
            // A revise that changes nothing would still move modifiedtime (trap 13).
            return Ok(Outcome::Applied(record));
        }
        wire.insert("id".to_owned(), Json::String(target.id.to_string()));
        let error = match self.call(Request::revise(&Json::Object(wire))).await {
            Answer::NotDone(error) => return Err(error),
            Answer::Done(_) => None,
            Answer::Unknown(error) => Some(error),
        };
        let back = self.look(&described, &target.id, &changed, wanted).await;
        Ok(self.settle(&described, changes, expected, error, back))
    }

    /// What a write came to, from what the record holds now.
    fn settle(
        &self,
        described: &Described,
        changes: &Fields,
        expected: &Version,
        error: Option<VtigerError>,
        back: Result<Option<(Wire, Record)>, VtigerError>,
    ) -> Outcome {
        match (error, back) {
            (None, Ok(Some((_, record)))) => {
                self.server.learn(record.version.as_str());
                Outcome::Applied(record)
            }
            (None, Ok(None)) => Outcome::Unknown(VtigerError::Gone),
            (None, Err(error)) => Outcome::Unknown(error),
            (Some(error), Ok(Some((now, record)))) => {
                if self.holds(described, &now, changes) {
                    Outcome::Applied(record)
                } else if record.version == *expected && error.server_finished() {
                    Outcome::Rejected(error)
                } else {
                    Outcome::Unknown(error)
                }
            }
            (Some(error), _) => Outcome::Unknown(error),
        }
    }

    /// A record as it is now: as it came, for comparing within this module, and as it may leave.
    async fn look(
        &self,
        described: &Described,
        id: &RecordId,
        also: &[FieldName],
        wanted: &FieldRequests,
    ) -> Result<Option<(Wire, Record)>, VtigerError> {
        let columns = Columns::of(described, wanted.names().chain(also))?;
        let condition = Condition::ids(described, std::slice::from_ref(id))?;
        let rows = self.select(described, &columns, vec![condition]).await?;
        let records = self.records(described, &columns, &rows, wanted).await?;
        Ok(rows.into_iter().zip(records).next())
    }

    /// Whether a row holds these values, each as its field understands it.
    fn holds(&self, described: &Described, row: &Map<String, Json>, values: &Fields) -> bool {
        let zone = self.server.zone();
        values.iter().all(|(name, value)| {
            let Ok(field) = described.column(name) else {
                return false;
            };
            let raw = row.get(name.as_str()).and_then(scalar);
            let held = decode::value(field, raw.as_deref(), cs_ports::Guard::None, &zone, self);
            let Ok(sent) = field.fit(value.clone()) else {
                return false;
            };
            held == sent || held.plain() == sent.plain() || (is_off(&held) && sent == Value::Empty)
        })
    }
}

/// A new order needs one line item; it is the only one this crate ever sends (to a record that is there, items are
/// destruction: trap 3). Its columns stand among the fields of the create, by their API names.
fn split_item(described: &Described, fields: &Fields) -> (Fields, Map<String, Json>) {
    const OF_THE_ITEM: [&str; 4] = ["productid", "quantity", "listprice", "comment"];
    let (item, own): (Fields, Fields) = fields
        .clone()
        .into_iter()
        .partition(|(name, _)| described.has_items() && OF_THE_ITEM.contains(&name.as_str()));
    let mut item: Map<String, Json> =
        item.into_iter().map(|(name, value)| (name.to_string(), Json::String(value.plain()))).collect();
    if !item.is_empty() && !item.contains_key("quantity") {
        item.insert("quantity".to_owned(), Json::String("1".to_owned()));
    }
    (own, item)
}

/// A cleared checkbox is one that is off.
fn is_off(value: &Value) -> bool {
    matches!(value, Value::Boolean(false))
}
