//! One row that must stand in a child table, in full.

mod typed;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query};
use cs_domain::mapping::edit::{MappingEdit, RowAt};
use cs_domain::mapping::{DocumentMapping, RowRule, UnitMapping};
use cs_domain::{FieldType, KindSchema, MappingName, Role, UnitName};
use serde::Deserialize;

use super::bench::{Bench, Told};
use super::rule::{Named, named};
use super::{Where, place, revision};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::sent::Sent;
use crate::slips::{Slips, refused};
use crate::visit::{Answer, Visit, done, page};
use crate::work::mappings;
use typed::{TypedColumn, TypedRow, linked};

/// Which row of which document.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Which {
    /// Counted from 0; nothing: a new one.
    #[serde(default)]
    row: String,
    /// The table of a new one.
    #[serde(default)]
    table: String,
}

/// A choice of where a column's value comes from.
struct Choice {
    value: String,
    label: String,
}

#[derive(Template)]
#[template(path = "mappings/row.html")]
struct RowPage<'b> {
    frame: Frame,
    bench: &'b Bench,
    unit: &'b UnitMapping,
    document: &'b DocumentMapping,
    /// Which row it is; `None`: a new one.
    index: Option<usize>,
    typed: TypedRow,
    /// The DocType's tables, and what the chosen one has.
    tables: Vec<Named>,
    columns: Vec<Named>,
    ours: Vec<Named>,
    /// Documents of the unit, and of the records that its module points at.
    documents: Vec<Choice>,
    links: Vec<Choice>,
    told: Vec<&'b Told>,
    slips: Slips,
    above: Vec<String>,
}

impl<'b> RowPage<'b> {
    fn of(
        visit: &Visit,
        bench: &'b Bench,
        at: &Where,
        which: &Which,
        sent: Option<TypedRow>,
        slips: Slips,
    ) -> Result<Self, WebError> {
        let (unit, document) = bench.seat(at).ok_or_else(|| WebError::not_there("document", &at.role))?;
        let index = which.index(document)?;
        let there = index.and_then(|index| document.rows.get(index));
        let new = || TypedRow { table: which.table.clone(), ..TypedRow::default() };
        let typed = sent.unwrap_or_else(|| there.map_or_else(new, TypedRow::of));
        let module = bench.vtiger.get(&unit.module);
        let others = unit.documents.iter().filter(|other| other.role != document.role);
        Ok(Self {
            frame: visit.titled(Section::Mappings, bench.name().to_string()),
            tables: tables(bench, document),
            columns: named(bench.rows_of(document, &typed.table)),
            ours: named(module),
            documents: others
                .map(|other| Choice {
                    value: format!("document:{}", other.role),
                    label: format!("{} ({})", other.role, other.doctype),
                })
                .collect(),
            links: links(bench, unit, module),
            told: index.map(|index| bench.of_row(&unit.name, &document.role, index)).unwrap_or_default(),
            above: slips.besides(&["table", "columns"]).into_iter().map(str::to_owned).collect(),
            bench,
            unit,
            document,
            index,
            typed,
            slips,
        })
    }

    /// The columns there are, and some more.
    fn lines(&self) -> Vec<TypedColumn> {
        let more = TypedColumn { join: " ".to_owned(), ..TypedColumn::default() };
        let more = std::iter::repeat_n(more, if self.typed.columns.is_empty() { 4 } else { 2 });
        self.typed.columns.iter().cloned().chain(more).collect()
    }

    fn knows_table(&self) -> bool {
        self.tables.iter().any(|one| one.name == self.typed.table)
    }

    /// Whether a column's value comes from this VTiger field.
    #[allow(clippy::unused_self, reason = "templates ask their page")]
    fn is_field(&self, source: &str, field: &Named) -> bool {
        let chosen = source.strip_prefix("vtiger:");
        chosen.is_some_and(|chosen| chosen == field.name || chosen == field.label)
    }

    /// A source that is none of the choices, as the file writes it: a field that VTiger does not tell of, a role that is gone.
    fn besides(&self, source: &str) -> Option<String> {
        let settings = self.bench.mapping().map(|mapping| &mapping.settings);
        let setting = source.strip_prefix("setting:");
        let known = source.is_empty()
            || source == "constant"
            || self.ours.iter().any(|field| self.is_field(source, field))
            || self.documents.iter().chain(&self.links).any(|choice| choice.value == source)
            || setting.is_some_and(|name| settings.is_some_and(|settings| settings.contains_key(name)));
        (!known).then(|| source.split_once(':').map_or(source, |(_, rest)| rest).to_owned())
    }

    /// The fields that are joined to the first one, and one more.
    #[allow(clippy::unused_self, reason = "templates ask their page")]
    fn joined(&self, line: &TypedColumn) -> Vec<String> {
        line.with.iter().cloned().chain([String::new()]).collect()
    }
}

impl Which {
    fn index(&self, document: &DocumentMapping) -> Result<Option<usize>, WebError> {
        if self.row.is_empty() {
            return Ok(None);
        }
        let index = self.row.parse().ok().filter(|index| *index < document.rows.len());
        index.map(Some).ok_or_else(|| WebError::not_there("row", &self.row))
    }
}

/// The tables of a document's DocType.
pub(super) fn tables(bench: &Bench, document: &DocumentMapping) -> Vec<Named> {
    let schema = bench.frappe.get(&document.doctype);
    let is_table = |one: &Named| {
        let field = schema.and_then(|schema| schema.resolve(&one.name));
        field.is_some_and(|field| matches!(field.field_type, FieldType::Rows { .. }))
    };
    named(schema).into_iter().filter(is_table).collect()
}

/// Every document of another unit, through every field of the module that points at records.
fn links(bench: &Bench, unit: &UnitMapping, module: Option<&Arc<KindSchema>>) -> Vec<Choice> {
    let units = bench.mapping().map(|mapping| mapping.units.as_slice()).unwrap_or_default();
    let points = |field: &&Named| {
        let found = module.and_then(|module| module.resolve(&field.name));
        found.is_some_and(|field| matches!(field.field_type, FieldType::Reference { .. }))
    };
    let others = units.iter().filter(|other| other.name != unit.name);
    let documents: Vec<(&UnitMapping, &DocumentMapping)> =
        others.flat_map(|other| other.documents.iter().map(move |document| (other, document))).collect();
    let fields = named(module);
    fields
        .iter()
        .filter(points)
        .flat_map(|field| documents.iter().map(move |(other, document)| (field, other, document)))
        .map(|(field, other, document)| Choice {
            value: linked(&field.name, other.name.as_str(), document.role.as_str()),
            label: format!("{} → {}/{}", field.label, other.name, document.role),
        })
        .collect()
}

pub(super) async fn show(
    visit: Visit,
    Path(name): Path<MappingName>,
    Query(at): Query<Where>,
    Query(which): Query<Which>,
) -> Answer {
    let mut bench = Bench::of(&visit, &name, "").await?;
    bench.ask_of_table(&visit, &at, &which.table).await;
    page(&RowPage::of(&visit, &bench, &at, &which, None, Slips::default())?)
}

pub(super) async fn save(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    let at = Where::of(&sent);
    let typed = TypedRow::sent(&sent);
    let which = Which { row: sent.text("row").to_owned(), table: typed.table.clone() };
    let mut bench = Bench::of(&visit, &name, "").await?;
    bench.ask_of_table(&visit, &at, &which.table).await;
    match keep(&visit, &bench, &at, &which, &typed, &sent).await {
        Ok(()) => done(&to_rows(&name, &at), "mapping-row-saved"),
        Err(error) => {
            let slips = Slips::caught(error)?;
            refused(&RowPage::of(&visit, &bench, &at, &which, Some(typed), slips)?)
        }
    }
}

async fn keep(
    visit: &Visit,
    bench: &Bench,
    at: &Where,
    which: &Which,
    typed: &TypedRow,
    sent: &Sent,
) -> Result<(), WebError> {
    let (unit, document) = bench.seat(at).ok_or_else(|| WebError::not_there("document", &at.role))?;
    let index = which.index(document)?;
    let was = index.and_then(|index| document.rows.get(index));
    let schema = bench.rows_of(document, &typed.table).map(AsRef::as_ref);
    let row: RowRule = typed.row(&visit.words, schema, was)?;
    let at = index.map(|index| RowAt { index, of: document.rows.len() });
    let edit = MappingEdit::SetRow { unit: unit.name.clone(), role: document.role.clone(), at, row };
    mappings::edit(visit, bench.name(), revision(sent), &[edit]).await?;
    Ok(())
}

/// Takes a row out.
pub(super) async fn drop_one(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    let at = Where::of(&sent);
    let standing = mappings::standing(&visit, &name).await?;
    let sketch = mappings::sketched(&visit, standing.text());
    let (unit, role) = (UnitName::new(&at.unit), Role::new(&at.role));
    let document = sketch.parsed.as_ref().and_then(|parsed| parsed.mapping.unit(&unit)?.document(&role));
    let document = document.ok_or_else(|| WebError::not_there("document", &at.role))?;
    let which = Which { row: sent.text("row").to_owned(), table: String::new() };
    let index = which.index(document)?.ok_or_else(|| WebError::not_there("row", ""))?;
    let edit = MappingEdit::DropRow { unit, role, at: RowAt { index, of: document.rows.len() } };
    mappings::edit(&visit, &name, revision(&sent), &[edit]).await?;
    done(&to_rows(&name, &at), "mapping-row-dropped")
}

fn to_rows(name: &MappingName, at: &Where) -> String {
    format!("{}?{}#rows", place(name, ""), at.query())
}
