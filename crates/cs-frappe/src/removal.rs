//! Deleting documents.

use cs_domain::{Kind, RecordRef, Version};
use serde_json::{Value as Json, json};

use crate::client::FrappeClient;
use crate::decode::docstatus;
use crate::error::FrappeError;
use crate::list::{ListQuery, text};
use crate::outcome::{Halt, settled};
use crate::transport::Call;

/// What Frappe deletes together with the document it is linked to.
const TAKEN_ALONG: [&str; 2] = ["Contact", "Address"];

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
        let along = self.taken_along(target).await.map_err(Halt::NotDone)?;
        if !along.is_empty() {
            return Err(Halt::NotDone(FrappeError::TakesAlong { name: name.to_owned(), along }));
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

    /// The Contacts and Addresses that are linked to this document and to nothing else: Frappe deletes them with it, without
    /// a word (facts/FRAPPE.md, trap 10), whoever else they belong to.
    async fn taken_along(&self, target: &RecordRef) -> Result<Vec<String>, FrappeError> {
        let mut along = Vec::new();
        if TAKEN_ALONG.contains(&target.kind.as_str()) {
            return Ok(along);
        }
        for doctype in TAKEN_ALONG {
            let linked = self
                .link_rows(
                    doctype,
                    vec![json!(["link_doctype", "=", target.kind]), json!(["link_name", "=", target.id])],
                )
                .await?;
            if linked.is_empty() {
                continue;
            }
            let all = self.link_rows(doctype, vec![json!(["parent", "in", linked])]).await?;
            let alone = linked.into_iter().filter(|name| all.iter().filter(|row| *row == name).count() == 1);
            along.extend(alone.map(|name| format!("{doctype} {name}")));
        }
        Ok(along)
    }

    /// The documents of the rows in a DocType's `links` that these filters leave, one name a row.
    async fn link_rows(&self, doctype: &str, mut filters: Vec<Json>) -> Result<Vec<String>, FrappeError> {
        filters.push(json!(["parenttype", "=", doctype]));
        let query = ListQuery {
            doctype: Kind::from("Dynamic Link"),
            fields: vec!["parent".to_owned()],
            filters,
            or_filters: Vec::new(),
            order_by: "parent asc".to_owned(),
            limit: 0,
            parent: Some(Kind::from(doctype)),
        };
        query.fetch(&self.transport).await?.iter().map(|row| text(row, "parent")).collect()
    }
}
