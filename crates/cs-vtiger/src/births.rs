//! What tells one VTiger from another: when its first records were made. Neither its version nor its users do, and it has no
//! id of its own.

use std::collections::BTreeMap;

use cs_domain::{FieldName, Kind, RecordId};
use cs_ports::{Births, PeerError};
use jiff::fmt::temporal::DateTimePrinter;
use serde_json::Value as Json;

use crate::client::VtigerClient;
use crate::error::VtigerError;
use crate::query::{Columns, Condition, record_page};

/// How many records are remembered: enough that not all of them are deleted soon.
const SAMPLE: u32 = 5;

/// When a record was made, in the server's zone; VTiger never changes it (facts/VTIGER.md, "Values").
const CREATED: &str = "createdtime";

impl VtigerClient {
    /// When the module's first records were made.
    pub async fn births(&self, kind: &Kind) -> Result<Births, PeerError> {
        let created = self.created(kind, None).await.map_err(|error| error.into_peer("query"))?;
        Ok(Births { kind: kind.clone(), created })
    }

    /// When these records were made, of those that are there.
    pub async fn births_of(
        &self,
        kind: &Kind,
        ids: &[RecordId],
    ) -> Result<BTreeMap<RecordId, String>, PeerError> {
        self.created(kind, Some(ids)).await.map_err(|error| error.into_peer("query"))
    }

    async fn created(
        &self,
        kind: &Kind,
        ids: Option<&[RecordId]>,
    ) -> Result<BTreeMap<RecordId, String>, VtigerError> {
        let described = self.described(kind).await?;
        let columns = Columns::of(&described, [&FieldName::from(CREATED)])?;
        let conditions = match ids {
            Some([]) => return Ok(BTreeMap::new()),
            Some(ids) => vec![Condition::ids(&described, ids)?],
            None => Vec::new(),
        };
        let rows = self.rows(record_page(&described, &columns, &conditions, None, SAMPLE)).await?;
        let text = |cell: Option<&Json>| {
            cell.and_then(Json::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        Ok(rows
            .iter()
            .filter_map(|row| Some((RecordId::new(text(row.get("id"))?), text(row.get(CREATED))?)))
            .collect())
    }

    /// The zone that the server's stamps are in, as far as it is known: as configured, or as stamps showed.
    pub fn known_zone(&self) -> Option<String> {
        let zone = self.server.known_zone()?;
        DateTimePrinter::new().time_zone_to_string(&zone).ok()
    }
}
