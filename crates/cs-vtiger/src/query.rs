//! Questions in VTiger's query language, built so that the errors it swallows cannot occur.
//!
//! VTiger answers some broken queries with an empty list (facts/VTIGER.md, trap 11), and a client that believes it
//! sees everything deleted. So: columns are named and each is one that `describe` lists; values are quoted and
//! escaped; what cannot be put safely is refused here. What remains is guarded in `read.rs` by proof.

use std::collections::BTreeSet;

use cs_domain::{FieldName, FieldSchema, Kind, RecordId, Value};
use cs_ports::{Criterion, FieldRequests};
use jiff::tz::TimeZone;

use crate::decode::id_parts;
use crate::describe::Described;
use crate::encode::wire_text;
use crate::error::{MisfitSummary, VtigerError};
use crate::watermark::Position;

/// The columns of a question: each is known to `describe`, none belongs to a line item; `id` and the version are
/// always among them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Columns(BTreeSet<FieldName>);

impl Columns {
    pub(crate) fn of<'a>(
        described: &Described,
        names: impl IntoIterator<Item = &'a FieldName>,
    ) -> Result<Self, VtigerError> {
        let mut columns = BTreeSet::from([FieldName::from("id")]);
        if described.has_version() {
            columns.insert(FieldName::from("modifiedtime"));
        }
        for name in names {
            described.column(name)?;
            columns.insert(name.clone());
        }
        Ok(Self(columns))
    }

    pub(crate) fn wanted(described: &Described, wanted: &FieldRequests) -> Result<Self, VtigerError> {
        Self::of(described, wanted.names())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &FieldName> {
        self.0.iter()
    }

    fn text(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(FieldName::as_str).collect();
        names.join(",")
    }

    /// These columns and the ones that conditions look at: what has to be proven before an empty answer is believed.
    pub(crate) fn with(&self, conditions: &[Condition]) -> Self {
        let mut all = self.0.clone();
        all.extend(conditions.iter().map(|condition| condition.field.clone()));
        Self(all)
    }
}

/// A condition whose values are literals already.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) field: FieldName,
    literals: Vec<String>,
}

impl Condition {
    /// `None` where no record can meet it.
    pub(crate) fn of(
        described: &Described,
        criterion: &Criterion,
        zone: &TimeZone,
    ) -> Result<Option<Self>, VtigerError> {
        let field = described.column(&criterion.field)?;
        let mut literals = Vec::new();
        for value in &criterion.any_of {
            literals.extend(literal_of(field, value, zone)?);
        }
        literals.sort();
        literals.dedup();
        Ok((!literals.is_empty()).then(|| Self { field: criterion.field.clone(), literals }))
    }

    /// The ids of a module's records; each must be one.
    pub(crate) fn ids(described: &Described, ids: &[RecordId]) -> Result<Self, VtigerError> {
        let mut literals = Vec::with_capacity(ids.len());
        for id in ids {
            check_id(described, id.as_str())?;
            literals.push(format!("'{id}'"));
        }
        literals.sort();
        literals.dedup();
        Ok(Self { field: FieldName::from("id"), literals })
    }

    fn text(&self) -> String {
        match self.literals.as_slice() {
            [one] => format!("{} = {one}", self.field),
            many => format!("{} in ({})", self.field, many.join(",")),
        }
    }

    /// Two conditions that together say the same.
    fn halves(&self) -> Option<(Self, Self)> {
        let (left, right) = self.literals.split_at_checked(self.literals.len() / 2)?;
        let part = |literals: &[String]| Self { field: self.field.clone(), literals: literals.to_vec() };
        (!left.is_empty()).then(|| (part(left), part(right)))
    }
}

pub(crate) fn check_id(described: &Described, id: &str) -> Result<(), VtigerError> {
    match id_parts(id) {
        Some((prefix, _)) if prefix == described.prefix => Ok(()),
        _ => Err(VtigerError::ForeignId { kind: described.kind().clone(), prefix: described.prefix.clone() }),
    }
}

/// A value as a quoted literal; `None` for a value that no record of VTiger's can hold.
fn literal_of(field: &FieldSchema, value: &Value, zone: &TimeZone) -> Result<Option<String>, VtigerError> {
    let text =
        wire_text(field, value, zone).map_err(|misfit| VtigerError::Misfit(MisfitSummary::from(&misfit)))?;
    if text.chars().any(|c| u32::from(c) > 0xFFFF) {
        // The tables are utf8mb3: what was sent with such a character is stored with question marks.
        return Ok(None);
    }
    quoted(&field.name, &text).map(Some)
}

/// Quotes and escapes. VTiger doubles no backslash by itself, so an unescaped one is an injection.
fn quoted(field: &FieldName, text: &str) -> Result<String, VtigerError> {
    let refuse = |why| Err(VtigerError::Inexpressible { field: field.clone(), why });
    if text.is_empty() {
        return refuse("VTiger has no comparison with an empty value");
    }
    if text.ends_with('\\') {
        return refuse("the value ends in a backslash");
    }
    if text.chars().any(|c| c == '\0' || c == '\u{1a}') {
        return refuse("the value holds a control character");
    }
    Ok(format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''")))
}

/// A page of the feed after `position`, in the order of (modifiedtime, id).
pub(crate) fn feed_page(
    described: &Described,
    columns: &Columns,
    position: &Position,
    limit: u32,
) -> Result<String, VtigerError> {
    let module = described.kind();
    let field = FieldName::from("modifiedtime");
    let condition = match (&position.at, &position.id) {
        (None, _) => String::new(),
        (Some(at), None) => format!("where modifiedtime >= {} ", quoted(&field, at)?),
        (Some(at), Some(id)) => {
            check_id(described, id)?;
            let at = quoted(&field, at)?;
            // AND binds first, and there are no parentheses.
            format!("where modifiedtime > {at} or modifiedtime = {at} and id > '{id}' ")
        }
    };
    let names = columns.text();
    Ok(format!("select {names} from {module} {condition}order by modifiedtime, id limit {limit};"))
}

/// A page of records by id, after `after`.
pub(crate) fn record_page(
    described: &Described,
    columns: &Columns,
    conditions: &[Condition],
    after: Option<&str>,
    limit: u32,
) -> String {
    let mut parts: Vec<String> = conditions.iter().map(Condition::text).collect();
    parts.extend(after.map(|id| format!("id > '{id}'")));
    let condition = if parts.is_empty() { String::new() } else { format!("where {} ", parts.join(" and ")) };
    let (names, module) = (columns.text(), described.kind());
    format!("select {names} from {module} {condition}order by id limit {limit};")
}

/// A page of records by id, the highest first, before `before`.
pub(crate) fn newest_page(
    described: &Described,
    columns: &Columns,
    before: Option<&str>,
    limit: u32,
) -> String {
    let condition = before.map(|id| format!("where id < '{id}' ")).unwrap_or_default();
    let (names, module) = (columns.text(), described.kind());
    format!("select {names} from {module} {condition}order by id desc limit {limit};")
}

/// The record with the highest id, whatever its fields: a question formed unlike [`record_page`], so that the one's
/// empty answer can be held against the other's.
pub(crate) fn highest(described: &Described) -> String {
    format!("select id from {} order by id desc limit 1;", described.kind())
}

/// Any record at all: the plainest question there is.
pub(crate) fn any(kind: &Kind) -> String {
    format!("select id from {kind} limit 1;")
}

/// The newest stamps of a module.
pub(crate) fn newest(described: &Described) -> String {
    format!("select id,modifiedtime from {} order by modifiedtime desc limit 1;", described.kind())
}

/// Splits conditions until each part makes a question that `fits`; together the parts ask the same.
pub(crate) fn split(
    conditions: Vec<Condition>,
    fits: &dyn Fn(&[Condition]) -> bool,
) -> Result<Vec<Vec<Condition>>, VtigerError> {
    let mut done = Vec::new();
    let mut open = vec![conditions];
    while let Some(part) = open.pop() {
        if fits(&part) {
            done.push(part);
            continue;
        }
        let widest = part
            .iter()
            .enumerate()
            .max_by_key(|(_, condition)| condition.literals.len())
            .and_then(|(at, condition)| condition.halves().map(|halves| (at, halves)));
        let Some((at, (left, right))) = widest else {
            let field =
                part.first().map_or_else(|| FieldName::from("id"), |condition| condition.field.clone());
            return Err(VtigerError::Inexpressible {
                field,
                why: "the question is longer than web servers take",
            });
        };
        // The right half is pushed first, so that the left one is asked first.
        for half in [right, left] {
            let mut next = part.clone();
            if let Some(slot) = next.get_mut(at) {
                *slot = half;
            }
            open.push(next);
        }
    }
    Ok(done)
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
