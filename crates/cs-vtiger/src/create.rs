//! Creating a record, and finding it again when the answer is lost.
//!
//! The answer's values are not believed ("Values": it echoes what was not stored), only its id. Without an answer, the
//! record is the one that holds the operation's key where a field holds it. Where none does, it is told by its place in
//! time and by everything that was sent: record numbers are given in one ascending sequence, which is the server's own
//! clock in whatever zone, so what this create made lies above the module's highest id before it. Such creates of one
//! client run one after another; what lies there besides was made by others.

use cs_domain::{FieldName, Fields, Kind, OperationKey, RecordId, Value};
use cs_ports::{Criterion, FieldRequests, Guard};
use serde_json::{Map, Value as Json};

use crate::answer::{Answer, Payload};
use crate::client::VtigerClient;
use crate::decode::{self, scalar};
use crate::describe::Described;
use crate::encode::element;
use crate::error::VtigerError;
use crate::look::Seen;
use crate::query::{Columns, Condition, record_page};
use crate::transport::{Request, result};
use crate::write::Outcome;

/// The field that every record must have and nobody maps.
const OWNER: &str = "assigned_user_id";

/// The field that says how an order's taxes are reckoned, and its only value that 8.2.0 creates whole (traps 2 and 4).
const TAX_TYPE: &str = "hdnTaxType";
const GROUP_TAX: &str = "group";

/// How to find the record if the answer is lost.
enum Trace<'f> {
    /// By the field that holds the operation's key.
    Key(&'f FieldName, &'f Value),
    /// By all that was sent, above this id; none: the module was empty.
    Above(Option<RecordId>),
}

impl VtigerClient {
    /// `Err` only where nothing was written.
    pub(crate) async fn create_record(
        &self,
        kind: &Kind,
        fields: &Fields,
        key: &OperationKey,
        wanted: &FieldRequests,
    ) -> Result<Outcome, VtigerError> {
        let described = self.described(kind).await?;
        Columns::wanted(&described, wanted)?;
        let (mut own, item) = split_item(&described, fields);
        with_group_tax(&described, &mut own)?;
        let request = self.creation(&described, &own, &item).await?;
        let holder = own.iter().find(|(_, value)| value.plain() == key.0);
        let (trace, _alone) = if let Some((field, value)) = holder {
            (Trace::Key(field, value), None)
        } else {
            let alone = self.keyless.lock().await;
            (Trace::Above(self.highest_or_none(&described).await?), Some(alone))
        };
        match self.call(request).await {
            Answer::Done(payload) => Ok(self.read_created(&described, &payload, &own, wanted).await),
            Answer::NotDone(error) => Err(self.explain_create(&described, error).await),
            Answer::Unknown(error) => {
                let found = self.trace(&described, &own, &trace, wanted).await;
                let outcome = settled(found, error);
                Ok(if item.is_empty() { outcome } else { self.whole(outcome).await })
            }
        }
    }

    async fn creation(
        &self,
        described: &Described,
        own: &Fields,
        item: &Map<String, Json>,
    ) -> Result<Request, VtigerError> {
        let mut wire = element(described, own, &self.server.zone())?;
        if !item.is_empty() {
            // Mandatory at the top as well, though the items are what counts.
            wire.extend(item.get("productid").map(|id| ("productid".to_owned(), id.clone())));
            wire.insert("LineItems".to_owned(), Json::Array(vec![Json::Object(item.clone())]));
        }
        let owned = described.schema.fields.get(OWNER).is_some_and(|field| field.mandatory);
        if owned && !wire.contains_key(OWNER) {
            wire.insert(OWNER.to_owned(), Json::String(self.identity().await?.user_id));
        }
        Ok(Request::create(described.kind().as_str(), &Json::Object(wire)))
    }

    async fn read_created(
        &self,
        described: &Described,
        payload: &Payload,
        own: &Fields,
        wanted: &FieldRequests,
    ) -> Outcome {
        let id = payload.0.get("id").and_then(scalar);
        let Some(id) = id.filter(|id| decode::id_parts(id).is_some()) else {
            return Outcome::Unknown(VtigerError::Shape { what: "the id of the record it created" });
        };
        let names: Vec<&FieldName> = own.keys().collect();
        match self.look(described, &RecordId::new(id), &names, wanted).await {
            Ok(Some(seen)) => {
                self.server.learn(seen.record.version.as_str());
                Outcome::Applied { as_sent: self.holds(described, &seen.row, own), record: seen.record }
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

    async fn trace(
        &self,
        described: &Described,
        own: &Fields,
        trace: &Trace<'_>,
        wanted: &FieldRequests,
    ) -> Result<Traced, VtigerError> {
        let columns = Columns::of(described, wanted.names().chain(own.keys()))?;
        let rows = match trace {
            Trace::Key(field, value) => {
                let criterion = Criterion { field: (*field).clone(), any_of: vec![(*value).clone()] };
                match Condition::of(described, &criterion, &self.server.zone())? {
                    Some(condition) => self.select(described, &columns, vec![condition]).await?,
                    None => Vec::new(),
                }
            }
            Trace::Above(id) => {
                let after = id.as_ref().map(RecordId::as_str);
                let rows = self.rows(record_page(described, &columns, &[], after, self.page_size)).await?;
                if rows.is_empty() {
                    self.prove(described, &columns).await?;
                }
                rows
            }
        };
        let records = self.records(described, &columns, &rows, wanted).await?;
        let others = rows.len();
        // Beyond a full page there may be more that hold the same.
        let all = matches!(trace, Trace::Key(..)) || others < self.page_size as usize;
        let mut found: Vec<Seen> = rows
            .into_iter()
            .zip(records)
            .map(|(row, record)| Seen { row, record })
            .filter(|seen| match trace {
                // VTiger's comparison ignores case and accents; ours does not.
                Trace::Key(field, value) => self
                    .value_in(described, &seen.row, field, Guard::None)
                    .is_some_and(|held| held.plain() == value.plain()),
                Trace::Above(_) => self.holds(described, &seen.row, own),
            })
            .collect();
        Ok(match (found.pop(), found.is_empty()) {
            (Some(seen), true) if all => {
                Traced::Found { as_sent: self.holds(described, &seen.row, own), seen: Box::new(seen) }
            }
            // What was made by others meanwhile and what VTiger made of ours by some workflow look alike.
            (None, _) if others == 0 || matches!(trace, Trace::Key(..)) => Traced::Nothing,
            _ => Traced::Unclear,
        })
    }

    /// An order that was found where an answer was due may lack its items (trap 4): then it can be queried and not
    /// retrieved, or is retrieved without them.
    async fn whole(&self, outcome: Outcome) -> Outcome {
        let Outcome::Applied { record, as_sent } = outcome else {
            return outcome;
        };
        let id = record.reference.id.clone();
        let request = Request::get("retrieve", vec![("id", id.to_string())]);
        match result(self.call(request).await) {
            Ok(Payload(order)) => match order.get("LineItems").and_then(Json::as_array) {
                Some(items) if !items.is_empty() => Outcome::Applied { record, as_sent },
                _ => Outcome::Unknown(VtigerError::HalfSaved { id }),
            },
            Err(VtigerError::Fault { .. }) => Outcome::Unknown(VtigerError::HalfSaved { id }),
            Err(error) => Outcome::Unknown(error),
        }
    }
}

/// What looking for a record came to.
enum Traced {
    Found {
        seen: Box<Seen>,
        as_sent: bool,
    },
    /// It is not there.
    Nothing,
    /// There are several, or some that may be it.
    Unclear,
}

fn settled(found: Result<Traced, VtigerError>, error: VtigerError) -> Outcome {
    match found {
        Ok(Traced::Found { seen, as_sent }) => Outcome::Applied { record: seen.record, as_sent },
        Ok(Traced::Nothing) if error.server_finished() => Outcome::Rejected(error),
        _ => Outcome::Unknown(error),
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

/// Any other tax type leaves half an order behind.
fn with_group_tax(described: &Described, own: &mut Fields) -> Result<(), VtigerError> {
    if !(described.has_items() && described.schema.fields.contains_key(TAX_TYPE)) {
        return Ok(());
    }
    let given = own.entry(TAX_TYPE.into()).or_insert_with(|| Value::text(GROUP_TAX)).plain();
    if given == GROUP_TAX { Ok(()) } else { Err(VtigerError::TaxType { given }) }
}
