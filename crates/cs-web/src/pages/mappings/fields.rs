//! The fields of one document: which pairs there are, and both systems' fields to make new ones of.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, Query};
use cs_domain::mapping::edit::MappingEdit;
use cs_domain::mapping::{DocumentMapping, FieldRule, RowRule, Source, UnitMapping};
use cs_domain::policy::{Clearing, ConflictPolicy, Direction};
use cs_domain::{FieldName, FieldSchema, FieldType, KindSchema, MappingName, Role, UnitName};
use serde::Deserialize;

use super::bench::{Bench, Told};
use super::row::tables;
use super::rule::Named;
use super::suggestions::{self, Proposal};
use super::{Where, place, revision};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::pages::shown;
use crate::sent::Sent;
use crate::visit::{Answer, Visit, done, page};
use crate::words::Words;
use crate::work::mappings;

/// A field of one of the systems, to choose.
pub(super) struct Choosable {
    pub(super) name: String,
    pub(super) label: String,
    /// What it holds, in words.
    pub(super) holds: String,
    pub(super) mandatory: bool,
    /// Whether a rule is about it already.
    pub(super) taken: bool,
    /// What a search looks through.
    pub(super) sought: String,
}

/// A rule, as a row.
struct Pair<'b> {
    frappe: String,
    frappe_label: String,
    arrow: &'static str,
    /// The key of what the arrow means.
    way: &'static str,
    /// Where the value comes from, in the mapping's words; with the label where it is a VTiger field.
    source: String,
    source_label: String,
    /// Transforms and whatever else is not as usual, in the mapping's words.
    remarks: Vec<String>,
    told: Vec<&'b Told>,
}

/// A row of a child table, as one of the list.
struct ShownRow<'b> {
    /// Its number, as addresses have it.
    index: usize,
    table: String,
    table_label: String,
    /// Columns, and where their values come from.
    columns: Vec<(String, String)>,
    on_create: bool,
    exclusive: String,
    told: Vec<&'b Told>,
}

/// A document in the row of documents.
struct Stop {
    unit: UnitName,
    role: Role,
    module: String,
    doctype: String,
    told: u64,
    open: bool,
}

#[derive(Template)]
#[template(path = "mappings/fields.html")]
struct FieldsPage<'b> {
    frame: Frame,
    bench: &'b Bench,
    stops: Vec<Stop>,
    seat: Option<Seat<'b>>,
    q: String,
}

/// The document that is open.
struct Seat<'b> {
    unit: &'b UnitMapping,
    document: &'b DocumentMapping,
    pairs: Vec<Pair<'b>>,
    ours: Vec<Choosable>,
    theirs: Vec<Choosable>,
    proposals: Vec<Proposal>,
    rows: Vec<ShownRow<'b>>,
    /// The DocType's tables.
    tables: Vec<Named>,
    /// Fields of the DocType that must be filled and have no rule.
    needed: Vec<String>,
    told: Vec<&'b Told>,
}

#[derive(Deserialize)]
pub(super) struct Sought {
    #[serde(default)]
    q: String,
}

pub(super) async fn show(
    visit: Visit,
    Path(name): Path<MappingName>,
    Query(at): Query<Where>,
    Query(Sought { q }): Query<Sought>,
) -> Answer {
    let bench = Bench::of(&visit, &name, "").await?;
    let frame = visit.titled(Section::Mappings, name.to_string());
    let open = bench.seat(&at).map(|(unit, document)| (unit.name.clone(), document.role.clone()));
    let stops = stops(&bench, open.as_ref());
    let seat = match bench.seat(&at) {
        Some((unit, document)) => {
            let mut seat = seat(&visit.words, &bench, unit, document, &q);
            if bench.open() {
                let found = suggestions::found(&visit, &bench, unit, document).await;
                let told =
                    found.iter().map(|one| suggestions::told(&visit.words, &bench, (unit, document), one));
                seat.proposals = told.collect();
            }
            Some(seat)
        }
        None => None,
    };
    page(&FieldsPage { frame, bench: &bench, stops, seat, q })
}

fn stops(bench: &Bench, open: Option<&(UnitName, Role)>) -> Vec<Stop> {
    let units = bench.mapping().map(|mapping| mapping.units.as_slice()).unwrap_or_default();
    let documents = units.iter().flat_map(|unit| unit.documents.iter().map(move |document| (unit, document)));
    documents
        .map(|(unit, document)| Stop {
            unit: unit.name.clone(),
            role: document.role.clone(),
            module: unit.module.to_string(),
            doctype: document.doctype.to_string(),
            told: bench.weight(&unit.name, &document.role),
            open: open.is_some_and(|(of, role)| *of == unit.name && *role == document.role),
        })
        .collect()
}

fn seat<'b>(
    words: &Words,
    bench: &'b Bench,
    unit: &'b UnitMapping,
    document: &'b DocumentMapping,
    q: &str,
) -> Seat<'b> {
    let ours = bench.vtiger.get(&unit.module).map(AsRef::as_ref);
    let theirs = bench.frappe.get(&document.doctype).map(AsRef::as_ref);
    let read: BTreeSet<&str> =
        document.sources().flat_map(Source::vtiger_fields).map(|field| resolved(ours, field)).collect();
    let ruled = |name: &str| {
        document.fields.iter().any(|rule| rule.frappe.as_str() == name)
            || document.rows.iter().any(|row| row.table.as_str() == name)
            || document.external_id.as_ref().is_some_and(|field| field.as_str() == name)
    };
    let theirs_shown = choosable(words, theirs, q, |field| field.writable, &ruled);
    let needed = theirs.into_iter().flat_map(|schema| schema.fields.values());
    let needed = needed.filter(|field| field.mandatory && field.writable && !ruled(field.name.as_str()));
    Seat {
        unit,
        document,
        pairs: document.fields.iter().map(|rule| pair(words, bench, unit, document, rule)).collect(),
        rows: rows(words, bench, unit, document),
        tables: tables(bench, document),
        ours: choosable(words, ours, q, |_| true, &|name| read.contains(name)),
        theirs: theirs_shown,
        proposals: Vec::new(),
        needed: needed.map(|field| format!("{} ({})", field.label, field.name)).collect(),
        told: bench.of_rest(&unit.name, &document.role),
    }
}

/// A field's API name, where a mapping may name it by its label.
fn resolved<'a>(schema: Option<&'a KindSchema>, field: &'a FieldName) -> &'a str {
    schema
        .and_then(|schema| schema.resolve(field.as_str()))
        .map_or(field.as_str(), |found| found.name.as_str())
}

/// What fields there are to choose from, mandatory ones first.
fn choosable(
    words: &Words,
    schema: Option<&KindSchema>,
    q: &str,
    offered: impl Fn(&FieldSchema) -> bool,
    taken: &dyn Fn(&str) -> bool,
) -> Vec<Choosable> {
    let q = q.trim().to_lowercase();
    let fields = schema.into_iter().flat_map(|schema| schema.fields.values());
    let fields = fields.filter(|field| offered(field) && !matches!(field.field_type, FieldType::Rows { .. }));
    let mut all: Vec<Choosable> = fields
        .map(|field| {
            let holds = holds(words, &field.field_type);
            Choosable {
                name: field.name.to_string(),
                sought: format!("{} {} {holds}", field.label, field.name).to_lowercase(),
                label: field.label.clone(),
                holds,
                mandatory: field.mandatory,
                taken: taken(field.name.as_str()),
            }
        })
        .filter(|field| field.sought.contains(&q))
        .collect();
    all.sort_by_cached_key(|field| (field.taken, !field.mandatory, field.label.to_lowercase()));
    all
}

/// Which way values travel, as an arrow, and the key of what it means.
pub(super) fn arrow(direction: Direction) -> (&'static str, &'static str) {
    match direction {
        Direction::Both => ("⇄", "mapping-way-both"),
        Direction::ToFrappe => ("→", "mapping-way-to-frappe"),
        Direction::ToVtiger => ("←", "mapping-way-to-vtiger"),
    }
}

/// What a field holds, in words.
pub(super) fn holds(words: &Words, field_type: &FieldType) -> String {
    let key = match field_type {
        FieldType::Text => "text",
        FieldType::Integer => "integer",
        FieldType::Decimal { .. } => "decimal",
        FieldType::Boolean => "boolean",
        FieldType::Date => "date",
        FieldType::DateTime => "datetime",
        FieldType::Choice { values, .. } => {
            return words.count("mapping-holds-choice", &(values.len() as u64));
        }
        FieldType::Reference { kinds } => {
            let kinds: Vec<&str> = kinds.iter().map(cs_domain::Kind::as_str).collect();
            return words.tell("mapping-holds-reference", &[("kinds", kinds.join(", ").into())]);
        }
        FieldType::Rows { .. } => "rows",
        FieldType::Other { name } => {
            let known = words.said(&format!("mapping-holds-{}", name.replace(' ', "-")));
            return known.unwrap_or_else(|| name.clone());
        }
    };
    words.say(&format!("mapping-holds-{key}"))
}

/// Where a value comes from, in the reader's language.
fn source(words: &Words, source: &Source) -> String {
    match source {
        Source::Fields { names, join } => {
            let names: Vec<&str> = names.iter().map(FieldName::as_str).collect();
            names.join(&format!(" + {join:?} + "))
        }
        Source::Constant(value) => {
            let value = shown::value(words, value);
            words.tell("mapping-source-constant", &[("value", value.into())])
        }
        Source::Setting(name) => words.tell("mapping-place-setting", &[("name", name.clone().into())]),
        Source::Document(role) => words.tell("mapping-source-document", &[("role", role.to_string().into())]),
        Source::Linked { field, unit, role } => {
            let document = ("document", format!("{unit}/{role}").into());
            words.tell("mapping-source-linked", &[document, ("field", field.to_string().into())])
        }
    }
}

fn rows<'b>(
    words: &Words,
    bench: &'b Bench,
    unit: &UnitMapping,
    document: &DocumentMapping,
) -> Vec<ShownRow<'b>> {
    let schema = bench.frappe.get(&document.doctype);
    let shown = |(index, row): (usize, &RowRule)| {
        let label = schema.and_then(|schema| schema.resolve(row.table.as_str()));
        let exclusive: Vec<&str> = row.exclusive.iter().map(FieldName::as_str).collect();
        let columns = row.columns.iter();
        ShownRow {
            index,
            table: row.table.to_string(),
            table_label: label.map(|field| field.label.clone()).unwrap_or_default(),
            columns: columns.map(|(column, from)| (column.to_string(), source(words, from))).collect(),
            on_create: row.on_create,
            exclusive: exclusive.join(", "),
            told: bench.of_row(&unit.name, &document.role, index),
        }
    };
    document.rows.iter().enumerate().map(shown).collect()
}

/// What a rule says besides names and direction.
pub(super) fn remarks(words: &Words, rule: &FieldRule) -> Vec<String> {
    let step = |name: &str| {
        words.said(&format!("mapping-remark-{}", name.replace('_', "-"))).unwrap_or_else(|| name.to_owned())
    };
    let mut all: Vec<String> = rule.transforms.iter().map(|transform| step(transform.name())).collect();
    let marks = [
        (rule.on_create, "mapping-remark-on-create"),
        (rule.deferred, "mapping-remark-deferred"),
        (rule.clearing == Clearing::Clear, "mapping-remark-clear"),
    ];
    all.extend(marks.into_iter().filter(|(there, _)| *there).map(|(_, key)| words.say(key)));
    all.extend(rule.conflict.map(|policy| {
        words.say(match policy {
            ConflictPolicy::Ask => "mapping-policy-ask",
            ConflictPolicy::VtigerWins => "mapping-policy-vtiger-wins",
            ConflictPolicy::FrappeWins => "mapping-policy-frappe-wins",
            ConflictPolicy::NewestWins => "mapping-policy-newest-wins",
        })
    }));
    all
}

fn pair<'b>(
    words: &Words,
    bench: &'b Bench,
    unit: &UnitMapping,
    document: &DocumentMapping,
    rule: &FieldRule,
) -> Pair<'b> {
    let (arrow, way) = arrow(rule.direction);
    let label = |schema: Option<&std::sync::Arc<KindSchema>>, name: &FieldName| {
        let found = schema.and_then(|schema| schema.resolve(name.as_str()));
        found.map(|field| field.label.clone()).unwrap_or_default()
    };
    let module = bench.vtiger.get(&unit.module);
    let source_label: Vec<String> =
        rule.source.vtiger_fields().iter().map(|field| label(module, field)).collect();
    Pair {
        frappe: rule.frappe.to_string(),
        frappe_label: label(bench.frappe.get(&document.doctype), &rule.frappe),
        arrow,
        way,
        source: source(words, &rule.source),
        source_label: source_label.join(" + "),
        remarks: remarks(words, rule),
        told: bench.of_field(&unit.name, &document.role, &rule.frappe),
    }
}

pub(super) async fn join(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    let at = Where::of(&sent);
    let (vtiger, frappe) = (sent.text("vtiger"), sent.text("frappe"));
    if vtiger.is_empty() || frappe.is_empty() {
        let field = if vtiger.is_empty() { "vtiger" } else { "frappe" };
        return Err(WebError::invalid(field, visit.words.say("mapping-choose-both")));
    }
    let (unit, role) = (UnitName::new(&at.unit), Role::new(&at.role));
    let edit = MappingEdit::SetField { unit, role, rule: plain_rule(vtiger, frappe) };
    mappings::edit(&visit, &name, revision(&sent), &[edit]).await?;
    done(&format!("{}?{}", place(&name, ""), at.query()), "mapping-paired")
}

/// The two fields hold the same, both ways.
pub(super) fn plain_rule(vtiger: &str, frappe: &str) -> FieldRule {
    FieldRule {
        frappe: FieldName::new(frappe),
        source: Source::Fields { names: vec![FieldName::new(vtiger)], join: " ".to_owned() },
        transforms: Vec::new(),
        direction: Direction::Both,
        clearing: Clearing::Keep,
        conflict: None,
        on_create: false,
        deferred: false,
    }
}

pub(super) async fn unpair(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    let at = Where::of(&sent);
    let (unit, role) = (UnitName::new(&at.unit), Role::new(&at.role));
    let edit = MappingEdit::DropField { unit, role, field: FieldName::new(sent.text("frappe")) };
    mappings::edit(&visit, &name, revision(&sent), &[edit]).await?;
    done(&format!("{}?{}", place(&name, ""), at.query()), "mapping-unpaired")
}
