//! Statements for VTiger's database. They are sent as text (facts/CRATES.md, "Traps seen": only the text protocol
//! shows zero dates), so values never stand in them as themselves: strings are written as hexadecimal, numbers and
//! stamps are parsed first, names come from VTiger's own tables and hold letters, digits and `_` only.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use cs_domain::digest::hexadecimal;
use cs_domain::{FieldName, FieldSchema, FieldType, RecordId, Value};
use cs_ports::{Criterion, FieldRequests};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::layout::{ENTITY, Layout, Place};
use crate::decode::id_parts;
use crate::encode::wire_text;
use crate::error::{MisfitSummary, VtigerError};
use crate::watermark::Position;

/// A string literal that nothing can escape from.
pub(super) fn string(text: &str) -> String {
    format!("_utf8mb4 x'{}'", hexadecimal(text.as_bytes()))
}

/// A table's or column's name, quoted; `None` for one that VTiger would not give.
pub(super) fn identifier(name: &str) -> Option<String> {
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    plain.then(|| format!("`{name}`"))
}

/// The expression that gives a place's raw text.
fn expression(place: &Place) -> Option<String> {
    let column = format!("{}.{}", identifier(&place.table)?, identifier(&place.column)?);
    // What points at a deleted record points at nothing, as in the web service (facts/VTIGER.md, trap 12).
    Some(if place.points_at_record {
        format!(
            "(select concat(r.setype, ':', r.crmid) from vtiger_crmentity r where r.crmid = {column} and r.deleted = 0)"
        )
    } else {
        column
    })
}

/// A condition and the table that it looks at.
pub(super) struct Clause {
    table: String,
    text: String,
}

/// The fields that are wanted, as a statement sees them.
struct Selection {
    /// Their expressions, in order; id and version before them.
    columns: Vec<String>,
    /// The joins to the tables they lie in.
    joins: String,
    /// Which columns of [`ENTITY`] they need.
    of_entity: BTreeSet<String>,
}

impl Selection {
    fn of(layout: &Layout, wanted: &FieldRequests, conditions: &[Clause]) -> Result<Self, VtigerError> {
        let broken = || VtigerError::DatabaseShape {
            what: "a field lies in a table or column with an odd name".into(),
        };
        let mut columns = vec![format!("{ENTITY}.crmid"), format!("{ENTITY}.modifiedtime")];
        let mut tables = BTreeSet::new();
        let mut of_entity: BTreeSet<String> = ["crmid", "modifiedtime"].map(str::to_owned).into();
        for name in wanted.names() {
            let (_, place) = layout.place(name)?;
            columns.push(expression(place).ok_or_else(broken)?);
            tables.insert(place.table.as_str());
            if place.table == ENTITY {
                of_entity.insert(place.column.clone());
            }
        }
        tables.extend(conditions.iter().map(|clause| clause.table.as_str()));
        tables.remove(ENTITY);
        let mut joins = String::new();
        for table in tables {
            let key = layout.key(table).and_then(identifier).ok_or_else(broken)?;
            let table = identifier(table).ok_or_else(broken)?;
            let _ = write!(joins, " left join {table} on {table}.{key} = {ENTITY}.crmid");
        }
        Ok(Self { columns, joins, of_entity })
    }
}

/// `select id, version, fields ... from` the tables they lie in.
pub(super) fn select_records(
    layout: &Layout,
    wanted: &FieldRequests,
    conditions: &[Clause],
) -> Result<String, VtigerError> {
    let Selection { columns, joins, .. } = Selection::of(layout, wanted, conditions)?;
    let mut sql = format!(
        "select {} from {ENTITY}{joins} where {ENTITY}.setype = {} and {ENTITY}.deleted = 0",
        columns.join(", "),
        string(layout.described.kind().as_str())
    );
    for condition in conditions {
        let _ = write!(sql, " and {}", condition.text);
    }
    let _ = write!(sql, " order by {ENTITY}.crmid");
    Ok(sql)
}

/// The records after `after`, so many of them.
pub(super) fn census_page(
    layout: &Layout,
    wanted: &FieldRequests,
    after: Option<&RecordId>,
    limit: u32,
) -> Result<String, VtigerError> {
    let beyond = |id: &RecordId| {
        let number = number(&layout.described.prefix, layout, id.as_str())?;
        Ok(Clause { table: ENTITY.to_owned(), text: format!("{ENTITY}.crmid > {number}") })
    };
    let conditions: Result<Vec<Clause>, VtigerError> = after.map(beyond).into_iter().collect();
    Ok(format!("{} limit {limit}", select_records(layout, wanted, &conditions?)?))
}

/// `crmid in (...)`.
pub(super) fn ids_condition(layout: &Layout, ids: &[RecordId]) -> Result<Clause, VtigerError> {
    let numbers: Result<Vec<String>, VtigerError> =
        ids.iter().map(|id| number(&layout.described.prefix, layout, id.as_str())).collect();
    Ok(Clause { table: ENTITY.to_owned(), text: format!("{ENTITY}.crmid in ({})", numbers?.join(",")) })
}

fn number(prefix: &str, layout: &Layout, id: &str) -> Result<String, VtigerError> {
    match id_parts(id) {
        Some((found, number)) if found == prefix => Ok(number.to_owned()),
        _ => Err(VtigerError::ForeignId { kind: layout.described.kind().clone(), prefix: prefix.to_owned() }),
    }
}

/// One criterion, its values compared as the column's collation does.
pub(super) fn condition(
    layout: &Layout,
    criterion: &Criterion,
    zone: &TimeZone,
) -> Result<Clause, VtigerError> {
    let (field, place) = layout.place(&criterion.field)?;
    let column = identifier(&place.table).zip(identifier(&place.column));
    let (table, column) = column.ok_or_else(|| VtigerError::NoSuchField {
        kind: layout.described.kind().clone(),
        field: criterion.field.clone(),
    })?;
    let is_id = criterion.field == FieldName::from("id");
    let literals: Result<BTreeSet<String>, VtigerError> =
        criterion.any_of.iter().map(|value| literal(field, value, zone, is_id)).collect();
    let literals = literals?;
    let list: Vec<String> = literals.into_iter().collect();
    let text = if list.is_empty() {
        "false".to_owned()
    } else {
        format!("{table}.{column} in ({})", list.join(","))
    };
    Ok(Clause { table: place.table.clone(), text })
}

fn literal(field: &FieldSchema, value: &Value, zone: &TimeZone, is_id: bool) -> Result<String, VtigerError> {
    let text =
        wire_text(field, value, zone).map_err(|misfit| VtigerError::Misfit(MisfitSummary::from(&misfit)))?;
    if text.is_empty() {
        // The same contract as the web service's: see `query.rs`.
        return Err(VtigerError::Inexpressible {
            field: field.name.clone(),
            why: "VTiger has no comparison with an empty value",
        });
    }
    if is_id || matches!(field.field_type, FieldType::Reference { .. }) {
        let number = id_parts(&text).map(|(_, number)| number.to_owned());
        return number.ok_or_else(|| VtigerError::Inexpressible {
            field: field.name.clone(),
            why: "it is not an id of VTiger's",
        });
    }
    Ok(string(&text))
}

/// A page of the feed: id, version and fields as in [`select_records`], of deleted records too; after them whether it is
/// deleted, and the database's own clock for judging stamps. The page is cut out before anything is joined to it: there
/// is no index on modifiedtime, and all records would be joined to be sorted.
pub(super) fn feed_page(
    layout: &Layout,
    wanted: &FieldRequests,
    position: &Position,
    limit: u32,
) -> Result<String, VtigerError> {
    let after = match (&position.at, &position.id) {
        (None, _) => String::new(),
        (Some(at), None) => format!(" and modifiedtime >= '{}'", stamp(at)?),
        (Some(at), Some(id)) => {
            let (at, number) = (stamp(at)?, number(&layout.described.prefix, layout, id)?);
            format!(" and (modifiedtime > '{at}' or (modifiedtime = '{at}' and crmid > {number}))")
        }
    };
    let Selection { columns, joins, of_entity } = Selection::of(layout, wanted, &[])?;
    let needed: Vec<String> = of_entity.iter().filter_map(|column| identifier(column)).collect();
    Ok(format!(
        "select {}, {ENTITY}.is_deleted, utc_timestamp() + interval 15 hour from \
         (select {}, deleted as is_deleted from {ENTITY} where setype = {}{after} \
         order by modifiedtime, crmid limit {limit}) {ENTITY}{joins} \
         order by {ENTITY}.modifiedtime, {ENTITY}.crmid",
        columns.join(", "),
        needed.join(", "),
        string(layout.described.kind().as_str())
    ))
}

fn stamp(text: &str) -> Result<String, VtigerError> {
    let parsed: Result<DateTime, _> = text.parse();
    parsed
        .map(|stamp| stamp.strftime("%Y-%m-%d %H:%M:%S").to_string())
        .map_err(|_| VtigerError::Shape { what: "a stamp in the feed's cursor" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_string_can_leave_its_literal() {
        assert_eq!(string("a'\\"), "_utf8mb4 x'61275c'");
        assert_eq!(string(""), "_utf8mb4 x''");
        assert_eq!(identifier("cf_1"), Some("`cf_1`".into()));
        assert_eq!(identifier("a`b"), None);
        assert_eq!(identifier(""), None);
        assert!(stamp("2026-01-01 00:00:00' or 1").is_err());
    }
}
