//! Which DocTypes the site has, how many documents of one, and the newest of them.

use async_trait::async_trait;
use cs_domain::{Kind, Record, System};
use cs_ports::{Criterion, Discovery, FieldRequests, KindAbout, PeerError};
use serde_json::{Value as Json, json};

use crate::client::FrappeClient;
use crate::decode::Wire;
use crate::error::FrappeError;
use crate::list::{ListQuery, text};
use crate::transport::Call;

/// What Frappe itself keeps and nobody maps: its own forms, permissions, logs and files.
const OWN_MODULES: [&str; 9] =
    ["Core", "Custom", "Desk", "Email", "Integrations", "Printing", "Website", "Workflow", "Social"];

/// Whether documents of this kind are the site's own machinery. A DocType made on the site lies in `Custom`, too.
fn is_machinery(row: &Wire) -> bool {
    let module = row.get("module").and_then(Json::as_str).unwrap_or_default();
    !flag(row, "custom") && OWN_MODULES.contains(&module)
}

fn flag(row: &Wire, column: &str) -> bool {
    row.get(column).is_some_and(|flag| flag.as_i64() == Some(1) || flag.as_bool() == Some(true))
}

fn about(row: &Wire) -> Result<KindAbout, FrappeError> {
    let name = text(row, "name")?;
    Ok(KindAbout {
        system: System::Frappe,
        label: name.clone(),
        kind: Kind::new(name),
        custom: flag(row, "custom"),
        group: row
            .get("module")
            .and_then(Json::as_str)
            .filter(|module| !module.is_empty())
            .map(str::to_owned),
        creatable: None,
    })
}

#[async_trait]
impl Discovery for FrappeClient {
    async fn kinds(&self) -> Result<Vec<KindAbout>, PeerError> {
        self.doctypes().await.map_err(|error| error.into_peer("list DocType"))
    }

    async fn count(&self, kind: &Kind, criteria: &[Criterion]) -> Result<Option<u64>, PeerError> {
        let counted = self.counted(kind, criteria).await;
        counted.map(Some).map_err(|error| error.into_peer(format!("count {kind}")))
    }

    async fn newest(&self, kind: &Kind, fields: &FieldRequests, most: u32) -> Result<Vec<Record>, PeerError> {
        let made = self.made_last(kind, fields, most).await;
        made.map_err(|error| error.into_peer(format!("read {kind}")))
    }
}

impl FrappeClient {
    async fn doctypes(&self) -> Result<Vec<KindAbout>, FrappeError> {
        let query = ListQuery {
            doctype: "DocType".into(),
            fields: ["name", "module", "custom"].map(str::to_owned).to_vec(),
            filters: vec![json!(["istable", "=", 0]), json!(["issingle", "=", 0])],
            or_filters: Vec::new(),
            order_by: "name asc".to_owned(),
            limit: 0,
            parent: None,
        };
        let rows = query.fetch(&self.transport).await?;
        rows.iter().filter(|row| !is_machinery(row)).map(about).collect()
    }

    async fn counted(&self, kind: &Kind, criteria: &[Criterion]) -> Result<u64, FrappeError> {
        if criteria.iter().any(|criterion| criterion.any_of.is_empty()) {
            return Ok(0);
        }
        let schema = self.doc_schema(kind).await?;
        let filters = self.filters(&schema, criteria).await?;
        let call =
            Call::ask_at_length("frappe.client.get_count", json!({ "doctype": kind, "filters": filters }));
        let answer = self.transport.read(&call).await?.value;
        answer.as_u64().ok_or(FrappeError::Shape { what: "a count" })
    }

    async fn made_last(
        &self,
        kind: &Kind,
        wanted: &FieldRequests,
        most: u32,
    ) -> Result<Vec<Record>, FrappeError> {
        let query = ListQuery {
            doctype: kind.clone(),
            fields: vec!["name".to_owned()],
            filters: Vec::new(),
            or_filters: Vec::new(),
            order_by: "creation desc, name desc".to_owned(),
            limit: most.max(1),
            parent: None,
        };
        let rows = query.fetch(&self.transport).await?;
        let ids =
            rows.iter().map(|row| Ok(text(row, "name")?.into())).collect::<Result<Vec<_>, FrappeError>>()?;
        let mut records = self.read_names(kind, &ids, wanted).await?;
        records.sort_by_key(|record| ids.iter().position(|id| *id == record.reference.id));
        Ok(records)
    }
}
