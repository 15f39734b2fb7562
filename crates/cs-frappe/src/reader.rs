//! Reading documents: by name and by condition, in as few requests as there are pages and child tables.
//!
//! Lists are used rather than a GET per document: they tell NULL as null, and a permission check costs more than a
//! row (facts/FRAPPE.md, "Rates"). Lists hold no child tables, so each one asked for is one more list per page, on the
//! child DocType.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use cs_domain::{FieldName, Kind, KindSchema, Record, RecordId, System};
use cs_ports::{Criterion, FieldRequests, PeerError, Reader};
use serde_json::{Value as Json, json};

use crate::client::FrappeClient;
use crate::decode::{Decoder, Tables, Wire};
use crate::encode::filter_value;
use crate::error::FrappeError;
use crate::list::{ListQuery, VALUES_AT_ONCE, text};
use crate::schema::{DocSchema, Form};
use crate::zone::SiteZone;

#[async_trait]
impl Reader for FrappeClient {
    fn system(&self) -> System {
        System::Frappe
    }

    async fn schema(&self, kind: &Kind) -> Result<KindSchema, PeerError> {
        let schema = self.doc_schema(kind).await;
        schema.map(|schema| schema.kind.clone()).map_err(|error| error.into_peer(format!("describe {kind}")))
    }

    async fn read(
        &self,
        kind: &Kind,
        ids: &[RecordId],
        fields: &FieldRequests,
    ) -> Result<Vec<Record>, PeerError> {
        self.read_names(kind, ids, fields).await.map_err(|error| error.into_peer(format!("read {kind}")))
    }

    async fn find(
        &self,
        kind: &Kind,
        criteria: &[Criterion],
        fields: &FieldRequests,
    ) -> Result<Vec<Record>, PeerError> {
        self.find_matching(kind, criteria, fields)
            .await
            .map_err(|error| error.into_peer(format!("find {kind}")))
    }
}

/// What a reading of one DocType needs throughout.
pub(crate) struct Reading<'a> {
    pub(crate) schema: &'a DocSchema,
    pub(crate) tables: &'a Tables,
    pub(crate) zone: Option<&'a SiteZone>,
    pub(crate) wanted: &'a FieldRequests,
}

impl Reading<'_> {
    pub(crate) fn record(&self, wire: &Wire) -> Result<Record, FrappeError> {
        let decoder = Decoder { schema: self.schema, tables: self.tables, zone: self.zone };
        decoder.record(wire, self.wanted)
    }

    /// The columns to ask a list for: the fields, and what a dynamic link needs to be understood.
    fn columns(&self) -> Result<Vec<String>, FrappeError> {
        let mut columns = BTreeSet::from(["name".to_owned(), "modified".to_owned()]);
        for name in self.wanted.names() {
            match self.schema.field(name)?.1 {
                Form::Rows(_) => continue,
                Form::DynamicLink(holder) => {
                    columns.insert(holder.to_string());
                }
                _ => {}
            }
            columns.insert(name.to_string());
        }
        Ok(columns.into_iter().collect())
    }
}

impl FrappeClient {
    pub(crate) async fn read_names(
        &self,
        kind: &Kind,
        ids: &[RecordId],
        wanted: &FieldRequests,
    ) -> Result<Vec<Record>, FrappeError> {
        // An empty name would match documents without one.
        let names: Vec<&str> = ids.iter().map(RecordId::as_str).filter(|name| !name.is_empty()).collect();
        let schema = self.doc_schema(kind).await?;
        let tables = self.tables(&schema, wanted.names()).await?;
        let reading = Reading {
            schema: &schema,
            tables: &tables,
            zone: self.zone_for(&schema, &tables, wanted).await?,
            wanted,
        };
        let mut records = Vec::with_capacity(names.len());
        for chunk in names.chunks(VALUES_AT_ONCE) {
            let query = ListQuery {
                doctype: kind.clone(),
                fields: reading.columns()?,
                filters: vec![json!(["name", "in", chunk])],
                or_filters: Vec::new(),
                order_by: "name asc".to_owned(),
                limit: 0,
                parent: None,
            };
            let rows = query.fetch(&self.transport).await?;
            records.extend(self.records(&reading, rows).await?);
        }
        Ok(records)
    }

    /// Asks the site's zone only where there is a date-time to understand.
    pub(crate) async fn zone_for(
        &self,
        schema: &DocSchema,
        tables: &Tables,
        wanted: &FieldRequests,
    ) -> Result<Option<&SiteZone>, FrappeError> {
        let own = wanted.names().any(|name| matches!(schema.field(name), Ok((_, Form::DateTime))));
        let in_rows =
            tables.values().any(|table| table.data_fields().any(|(_, form)| *form == Form::DateTime));
        if own || in_rows { self.zone().await } else { Ok(None) }
    }

    /// Turns list rows into records, with their child tables.
    async fn records(&self, reading: &Reading<'_>, mut rows: Vec<Wire>) -> Result<Vec<Record>, FrappeError> {
        for name in reading.wanted.names() {
            if let (_, Form::Rows(kind)) = reading.schema.field(name)?
                && let Some(table) = reading.tables.get(kind)
            {
                self.attach_rows(reading.schema, name, table, &mut rows).await?;
            }
        }
        rows.iter().map(|row| reading.record(row)).collect()
    }

    /// Reads one child table of all these documents. The documents were read before, so rows can only be newer than
    /// the version they are told with, which a write then finds out; never older.
    async fn attach_rows(
        &self,
        schema: &DocSchema,
        field: &FieldName,
        table: &DocSchema,
        documents: &mut [Wire],
    ) -> Result<(), FrappeError> {
        if documents.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = documents.iter().map(|row| text(row, "name")).collect::<Result<_, _>>()?;
        let mut columns = vec!["name".to_owned(), "parent".to_owned(), "idx".to_owned()];
        columns.extend(table.data_fields().map(|(name, _)| name.to_string()));
        let query = ListQuery {
            doctype: table.kind.kind.clone(),
            fields: columns,
            filters: vec![
                json!(["parent", "in", names]),
                json!(["parenttype", "=", schema.kind.kind]),
                json!(["parentfield", "=", field]),
            ],
            or_filters: Vec::new(),
            order_by: "parent asc, idx asc".to_owned(),
            limit: 0,
            parent: Some(schema.kind.kind.clone()),
        };
        let mut rows: BTreeMap<String, Vec<Json>> = BTreeMap::new();
        for row in query.fetch(&self.transport).await? {
            rows.entry(text(&row, "parent")?).or_default().push(Json::Object(row));
        }
        for (document, name) in documents.iter_mut().zip(names) {
            let own = rows.remove(&name).unwrap_or_default();
            document.insert(field.to_string(), Json::Array(own));
        }
        Ok(())
    }

    async fn find_matching(
        &self,
        kind: &Kind,
        criteria: &[Criterion],
        wanted: &FieldRequests,
    ) -> Result<Vec<Record>, FrappeError> {
        if criteria.iter().any(|criterion| criterion.any_of.is_empty()) {
            return Ok(Vec::new());
        }
        let schema = self.doc_schema(kind).await?;
        let tables = self.tables(&schema, wanted.names()).await?;
        let reading = Reading {
            schema: &schema,
            tables: &tables,
            zone: self.zone_for(&schema, &tables, wanted).await?,
            wanted,
        };
        let conditions = self.conditions(&schema, criteria).await?;
        let mut seen = BTreeSet::new();
        let mut records = Vec::new();
        for filters in Condition::chunked(&conditions) {
            for row in self.all_rows(&reading, filters).await? {
                // The same document can meet two chunks: comparisons ignore case and accents, and a table has rows.
                if seen.insert(text(&row, "name")?) {
                    records.push(row);
                }
            }
        }
        let mut found = Vec::with_capacity(records.len());
        for chunk in records.chunks(VALUES_AT_ONCE) {
            found.extend(self.records(&reading, chunk.to_vec()).await?);
        }
        Ok(found)
    }

    /// All pages of a list, by keyset on the name.
    async fn all_rows(&self, reading: &Reading<'_>, filters: Vec<Json>) -> Result<Vec<Wire>, FrappeError> {
        let kind = &reading.schema.kind.kind;
        // A condition on a child table joins it, and then a bare `name` is ambiguous.
        let joined = filters.iter().any(|filter| filter.as_array().is_some_and(|parts| parts.len() == 4));
        let order_by = if joined { format!("`tab{kind}`.`name` asc") } else { "name asc".to_owned() };
        let mut query = ListQuery {
            doctype: kind.clone(),
            fields: reading.columns()?,
            filters: filters.clone(),
            or_filters: Vec::new(),
            order_by,
            limit: self.page_length,
            parent: None,
        };
        let mut all = Vec::new();
        loop {
            let page = query.fetch(&self.transport).await?;
            let full = page.len() >= usize::try_from(self.page_length).unwrap_or(usize::MAX);
            let last = page.last().map(|row| text(row, "name")).transpose()?;
            all.extend(page);
            match last {
                Some(last) if full => {
                    query.filters.clone_from(&filters);
                    query.filters.push(json!(["name", ">", last]));
                }
                _ => return Ok(all),
            }
        }
    }

    /// The filters of one request with every condition whole.
    pub(crate) async fn filters(
        &self,
        schema: &DocSchema,
        criteria: &[Criterion],
    ) -> Result<Vec<Json>, FrappeError> {
        let conditions = self.conditions(schema, criteria).await?;
        Ok(conditions.iter().map(|condition| condition.filter(&condition.values)).collect())
    }

    async fn conditions(
        &self,
        schema: &DocSchema,
        criteria: &[Criterion],
    ) -> Result<Vec<Condition>, FrappeError> {
        let mut conditions = Vec::with_capacity(criteria.len());
        for criterion in criteria {
            let place = self.place(schema, &criterion.field).await?;
            let timed = criterion.any_of.iter().any(|value| matches!(value, cs_domain::Value::DateTime(_)));
            let zone = if timed { self.zone().await? } else { None };
            let values = criterion
                .any_of
                .iter()
                .map(|value| filter_value(&criterion.field, value, zone))
                .collect::<Result<_, _>>()?;
            conditions.push(Condition { place, values });
        }
        Ok(conditions)
    }

    /// Where a condition looks: a field, or a column of a child table as `links.link_name`.
    async fn place(&self, schema: &DocSchema, field: &FieldName) -> Result<Vec<String>, FrappeError> {
        let Some((table, column)) = field.as_str().split_once('.') else {
            return match schema.field(field)?.1 {
                Form::Rows(_) => Err(FrappeError::Inexpressible {
                    field: field.clone(),
                    why: "it is a table; name one of its columns",
                }),
                _ => Ok(vec![field.to_string()]),
            };
        };
        let Form::Rows(kind) = schema.field(&table.into())?.1 else {
            return Err(FrappeError::Inexpressible { field: field.clone(), why: "it is no table" });
        };
        self.doc_schema(kind).await?.field(&column.into())?;
        Ok(vec![kind.to_string(), column.to_owned()])
    }
}

/// One condition of a search in Frappe's words.
struct Condition {
    place: Vec<String>,
    values: Vec<Json>,
}

impl Condition {
    fn filter(&self, values: &[Json]) -> Json {
        let mut filter: Vec<Json> = self.place.iter().map(|part| json!(part)).collect();
        match values {
            [one] => filter.extend([json!("="), one.clone()]),
            many => filter.extend([json!("in"), json!(many)]),
        }
        Json::Array(filter)
    }

    /// The filters of each request: the condition with the most values in pieces, the others whole.
    fn chunked(conditions: &[Self]) -> Vec<Vec<Json>> {
        let widest = conditions.iter().enumerate().max_by_key(|(_, condition)| condition.values.len());
        let Some((widest, longest)) = widest else {
            return vec![Vec::new()];
        };
        longest
            .values
            .chunks(VALUES_AT_ONCE)
            .map(|chunk| {
                conditions
                    .iter()
                    .enumerate()
                    .map(|(at, condition)| {
                        condition.filter(if at == widest { chunk } else { &condition.values })
                    })
                    .collect()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_conditions_go_in_pieces() {
        let conditions = [
            Condition { place: vec!["status".into()], values: vec![json!("Open")] },
            Condition {
                place: vec!["Dynamic Link".into(), "link_name".into()],
                values: (0..1200).map(|n| json!(n.to_string())).collect(),
            },
        ];
        let requests = Condition::chunked(&conditions);
        assert_eq!(requests.len(), 3);
        assert_eq!(requests[0][0], json!(["status", "=", "Open"]));
        assert_eq!(requests[2][1][3].as_array().unwrap().len(), 200);
        assert_eq!(Condition::chunked(&[]), [Vec::<Json>::new()]);
    }
}
