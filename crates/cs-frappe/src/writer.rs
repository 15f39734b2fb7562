//! Writing documents, one at a time.
//!
//! What is read back, and why: a POST echoes what was sent rather than what is stored (facts/FRAPPE.md, "Reading"), so a
//! created document is always read. A PUT answers the document as it was loaded, changed, validated and written; of
//! single fields that is what a GET shows afterwards (fixtures/frappe: `custom_field_values` and `v2_get`,
//! `webhook_contact_update` and `fault_db_recovered`), also of one that was not applied
//! (`so_put_after_submit_delivery_date`), so its answer is taken. Of child rows it is not (trap 4), so a document whose
//! tables were written is read.

use async_trait::async_trait;
use cs_domain::{Fields, Kind, OperationKey, Record, RecordRef, Value, Version};
use cs_ports::{Expected, FieldRequests, Removal, WriteOutcome, Writer, Written};
use serde_json::{Value as Json, json};

use crate::answer::{Notice, Payload};
use crate::client::FrappeClient;
use crate::decode::{Tables, Wire, docstatus};
use crate::encode::{Encoder, Purpose};
use crate::error::FrappeError;
use crate::list::text;
use crate::outcome::{Halt, settled};
use crate::reader::Reading;
use crate::schema::{DocSchema, Form};
use crate::transport::Call;
use crate::zone::SiteZone;

#[async_trait]
impl Writer for FrappeClient {
    async fn create(
        &self,
        kind: &Kind,
        fields: &Fields,
        key: &OperationKey,
        wanted: &FieldRequests,
    ) -> WriteOutcome {
        tracing::debug!(%kind, key = key.0, "create");
        let outcome = self.create_document(kind, fields, wanted).await;
        outcome.unwrap_or_else(|halt| halt.outcome(&format!("create {kind}")))
    }

    async fn update(
        &self,
        target: &RecordRef,
        changes: &Fields,
        expected: Expected<'_>,
        wanted: &FieldRequests,
    ) -> WriteOutcome {
        let outcome = self.update_document(target, changes, expected.version, wanted).await;
        outcome.unwrap_or_else(|halt| halt.outcome(&format!("update {}", target.kind)))
    }

    async fn delete(&self, target: &RecordRef, expected: Expected<'_>) -> Removal {
        match self.delete_document(target, expected.version).await {
            Ok(()) => Removal::Gone,
            Err(halt) => halt.removal(&format!("delete {}", target.kind)),
        }
    }

    async fn amend(
        &self,
        target: &RecordRef,
        changes: &Fields,
        expected: &Version,
        wanted: &FieldRequests,
    ) -> WriteOutcome {
        let outcome = self.amend_document(target, changes, expected, wanted).await;
        outcome.unwrap_or_else(|halt| halt.outcome(&format!("amend {}", target.kind)))
    }
}

/// A write, prepared as far as the site's description allows.
pub(crate) struct Prepared<'a> {
    pub(crate) schema: &'a DocSchema,
    pub(crate) tables: &'a Tables,
    pub(crate) zone: Option<&'a SiteZone>,
}

impl Prepared<'_> {
    pub(crate) fn encoder(&self, purpose: Purpose) -> Encoder<'_> {
        Encoder { schema: self.schema, tables: self.tables, zone: self.zone, purpose }
    }

    pub(crate) fn record(&self, wire: &Wire, wanted: &FieldRequests) -> Result<Record, FrappeError> {
        let reading = Reading { schema: self.schema, tables: self.tables, zone: self.zone, wanted };
        reading.record(wire)
    }

    /// The fields that hold something else than what was sent.
    pub(crate) fn not_applied(
        &self,
        wire: &Wire,
        sent: &Fields,
        purpose: Purpose,
    ) -> Result<Vec<String>, FrappeError> {
        let stored = self.record(wire, &FieldRequests::plain(sent.keys().cloned()))?;
        let fields = self.encoder(purpose).not_applied(sent, &stored.fields);
        Ok(fields.iter().map(ToString::to_string).collect())
    }
}

impl FrappeClient {
    async fn create_document(
        &self,
        kind: &Kind,
        fields: &Fields,
        wanted: &FieldRequests,
    ) -> Result<WriteOutcome, Halt> {
        let schema = self.doc_schema(kind).await?;
        let tables = self.tables(&schema, fields.keys().chain(wanted.names())).await?;
        let prepared = Prepared {
            schema: &schema,
            tables: &tables,
            zone: self.zone_of_write(&schema, &tables, fields, wanted).await?,
        };
        let body = prepared.encoder(Purpose::Create).document(fields)?;
        let call = Call::create(kind.as_str(), Json::Object(body))?;
        let created = settled(self.transport.send(&call).await)?;
        tell(kind, &created.notices);
        self.read_back(&prepared, &created, fields, wanted).await.map(WriteOutcome::Applied)
    }

    /// A document that was just made, as it is stored. It exists: what fails now leaves its state unknown, not itself
    /// undone.
    pub(crate) async fn read_back(
        &self,
        prepared: &Prepared<'_>,
        created: &Payload,
        sent: &Fields,
        wanted: &FieldRequests,
    ) -> Result<Written, Halt> {
        let kind = &prepared.schema.kind.kind;
        let read = async {
            let stored = self.document(kind, &named(created)?).await?;
            let missing = prepared.not_applied(&stored, sent, Purpose::Create)?;
            if !missing.is_empty() {
                tracing::warn!(%kind, fields = ?missing, "Frappe stored something else in a new document");
            }
            Ok(Written {
                untouched: stored.get("modified") == created.value.get("modified"),
                record: prepared.record(&stored, wanted)?,
            })
        };
        read.await.map_err(Halt::Unknown)
    }

    async fn update_document(
        &self,
        target: &RecordRef,
        changes: &Fields,
        expected: &Version,
        wanted: &FieldRequests,
    ) -> Result<WriteOutcome, Halt> {
        let (kind, name) = (&target.kind, target.id.as_str());
        let schema = self.doc_schema(kind).await?;
        let tables = self.tables(&schema, changes.keys().chain(wanted.names())).await?;
        let prepared = Prepared {
            schema: &schema,
            tables: &tables,
            zone: self.zone_of_write(&schema, &tables, changes, wanted).await?,
        };
        if changes.is_empty() {
            // A PUT that changes nothing would still move `modified` and look like an edit.
            let record = prepared.record(&self.document(kind, name).await?, wanted)?;
            return if record.version == *expected {
                Ok(WriteOutcome::Applied(Written { record, untouched: true }))
            } else {
                Err(Halt::Stale)
            };
        }
        let mut body = prepared.encoder(Purpose::Update).document(changes)?;
        body.insert("modified".to_owned(), json!(expected));
        let call = Call::update(kind.as_str(), name, Json::Object(body))?;
        let updated = settled(self.transport.send(&call).await)?;
        tell(kind, &updated.notices);
        let answered = updated.value.get("modified").cloned();
        let stored = if writes_rows(&schema, changes) {
            self.document(kind, name).await.map_err(Halt::Unknown)?
        } else {
            object(updated).map_err(Halt::Unknown)?
        };
        let untouched = stored.get("modified") == answered.as_ref();
        let fields = prepared.not_applied(&stored, changes, Purpose::Update).map_err(Halt::Unknown)?;
        if !fields.is_empty() {
            return Err(Halt::NotDone(FrappeError::NotApplied {
                fields,
                submitted: docstatus(&stored) == 1,
            }));
        }
        let record = prepared.record(&stored, wanted).map_err(Halt::Unknown)?;
        Ok(WriteOutcome::Applied(Written { record, untouched }))
    }

    /// A document as a GET tells it, NULL fields left out.
    pub(crate) async fn document(&self, kind: &Kind, name: &str) -> Result<Wire, FrappeError> {
        object(self.transport.read(&Call::document(kind.as_str(), name)?).await?)
    }

    pub(crate) async fn zone_of_write(
        &self,
        schema: &DocSchema,
        tables: &Tables,
        fields: &Fields,
        wanted: &FieldRequests,
    ) -> Result<Option<&SiteZone>, FrappeError> {
        let mut all = FieldRequests::plain(fields.keys().cloned());
        all.0.extend(wanted.0.iter().cloned());
        self.zone_for(schema, tables, &all).await
    }
}

fn object(payload: Payload) -> Result<Wire, FrappeError> {
    match payload.value {
        Json::Object(document) => Ok(document),
        _ => Err(FrappeError::Shape { what: "a document" }),
    }
}

pub(crate) fn named(payload: &Payload) -> Result<String, FrappeError> {
    match &payload.value {
        Json::Object(document) => text(document, "name"),
        _ => Err(FrappeError::Shape { what: "a document" }),
    }
}

fn writes_rows(schema: &DocSchema, changes: &Fields) -> bool {
    changes.iter().any(|(name, value)| {
        matches!(value, Value::Rows(_)) || matches!(schema.field(name), Ok((_, Form::Rows(_))))
    })
}

/// Notices are for whoever looks for duplicates; they quote names, never values.
pub(crate) fn tell(kind: &Kind, notices: &[Notice]) {
    for notice in notices {
        match notice {
            Notice::NameTaken { wanted, given } => {
                tracing::info!(%kind, wanted, given, "a document of this name exists: Frappe gave the new one another");
            }
            Notice::Told(message) => tracing::debug!(%kind, message, "Frappe says"),
        }
    }
}
