//! `listtypes`: which modules there are; and the newest records of one.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cs_domain::{Kind, Record, System};
use cs_ports::{Criterion, Discovery, FieldRequests, KindAbout, PeerError};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::client::VtigerClient;
use crate::describe::entities_decoded;
use crate::error::VtigerError;
use crate::query::{Columns, newest_page};
use crate::read::id_of;
use crate::transport::{Request, result};

/// Called an entity by `listtypes`, and none: nobody may write them over the web service.
const USERS: &str = "Users";

/// The modules that 8.3.0 comes with (`fixtures/vtiger/034_listtypes.json`), which `listtypes` does not tell from those that
/// somebody made.
const STANDARD: [&str; 27] = [
    "Accounts",
    "Assets",
    "Calendar",
    "Campaigns",
    "Contacts",
    "Documents",
    "Emails",
    "Events",
    "Faq",
    "HelpDesk",
    "Invoice",
    "Leads",
    "ModComments",
    "PBXManager",
    "Potentials",
    "PriceBooks",
    "Products",
    "Project",
    "ProjectMilestone",
    "ProjectTask",
    "PurchaseOrder",
    "Quotes",
    "SMSNotifier",
    "SalesOrder",
    "ServiceContracts",
    "Services",
    "Vendors",
];

#[derive(Deserialize)]
struct ListTypes {
    types: Vec<Kind>,
    /// An object; an empty list where there are no types (`fixtures/vtiger/035_listtypes_fieldTypeList.json`).
    #[serde(default)]
    information: Json,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TypeAbout {
    #[serde(default)]
    is_entity: bool,
    #[serde(default)]
    label: String,
}

impl ListTypes {
    /// The modules that keep records; users, groups, currencies and line items are none.
    fn kinds(self) -> Vec<KindAbout> {
        let mut information: BTreeMap<Kind, TypeAbout> =
            serde_json::from_value(self.information).unwrap_or_default();
        let about = |kind: Kind| {
            let told = information.remove(&kind)?;
            let label = entities_decoded(&told.label);
            let label = if label.is_empty() { kind.to_string() } else { label };
            let custom = !STANDARD.contains(&kind.as_str());
            let (system, group, creatable) = (System::Vtiger, None, None);
            (told.is_entity && kind.as_str() != USERS).then_some(KindAbout {
                system,
                kind,
                label,
                custom,
                group,
                creatable,
            })
        };
        let mut kinds: Vec<KindAbout> = self.types.into_iter().filter_map(about).collect();
        kinds.sort_by_key(|about| about.label.to_lowercase());
        kinds
    }
}

#[async_trait]
impl Discovery for VtigerClient {
    async fn kinds(&self) -> Result<Vec<KindAbout>, PeerError> {
        let listed = self.listed().await.map_err(|error| error.into_peer("listtypes"))?;
        Ok(listed.kinds())
    }

    /// VTiger cannot count.
    async fn count(&self, _: &Kind, _: &[Criterion]) -> Result<Option<u64>, PeerError> {
        Ok(None)
    }

    async fn newest(&self, kind: &Kind, fields: &FieldRequests, most: u32) -> Result<Vec<Record>, PeerError> {
        let records = self.made_last(kind, fields, most).await;
        records.map_err(|error| error.into_peer(format!("query {kind}")))
    }
}

impl VtigerClient {
    async fn listed(&self) -> Result<ListTypes, VtigerError> {
        let payload = result(self.call(Request::get("listtypes", Vec::new())).await)?;
        serde_json::from_value(payload.0)
            .map_err(|_quotes| VtigerError::Shape { what: "the list of modules" })
    }

    async fn made_last(
        &self,
        kind: &Kind,
        wanted: &FieldRequests,
        most: u32,
    ) -> Result<Vec<Record>, VtigerError> {
        let described = self.described(kind).await?;
        let columns = Columns::wanted(&described, wanted)?;
        let (mut rows, mut left) = (Vec::new(), most);
        while left > 0 {
            let before = rows.last().map(id_of).transpose()?;
            let limit = left.min(self.page_size);
            let page = self.rows(newest_page(&described, &columns, before.as_deref(), limit)).await?;
            if page.is_empty() && rows.is_empty() {
                self.prove(&described, &columns).await?;
            }
            let got = u32::try_from(page.len()).unwrap_or(u32::MAX);
            rows.extend(page);
            if got < limit {
                break;
            }
            left = left.saturating_sub(got);
        }
        self.records(&described, &columns, &rows, wanted).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn modules_that_keep_records_are_listed_by_label() {
        let told = json!({
            "types": ["Leads", "Accounts", "Polizas", "Currency"],
            "information": {
                "Leads": {"isEntity": true, "label": "Leads", "singular": "Lead"},
                "Accounts": {"isEntity": true, "label": "Organizations", "singular": "Organization"},
                "Polizas": {"isEntity": true, "label": "P&oacute;lizas", "singular": "P&oacute;liza"},
                "Currency": {"isEntity": false, "label": "Currency", "singular": "Currency"},
            },
        });
        let kinds = serde_json::from_value::<ListTypes>(told).unwrap().kinds();
        let seen: Vec<_> =
            kinds.iter().map(|about| (about.kind.as_str(), about.label.as_str(), about.custom)).collect();
        let expected =
            [("Leads", "Leads", false), ("Accounts", "Organizations", false), ("Polizas", "Pólizas", true)];
        assert_eq!(seen, expected);
        let none = json!({"types": [], "information": []});
        assert!(serde_json::from_value::<ListTypes>(none).unwrap().kinds().is_empty());
    }
}
