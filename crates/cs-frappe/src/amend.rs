//! Amending a submitted document: it is cancelled, and a copy with the changes is submitted under a name of its own
//! (facts/FRAPPE.md, "Writing"). The copy holds what Frappe's own *Amend* copies.
//!
//! Two requests cannot be one transaction, so what can be known to fail is found out before the first, and between the two
//! nothing is kept in memory that cannot be read again: amending a cancelled document goes on where it stopped.
//!
//! A unique field, the external id above all, can be held by one document only, and Frappe changes nothing in a cancelled
//! one ("Cannot edit cancelled document"). So the cancelling request itself makes room: it leaves the value in the field,
//! marked with the document's name, and from there the copy gets it, whenever it is made. (A cancelling save is not
//! validated, but written whole.)

use cs_domain::{FieldName, Fields, RecordRef, Value, Version};
use cs_ports::{FieldRequests, WriteOutcome, Written};
use serde_json::{Value as Json, json};

use crate::client::FrappeClient;
use crate::decode::{Tables, Wire, docstatus};
use crate::encode::Purpose;
use crate::error::FrappeError;
use crate::list::{ListQuery, text};
use crate::outcome::{Halt, settled};
use crate::refusal::Class;
use crate::schema::{DocSchema, Form};
use crate::transport::Call;
use crate::writer::{Prepared, tell};

/// An amendment under way.
struct Amendment<'a> {
    prepared: Prepared<'a>,
    target: &'a RecordRef,
    changes: &'a Fields,
    wanted: &'a FieldRequests,
}

/// A document that was made from the target.
struct Successor {
    name: String,
    docstatus: i64,
}

impl FrappeClient {
    pub(crate) async fn amend_document(
        &self,
        target: &RecordRef,
        changes: &Fields,
        expected: &Version,
        wanted: &FieldRequests,
    ) -> Result<WriteOutcome, Halt> {
        let name = target.id.as_str();
        let schema = self.doc_schema(&target.kind).await?;
        let before = self.document(&target.kind, name).await?;
        let copied = schema.amended_fields().map(|(name, _)| name);
        let tables = self.tables(&schema, copied.chain(changes.keys()).chain(wanted.names())).await?;
        let zone = self.zone_of_write(&schema, &tables, changes, wanted).await?;
        let prepared = Prepared { schema: &schema, tables: &tables, zone };
        let amendment = Amendment { prepared, target, changes, wanted };
        let copy = amendment.copy(&before)?;
        match docstatus(&before) {
            1 if text(&before, "modified")? != expected.as_str() => return Err(Halt::Stale),
            1 => self.cancel(&amendment, &before, expected).await?,
            2 => {
                self.expect_own_cancel(&before, expected).await?;
                if let Some(written) = self.amended_already(&amendment).await? {
                    return Ok(WriteOutcome::Applied(written));
                }
            }
            _ => return Err(FrappeError::NotSubmitted { name: name.to_owned() }.into()),
        }
        let half = |source| FrappeError::HalfAmended { name: name.to_owned(), source: Box::new(source) };
        match self.submit_copy(&amendment, copy).await {
            Ok(written) => Ok(WriteOutcome::Applied(written)),
            Err(halt) => Err(halt.because(half)),
        }
    }

    /// A document that is cancelled already was so by us, in an attempt that broke off, or the decision to amend it was
    /// made on it as it is. Otherwise somebody wanted it cancelled.
    async fn expect_own_cancel(&self, before: &Wire, expected: &Version) -> Result<(), Halt> {
        if text(before, "modified")? == expected.as_str() {
            return Ok(());
        }
        let by = before.get("modified_by").and_then(Json::as_str).unwrap_or_default();
        if by.eq_ignore_ascii_case(self.user().await?) { Ok(()) } else { Err(Halt::Stale) }
    }

    async fn cancel(&self, amendment: &Amendment<'_>, before: &Wire, expected: &Version) -> Result<(), Halt> {
        let target = amendment.target;
        let mut body = parked(amendment.prepared.schema, before, target.id.as_str())?;
        body.insert("docstatus".to_owned(), json!(2));
        body.insert("modified".to_owned(), json!(expected));
        let call = Call::update(target.kind.as_str(), target.id.as_str(), Json::Object(body))?;
        match settled(self.transport.send(&call).await) {
            Ok(payload) => {
                tell(&target.kind, &payload.notices);
                Ok(())
            }
            Err(Halt::Unknown(error)) => match self.document(&target.kind, target.id.as_str()).await {
                Ok(now) if docstatus(&now) == 2 => Ok(()),
                Ok(_) => Err(Halt::unseen(error)),
                Err(_) => Err(Halt::Unknown(error)),
            },
            Err(halt) => Err(halt),
        }
    }

    async fn submit_copy(&self, amendment: &Amendment<'_>, copy: Wire) -> Result<Written, Halt> {
        let kind = &amendment.target.kind;
        let call = Call::create(kind.as_str(), Json::Object(copy))?;
        match settled(self.transport.send(&call).await) {
            Ok(created) => {
                tell(kind, &created.notices);
                self.read_back(&amendment.prepared, &created, amendment.changes, amendment.wanted).await
            }
            Err(Halt::Unknown(error)) => match self.amended_already(amendment).await {
                Ok(Some(written)) => Ok(written),
                Ok(None) => Err(Halt::unseen(error)),
                Err(halt @ Halt::NotDone(FrappeError::AmendedElsewhere { .. })) => Err(halt),
                Err(_) => Err(Halt::Unknown(error)),
            },
            // The name that the copy would have had, or the external id, is taken: by an attempt whose answer was lost.
            Err(Halt::NotDone(error)) if is_taken(&error) => match self.amended_already(amendment).await? {
                Some(written) => Ok(written),
                None => Err(Halt::NotDone(error)),
            },
            Err(halt) => Err(halt),
        }
    }

    /// The amended document where there is one; it must hold the changes and be submitted, or it is somebody else's.
    async fn amended_already(&self, amendment: &Amendment<'_>) -> Result<Option<Written>, Halt> {
        let target = amendment.target;
        let Some(found) = self.successor(target).await? else {
            return Ok(None);
        };
        let stored = self.document(&target.kind, &found.name).await?;
        let prepared = &amendment.prepared;
        let missing = prepared.not_applied(&stored, amendment.changes, Purpose::Create)?;
        if found.docstatus != 1 || !missing.is_empty() {
            let name = target.id.to_string();
            return Err(FrappeError::AmendedElsewhere { name, successor: found.name }.into());
        }
        let record = prepared.record(&stored, amendment.wanted)?;
        Ok(Some(Written { record, untouched: false }))
    }

    async fn successor(&self, target: &RecordRef) -> Result<Option<Successor>, FrappeError> {
        let query = ListQuery {
            doctype: target.kind.clone(),
            fields: vec!["name".to_owned(), "docstatus".to_owned()],
            filters: vec![json!(["amended_from", "=", target.id])],
            or_filters: Vec::new(),
            order_by: "creation desc".to_owned(),
            limit: 1,
            parent: None,
        };
        let rows = query.fetch(&self.transport).await?;
        let successor = |row: &Wire| Ok(Successor { name: text(row, "name")?, docstatus: docstatus(row) });
        rows.first().map(successor).transpose()
    }
}

impl Amendment<'_> {
    /// The amended document as it is to be sent.
    fn copy(&self, before: &Wire) -> Result<Wire, FrappeError> {
        let Prepared { schema, tables, .. } = &self.prepared;
        let name = self.target.id.as_str();
        let mut copy = Wire::new();
        for (field, form) in schema.amended_fields() {
            if let Some(value) = before.get(field.as_str()) {
                copy.insert(field.to_string(), copied(form, value, tables));
            }
        }
        for field in unique(schema) {
            if let Some(Json::String(value)) = copy.get_mut(field.as_str()) {
                *value = unmarked(value, name).to_owned();
            }
        }
        copy.extend(self.prepared.encoder(Purpose::Create).document(self.changes)?);
        copy.insert("amended_from".to_owned(), json!(name));
        copy.insert("docstatus".to_owned(), json!(1));
        Ok(copy)
    }
}

/// Whether the site says that there is such a document already.
fn is_taken(error: &FrappeError) -> bool {
    matches!(error, FrappeError::Refused { class: Class::Duplicate | Class::Unique, .. })
}

/// A value as it stands in the document; rows without their names, which are the old document's (facts/FRAPPE.md, trap 4).
fn copied(form: &Form, value: &Json, tables: &Tables) -> Json {
    let (Form::Rows(kind), Json::Array(rows)) = (form, value) else {
        return value.clone();
    };
    let Some(table) = tables.get(kind) else {
        return value.clone();
    };
    let row = |row: &Wire| -> Wire {
        let columns = table.amended_fields();
        columns.filter_map(|(name, _)| Some((name.to_string(), row.get(name.as_str())?.clone()))).collect()
    };
    rows.iter().filter_map(Json::as_object).map(|wire| Json::Object(row(wire))).collect()
}

fn unique(schema: &DocSchema) -> impl Iterator<Item = &FieldName> {
    schema.kind.fields.values().filter(|field| field.unique).map(|field| &field.name)
}

/// The unique fields as the cancelled document is to hold them.
fn parked(schema: &DocSchema, before: &Wire, name: &str) -> Result<Wire, FrappeError> {
    let mut parked = Wire::new();
    for field in unique(schema) {
        let value = match before.get(field.as_str()) {
            None | Some(Json::Null) => continue,
            Some(Json::String(value)) if value.is_empty() => continue,
            Some(value) => value,
        };
        let unmovable = || FrappeError::Unmovable { field: field.clone() };
        let (described, form) = schema.field(field)?;
        let (Json::String(value), Form::Text) = (value, form) else {
            return Err(unmovable());
        };
        let Ok(Value::Text(marked)) = described.fit(Value::Text(marked(value, name))) else {
            return Err(unmovable());
        };
        parked.insert(field.to_string(), Json::String(marked));
    }
    Ok(parked)
}

/// `6x231/owner` of `SAL-ORD-2026-00001`, as it is kept when the document is cancelled.
fn marked(value: &str, name: &str) -> String {
    format!("{}{}", unmarked(value, name), mark(name))
}

fn unmarked<'a>(value: &'a str, name: &str) -> &'a str {
    value.strip_suffix(mark(name).as_str()).unwrap_or(value)
}

fn mark(name: &str) -> String {
    format!(" (cancelled {name})")
}
