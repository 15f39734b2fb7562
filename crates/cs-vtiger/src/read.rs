//! Reading records: by id and by criteria, page by page, with proof where a page is empty.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cs_domain::{Fields, Kind, KindSchema, Record, RecordId, RecordRef, System, Version};
use cs_ports::{Criterion, FieldRequests, PeerError, Reader};
use jiff::tz::TimeZone;

use crate::client::{VtigerClient, Wire};
use crate::decode::{self, scalar};
use crate::describe::Described;
use crate::error::VtigerError;
use crate::query::{Columns, Condition, record_page, split};

/// The most values that one question's `in (...)` holds: its answer then fits on a page when the field is an id.
const MOST_IDS: usize = 100;

#[async_trait]
impl Reader for VtigerClient {
    fn system(&self) -> System {
        System::Vtiger
    }

    async fn schema(&self, kind: &Kind) -> Result<KindSchema, PeerError> {
        let described = self.described(kind).await;
        described
            .map(|described| described.schema.clone())
            .map_err(|error| error.into_peer(format!("describe {kind}")))
    }

    async fn read(
        &self,
        kind: &Kind,
        ids: &[RecordId],
        fields: &FieldRequests,
    ) -> Result<Vec<Record>, PeerError> {
        let records = self.read_ids(kind, ids, fields).await;
        records.map_err(|error| error.into_peer(format!("query {kind}")))
    }

    async fn find(
        &self,
        kind: &Kind,
        criteria: &[Criterion],
        fields: &FieldRequests,
    ) -> Result<Vec<Record>, PeerError> {
        let records = self.find_all(kind, criteria, fields).await;
        records.map_err(|error| error.into_peer(format!("query {kind}")))
    }
}

impl VtigerClient {
    async fn read_ids(
        &self,
        kind: &Kind,
        ids: &[RecordId],
        wanted: &FieldRequests,
    ) -> Result<Vec<Record>, VtigerError> {
        let described = self.described(kind).await?;
        let columns = Columns::wanted(&described, wanted)?;
        let mut rows = Vec::new();
        for chunk in ids.chunks(MOST_IDS) {
            let conditions = vec![Condition::ids(&described, chunk)?];
            rows.extend(self.select(&described, &columns, conditions).await?);
        }
        self.records(&described, &columns, &rows, wanted).await
    }

    pub(crate) async fn find_all(
        &self,
        kind: &Kind,
        criteria: &[Criterion],
        wanted: &FieldRequests,
    ) -> Result<Vec<Record>, VtigerError> {
        let described = self.described(kind).await?;
        let columns = Columns::wanted(&described, wanted)?;
        let mut conditions = Vec::with_capacity(criteria.len());
        for criterion in criteria {
            match Condition::of(&described, criterion, &self.server.zone())? {
                Some(condition) => conditions.push(condition),
                None => return Ok(Vec::new()),
            }
        }
        let rows = self.select(&described, &columns, conditions).await?;
        self.records(&described, &columns, &rows, wanted).await
    }

    /// All rows that meet the conditions, each once, by id.
    pub(crate) async fn select(
        &self,
        described: &Described,
        columns: &Columns,
        conditions: Vec<Condition>,
    ) -> Result<Vec<Wire>, VtigerError> {
        let longest_id = "9x".to_owned() + &"9".repeat(19);
        let fits = |part: &[Condition]| {
            self.fits_url(&record_page(described, columns, part, Some(&longest_id), self.page_size))
        };
        let mut found: BTreeMap<(u64, String), Wire> = BTreeMap::new();
        for part in split(conditions, &fits)? {
            let mut after: Option<String> = None;
            loop {
                let query = record_page(described, columns, &part, after.as_deref(), self.page_size);
                let rows = self.rows(query).await?;
                if rows.is_empty() && after.is_none() {
                    self.prove(described, &columns.with(&part)).await?;
                }
                let full = rows.len() >= self.page_size as usize;
                for row in rows {
                    let id = id_of(&row)?;
                    after = Some(id.clone());
                    found.insert((number_of(&id), id), row);
                }
                if !full {
                    break;
                }
            }
        }
        Ok(found.into_values().collect())
    }

    /// Believes an empty answer only where VTiger can answer at all with these columns (facts/VTIGER.md, trap 11): the
    /// same columns of any record. Where that is empty too, either the module is (then ids alone are none either), or
    /// an error was swallowed. Asked once for each set of columns.
    pub(crate) async fn prove(&self, described: &Described, columns: &Columns) -> Result<(), VtigerError> {
        if self.is_proven(described.kind(), columns) {
            return Ok(());
        }
        let any = self.rows(record_page(described, columns, &[], None, 1)).await?;
        if any.is_empty() {
            let id_only = Columns::of(described, [])?;
            let ids = self.rows(record_page(described, &id_only, &[], None, 1)).await?;
            return if ids.is_empty() {
                Ok(())
            } else {
                Err(VtigerError::Swallowed { kind: described.kind().clone() })
            };
        }
        self.remember_proven(described.kind(), columns.clone());
        Ok(())
    }

    /// Rows as records, with the fields that are wanted and no others.
    pub(crate) async fn records(
        &self,
        described: &Described,
        columns: &Columns,
        rows: &[Wire],
        wanted: &FieldRequests,
    ) -> Result<Vec<Record>, VtigerError> {
        self.learn_prefixes(described, columns, rows).await?;
        let zone = self.server.zone();
        rows.iter().map(|row| self.record(described, row, wanted, &zone)).collect()
    }

    pub(crate) fn record(
        &self,
        described: &Described,
        row: &Wire,
        wanted: &FieldRequests,
        zone: &TimeZone,
    ) -> Result<Record, VtigerError> {
        let mut fields = Fields::new();
        for request in &wanted.0 {
            let field = described.column(&request.name)?;
            // What the answer does not hold stays absent.
            if let Some(json) = row.get(field.name.as_str()) {
                let raw = scalar(json);
                let value = decode::value(field, raw.as_deref(), request.guard, zone, self);
                fields.insert(field.name.clone(), value);
            }
        }
        Ok(Record {
            reference: RecordRef::vtiger(described.kind().clone(), id_of(row)?),
            version: version_of(row),
            fields,
        })
    }
}

/// A row's id.
pub(crate) fn id_of(row: &Wire) -> Result<String, VtigerError> {
    let id = row.get("id").and_then(scalar);
    id.filter(|id| decode::id_parts(id).is_some()).ok_or(VtigerError::Shape { what: "a record's id" })
}

/// A row's version; empty for a module that keeps none.
pub(crate) fn version_of(row: &Wire) -> Version {
    Version::new(row.get("modifiedtime").and_then(scalar).unwrap_or_default())
}

/// The second part of an id, as VTiger orders by it.
pub(crate) fn number_of(id: &str) -> u64 {
    decode::id_parts(id).and_then(|(_, number)| number.parse().ok()).unwrap_or(u64::MAX)
}
