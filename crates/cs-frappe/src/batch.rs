//! Many new documents in one request: all of them or none (facts/FRAPPE.md, "Transactions"). For simple documents it
//! is three to six times faster than one by one ("Rates").

use cs_domain::{Fields, Kind, RecordRef};
use cs_ports::PeerError;
use serde_json::{Value as Json, json};

use crate::answer::Answer;
use crate::client::FrappeClient;
use crate::encode::{Encoder, Purpose};
use crate::error::FrappeError;
use crate::transport::Call;

/// Documents in one request.
const AT_ONCE: usize = 200;

/// What became of many documents.
#[derive(Debug)]
pub enum BatchOutcome {
    /// All are stored, under these names, in the order they were given.
    Inserted(Vec<RecordRef>),
    /// None is stored, and this is why.
    Rejected(PeerError),
    /// All are stored or none; whoever needs to know searches for their external ids.
    Unknown(PeerError),
}

impl FrappeClient {
    /// Creates at most 200 documents, all or none.
    pub async fn insert_many(&self, documents: &[(Kind, Fields)]) -> BatchOutcome {
        let operation = "insert_many";
        let call = match self.batch(documents).await {
            Ok(call) => call,
            Err(error) => return BatchOutcome::Rejected(error.into_peer(operation)),
        };
        match self.transport.send(&call).await {
            Answer::Done(payload) => match names(documents, &payload.value) {
                Ok(inserted) => BatchOutcome::Inserted(inserted),
                Err(error) => BatchOutcome::Unknown(error.into_peer(operation)),
            },
            Answer::NotDone(error) => BatchOutcome::Rejected(error.into_peer(operation)),
            Answer::Unknown(error) => BatchOutcome::Unknown(error.into_peer(operation)),
        }
    }

    async fn batch(&self, documents: &[(Kind, Fields)]) -> Result<Call, FrappeError> {
        if documents.len() > AT_ONCE {
            return Err(FrappeError::TooManyDocuments { documents: documents.len() });
        }
        let mut docs = Vec::with_capacity(documents.len());
        for (kind, fields) in documents {
            let schema = self.doc_schema(kind).await?;
            let tables = self.tables(&schema, fields.keys()).await?;
            let encoder = Encoder {
                schema: &schema,
                tables: &tables,
                zone: self.zone().await?,
                purpose: Purpose::Create,
            };
            let mut document = encoder.document(fields)?;
            document.insert("doctype".to_owned(), json!(kind));
            docs.push(Json::Object(document));
        }
        Ok(Call::command("frappe.client.insert_many", json!({ "docs": docs })))
    }
}

fn names(documents: &[(Kind, Fields)], answer: &Json) -> Result<Vec<RecordRef>, FrappeError> {
    let names = answer.as_array().filter(|names| names.len() == documents.len());
    let names = names.ok_or(FrappeError::Shape { what: "the names of the new documents" })?;
    names
        .iter()
        .zip(documents)
        .map(|(name, (kind, _))| match name.as_str() {
            Some(name) => Ok(RecordRef::frappe(kind.clone(), name)),
            None => Err(FrappeError::Shape { what: "a name" }),
        })
        .collect()
}
