//! What stands around every page of one mapping: how it stands, its tabs, and what is wrong with it and where.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cs_domain::mapping::edit::Level;
use cs_domain::mapping::{
    DocumentMapping, DocumentPart, Place, Severity, Sketch, UnitMapping, UnitPart, bind,
};
use cs_domain::{FieldName, FieldType, Kind, KindSchema, Mapping, MappingName, Role, System, UnitName};

use super::{Where, doubts};
use crate::error::WebError;
use crate::pages::{places, shown};
use crate::visit::Visit;
use crate::words::Words;
use crate::work::mappings::{self, Standing};

/// The tabs: path and the key of what each is called.
pub(super) const TABS: [(&str, &str); 8] = [
    ("", "mapping-tab-fields"),
    ("documents", "mapping-tab-documents"),
    ("selection", "mapping-tab-selection"),
    ("preview", "mapping-tab-preview"),
    ("linking", "mapping-tab-linking"),
    ("drift", "mapping-tab-drift"),
    ("history", "mapping-tab-history"),
    ("text", "mapping-tab-text"),
];

/// Something that is wrong, or may go wrong, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// Where, as far as that is known.
    pub(super) place: Option<Place>,
    /// What.
    pub(super) message: String,
    /// What would be right.
    pub(super) help: String,
    /// The line of the text, where the text says it.
    pub(super) line: Option<usize>,
    /// Whether it keeps the mapping from running; else it may keep some records from being taken.
    pub(super) bad: bool,
    /// Whether it is about the systems as they are, not about the text: it does not keep from publishing.
    pub(super) of_systems: bool,
}

impl Told {
    /// Where, in words.
    pub(super) fn spot(&self, words: &Words) -> String {
        self.place.as_ref().map(|place| places::place(words, place)).unwrap_or_default()
    }
}

/// A mapping on the bench.
pub(super) struct Bench {
    pub(super) standing: Standing,
    pub(super) sketch: Sketch,
    /// What both systems say of the kinds that the mapping names.
    pub(super) vtiger: BTreeMap<Kind, Arc<KindSchema>>,
    pub(super) frappe: BTreeMap<Kind, Arc<KindSchema>>,
    /// Why a system did not say.
    pub(super) silent: Vec<String>,
    /// The systems that did not say; they are asked no more.
    given_up: Vec<System>,
    pub(super) told: Vec<Told>,
    /// How many of them keep the text from being published.
    pub(super) problems: u64,
    /// The tab that is open: its path.
    pub(super) tab: &'static str,
}

impl Bench {
    pub(super) async fn of(visit: &Visit, name: &MappingName, tab: &'static str) -> Result<Self, WebError> {
        let standing = mappings::standing(visit, name).await?;
        let sketch = mappings::sketched(visit, standing.text());
        let mut bench = Self {
            standing,
            sketch,
            vtiger: BTreeMap::new(),
            frappe: BTreeMap::new(),
            silent: Vec::new(),
            given_up: Vec::new(),
            told: Vec::new(),
            problems: 0,
            tab,
        };
        bench.ask(visit).await;
        bench.told = bench.wrong(visit);
        let doubts = doubts::doubts(&bench, &visit.words);
        bench.told.extend(doubts);
        bench.problems = bench.told.iter().filter(|told| told.bad && !told.of_systems).count() as u64;
        Ok(bench)
    }

    pub(super) fn name(&self) -> &MappingName {
        &self.standing.name
    }

    /// Its title, as its text says it.
    pub(super) fn title(&self) -> &str {
        self.mapping().map(|mapping| mapping.title.as_str()).unwrap_or_default()
    }

    /// Its title, as the reader is told it.
    pub(super) fn heading(&self, words: &Words) -> String {
        words.title(self.title())
    }

    pub(super) fn mapping(&self) -> Option<&Mapping> {
        self.sketch.parsed.as_ref().map(|parsed| &parsed.mapping)
    }

    /// Whether its text can be changed here.
    pub(super) fn open(&self) -> bool {
        self.standing.fixed_by().is_none()
    }

    pub(super) fn revision(&self) -> i64 {
        self.standing.revision()
    }

    /// Where one of its pages is.
    pub(super) fn path(&self, tab: &str) -> String {
        super::place(self.name(), tab)
    }

    #[allow(clippy::unused_self, reason = "templates ask their page")]
    pub(super) fn tabs(&self) -> [(&'static str, &'static str); TABS.len()] {
        TABS
    }

    /// Which text runs, in words.
    pub(super) fn runs(&self, words: &Words) -> String {
        match &self.standing.running {
            Some(running) => edition(words, &running.edition),
            None => words.say("mapping-runs-nothing"),
        }
    }

    /// That a file fixes it, in words.
    pub(super) fn fixed(&self, words: &Words) -> Option<String> {
        let file = self.standing.fixed_by()?.to_owned();
        Some(words.tell("mapping-is-fixed", &[("file", file.into())]))
    }

    /// Whether this version runs.
    pub(super) fn runs_version(&self, number: &i64) -> bool {
        self.standing.number() == Some(*number)
    }

    /// Asks both systems about the kinds that are named. One that does not answer is told of, and the page works without it.
    async fn ask(&mut self, visit: &Visit) {
        let Some(mapping) = self.mapping() else { return };
        let mut wanted: Vec<(System, Kind)> = Vec::new();
        for unit in &mapping.units {
            wanted.push((System::Vtiger, unit.module.clone()));
            wanted.extend(unit.documents.iter().map(|document| (System::Frappe, document.doctype.clone())));
        }
        self.ask_for(visit, wanted).await;
        self.ask_for(visit, self.tables()).await;
    }

    /// What the rows are that the mapping fills, as far as their documents are known.
    fn tables(&self) -> Vec<(System, Kind)> {
        let units = self.mapping().map(|mapping| mapping.units.as_slice()).unwrap_or_default();
        let documents = units.iter().flat_map(|unit| &unit.documents);
        let rows = documents.flat_map(|document| document.rows.iter().map(move |row| (document, row)));
        let kinds = rows.filter_map(|(document, row)| self.kind_of_rows(document, row.table.as_str()));
        kinds.map(|kind| (System::Frappe, kind.clone())).collect()
    }

    /// Asks what the rows of a table are that no row fills yet.
    pub(super) async fn ask_of_table(&mut self, visit: &Visit, at: &Where, table: &str) {
        let document = self.seat(at).map(|(_, document)| document);
        let kind = document.and_then(|document| self.kind_of_rows(document, table).cloned());
        self.ask_for(visit, kind.into_iter().map(|kind| (System::Frappe, kind)).collect()).await;
    }

    async fn ask_for(&mut self, visit: &Visit, mut wanted: Vec<(System, Kind)>) {
        wanted.sort();
        wanted.dedup();
        for (system, kind) in wanted {
            if self.given_up.contains(&system) || self.known(system).contains_key(&kind) {
                continue;
            }
            match visit.web.office.kind_schema(system, &kind).await {
                Ok(Some(schema)) => drop(self.known(system).insert(kind, schema)),
                Ok(None) => {}
                Err(error) => {
                    let failure = error.failure();
                    self.silent.push(format!("{system}: {}", shown::cause(&visit.words, &failure)));
                    self.given_up.push(system);
                }
            }
        }
    }

    fn known(&mut self, system: System) -> &mut BTreeMap<Kind, Arc<KindSchema>> {
        if system == System::Vtiger { &mut self.vtiger } else { &mut self.frappe }
    }

    fn kind_of_rows(&self, document: &DocumentMapping, table: &str) -> Option<&Kind> {
        match &self.frappe.get(&document.doctype)?.resolve(table)?.field_type {
            FieldType::Rows { kind } => Some(kind),
            _ => None,
        }
    }

    /// What the rows of a document's table are, where Frappe told.
    pub(super) fn rows_of(&self, document: &DocumentMapping, table: &str) -> Option<&Arc<KindSchema>> {
        self.frappe.get(self.kind_of_rows(document, table)?)
    }

    fn wrong(&self, visit: &Visit) -> Vec<Told> {
        let name = self.name();
        let own = mappings::problems(visit, name, self.standing.text());
        let mut told: Vec<Told> = own
            .into_iter()
            .map(|problem| {
                let (message, help) = mappings::worded(&visit.words, &problem);
                Told {
                    place: self.sketch.place_of(&problem).cloned(),
                    message,
                    help,
                    line: Some(problem.line),
                    bad: true,
                    of_systems: false,
                }
            })
            .collect();
        // Against the systems only what is right by itself is held, and only where both answer.
        if let Some(mapping) = self.mapping()
            && told.is_empty()
            && self.silent.is_empty()
        {
            let whole = |known: &BTreeMap<Kind, Arc<KindSchema>>| {
                known.iter().map(|(kind, schema)| (kind.clone(), KindSchema::clone(schema))).collect()
            };
            let found = bind(mapping, &whole(&self.vtiger), &whole(&self.frappe));
            let found = found.map_or_else(|problems| problems, |bound| bound.warnings);
            told.extend(found.into_iter().map(|problem| {
                let own = (problem.message, problem.remedy);
                let (message, help) = mappings::said(&visit.words, problem.said.as_ref()).unwrap_or(own);
                Told {
                    place: Some(problem.place),
                    message,
                    help,
                    line: None,
                    bad: problem.severity == Severity::Error,
                    of_systems: true,
                }
            }));
        }
        told
    }

    /// The unit and document that a page is about.
    pub(super) fn seat(&self, at: &Where) -> Option<(&UnitMapping, &DocumentMapping)> {
        let units = self.mapping().map(|mapping| mapping.units.as_slice()).unwrap_or_default();
        let unit = units.iter().find(|unit| unit.name.as_str() == at.unit).or(units.first())?;
        let documents = &unit.documents;
        let document = documents.iter().find(|document| document.role.as_str() == at.role);
        Some((unit, document.or(documents.first())?))
    }

    /// What is told of a Frappe field of a document.
    pub(super) fn of_field(&self, unit: &UnitName, role: &Role, field: &FieldName) -> Vec<&Told> {
        self.of_document(unit, role, |part| match part {
            DocumentPart::Field(name) | DocumentPart::Source(name) => name == field,
            _ => false,
        })
    }

    /// What is told of a row of a document.
    pub(super) fn of_row(&self, unit: &UnitName, role: &Role, row: usize) -> Vec<&Told> {
        self.of_document(unit, role, |part| match part {
            DocumentPart::Row(index) | DocumentPart::Column(index, _) => *index == row,
            _ => false,
        })
    }

    /// What is told of a document apart from its fields and rows.
    pub(super) fn of_rest(&self, unit: &UnitName, role: &Role) -> Vec<&Told> {
        use DocumentPart::{Column, Field, Row, Source};
        self.of_document(unit, role, |part| !matches!(part, Field(_) | Source(_) | Row(_) | Column(..)))
    }

    fn of_document(
        &self,
        unit: &UnitName,
        role: &Role,
        wanted: impl Fn(&DocumentPart) -> bool,
    ) -> Vec<&Told> {
        let here = |place: &Place| match place {
            Place::Document { unit: of, role: as_role, part } => {
                of == unit && as_role == role && wanted(part)
            }
            _ => false,
        };
        self.told.iter().filter(|told| told.place.as_ref().is_some_and(here)).collect()
    }

    /// What is told of a unit apart from its documents.
    pub(super) fn of_unit(&self, unit: &UnitName, wanted: impl Fn(&UnitPart) -> bool) -> Vec<&Told> {
        let here = |place: &Place| match place {
            Place::Unit { unit: of, part } => of == unit && wanted(part),
            _ => false,
        };
        self.told.iter().filter(|told| told.place.as_ref().is_some_and(here)).collect()
    }

    /// What is told of a setting.
    pub(super) fn of_setting(&self, name: &str) -> Vec<&Told> {
        let here = |place: &Place| matches!(place, Place::Setting { name: of } if of == name);
        self.told.iter().filter(|told| told.place.as_ref().is_some_and(here)).collect()
    }

    /// Fields of Frappe's that the mapping names and that are not there, where Frappe answered: a whole DocType counts as one.
    pub(super) fn lacks(&self) -> u64 {
        if !self.silent.is_empty() || self.problems > 0 {
            return 0;
        }
        let units = self.mapping().map(|mapping| mapping.units.as_slice()).unwrap_or_default();
        let mut lacking: BTreeSet<(&Kind, Option<&FieldName>)> = BTreeSet::new();
        for document in units.iter().flat_map(|unit| &unit.documents) {
            let Some(schema) = self.frappe.get(&document.doctype) else {
                lacking.insert((&document.doctype, None));
                continue;
            };
            let named = document.fields.iter().map(|rule| &rule.frappe).chain(&document.external_id);
            let gone = named.filter(|field| schema.resolve(field.as_str()).is_none());
            lacking.extend(gone.map(|field| (&document.doctype, Some(field))));
        }
        lacking.len() as u64
    }

    /// What is told of no document and no unit.
    pub(super) fn of_nothing(&self) -> Vec<&Told> {
        let elsewhere = |place: &Place| matches!(place, Place::Setting { .. });
        self.told.iter().filter(|told| told.place.as_ref().is_none_or(elsewhere)).collect()
    }

    /// How much is told of a document, for the row of documents.
    pub(super) fn weight(&self, unit: &UnitName, role: &Role) -> u64 {
        self.of_document(unit, role, |_| true).len() as u64
    }

    /// What is said of policies in one place.
    pub(super) fn said(&self, level: &Level) -> cs_domain::mapping::edit::PoliciesSaid {
        self.sketch.said.get(level).cloned().unwrap_or_default()
    }
}

/// Which text, in words.
pub(crate) fn edition(words: &Words, edition: &cs_domain::Edition) -> String {
    use cs_domain::Origin;
    match edition.origin {
        Origin::Version(number) => words.tell("mapping-version", &[("number", number.to_string().into())]),
        Origin::File => words.tell("mapping-file", &[("digest", edition.digest.clone().into())]),
        Origin::Shipped => words.say("mapping-shipped"),
    }
}
