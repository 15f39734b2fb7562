//! From the form of a file to a mapping, or to everything that is wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::mapping::diagnostic::{Problem, Problems, near, placed, together};
use crate::mapping::file::{self, Entries, MappingForm, Placed, SettingForm};
use crate::mapping::phrases;
use crate::mapping::place::{DocumentPart, Place, UnitPart};
use crate::mapping::rules::parts;
use crate::mapping::sentence::{Said, Sentence};
use crate::mapping::validate_unit::Inherited;
use crate::mapping::{BindProblem, Mapping, OwnTransforms, SettingSpec};
use crate::name::{Role, UnitName};
use crate::policy::ConflictPolicy;

/// A mapping that was found to be right, and where each of its parts stands in the text it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedMapping {
    /// The mapping; fields may still be named by their labels (see [`crate::mapping::bind`]).
    pub mapping: Mapping,
    /// Where its parts stand, in bytes of the text.
    pub places: BTreeMap<Place, Range<usize>>,
}

impl ParsedMapping {
    /// A problem that was found against the systems' schemas, pointing into the text it came from.
    pub fn locate(&self, text: &str, problem: &BindProblem) -> Problem {
        let span = self.places.get(&problem.place).cloned().unwrap_or(0..0);
        let (code, message) = (problem.code.clone(), problem.message.clone());
        let said = problem.said.clone();
        Problem { said, ..placed(text, &span, code, message, problem.remedy.clone()) }
    }
}

/// Reads a mapping file's text.
///
/// Where the text is no TOML, that is told alone. Where its tables and keys are not those of a mapping, that is told with
/// what else is wrong and cannot follow from it; where they are, with everything in which it contradicts itself. Problems are
/// in the order of the file.
///
/// A file that names a transform of somebody's own is refused: see [`parse_with`].
pub fn parse(text: &str) -> Result<ParsedMapping, Vec<Problem>> {
    parse_with(text, &OwnTransforms::default())
}

/// Whether a mapping, a unit, a role or a setting can be called so. Names are parts of keys in stores, logs and commands: small
/// letters, digits, `-` and `_`, and a letter first.
pub fn can_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    name.starts_with(|first: char| first.is_ascii_lowercase()) && name.chars().all(allowed)
}

/// [`parse`] for a program that was built with transforms of its own.
pub fn parse_with(text: &str, own: &OwnTransforms) -> Result<ParsedMapping, Vec<Problem>> {
    let mut problems = Problems::new(text);
    let form = file::read(text, &mut problems);
    let Some(form) = form else { return Err(problems.sorted()) };
    let (parsed, meaning) = Lowering::lower(text, &form, own);
    let problems = together(problems.sorted(), meaning);
    if problems.is_empty() { Ok(parsed) } else { Err(problems) }
}

/// Turns forms into the model. It never stops: what is wrong is told, and something stands in for it so that the rest
/// can be judged; the result counts only where nothing was told.
pub(super) struct Lowering<'a> {
    pub(super) problems: Problems<'a>,
    pub(super) own: &'a OwnTransforms,
    pub(super) places: BTreeMap<Place, Range<usize>>,
    settings: BTreeSet<String>,
    used_settings: BTreeSet<String>,
    /// The document that is being looked at.
    pub(super) unit: UnitName,
    pub(super) role: Role,
}

impl<'a> Lowering<'a> {
    fn new(problems: Problems<'a>, form: &MappingForm, own: &'a OwnTransforms) -> Self {
        Self {
            problems,
            own,
            places: BTreeMap::new(),
            settings: form.settings.iter().map(|(name, _)| name.value.clone()).collect(),
            used_settings: BTreeSet::new(),
            unit: UnitName::new(""),
            role: Role::new(""),
        }
    }

    /// The model of a form, and what is wrong with it.
    pub(super) fn lower(
        text: &'a str,
        form: &MappingForm,
        own: &'a OwnTransforms,
    ) -> (ParsedMapping, Vec<Problem>) {
        let mut lowering = Self::new(Problems::new(text), form, own);
        let mapping = lowering.mapping(form);
        let Self { problems, places, .. } = lowering;
        (ParsedMapping { mapping, places }, problems.sorted())
    }

    fn mapping(&mut self, form: &MappingForm) -> Mapping {
        self.name_form(&form.name, phrases::name_of_mapping());
        self.not_empty(&form.title, phrases::title_of_mapping());
        let settings = self.setting_specs(&form.settings);
        if form.unit.is_empty() {
            self.problems.add(&form.name.span, parts::no_units());
        }
        self.unique(form.unit.iter().map(|unit| &unit.name), |name| parts::unit_twice(name));
        let nothing_said = Inherited {
            conflict: ConflictPolicy::default(),
            first_contact: None,
            deletes: None,
            on_drift: None,
        };
        let defaults = nothing_said
            .or(form.conflict.as_ref(), form.first_contact.as_ref(), form.deletes.as_ref())
            .or_on_drift(form.on_drift.as_ref());
        let units = form.unit.iter().map(|unit| self.unit_mapping(unit, defaults)).collect();
        let mut mapping =
            Mapping { name: form.name.as_str().into(), title: form.title.value.clone(), settings, units };
        self.check_references(&mapping);
        self.put_in_order(&mut mapping);
        for (name, _) in &form.settings {
            if !self.used_settings.contains(&name.value) {
                self.problems.add(&name.span, parts::setting_unused(&name.value));
            }
        }
        mapping
    }

    fn setting_specs(&mut self, forms: &Entries<SettingForm>) -> BTreeMap<String, SettingSpec> {
        let mut specs = BTreeMap::new();
        for (name, form) in forms {
            self.name_form(name, phrases::name_of_setting());
            self.not_empty(&form.help, phrases::help_of_setting());
            let required = form.required.as_ref().is_some_and(|required| required.value);
            if let (true, Some(default)) = (required, &form.default) {
                self.problems.add(&default.span, parts::setting_with_default(&name.value));
            }
            self.places.insert(Place::Setting { name: name.value.clone() }, name.span.clone());
            let default = form.default.as_ref().map(|default| default.value.clone());
            let help = form.help.value.clone();
            specs.insert(name.value.clone(), SettingSpec { help, default, required });
        }
        specs
    }

    /// Notes that a setting is used, and tells where it is not declared.
    pub(super) fn setting(&mut self, name: &Placed<String>) -> String {
        self.used_settings.insert(name.value.clone());
        if !self.settings.contains(&name.value) {
            let near = near(name, self.settings.iter().map(String::as_str));
            self.problems.add(&name.span, parts::setting_unknown(&name.value, near));
        }
        name.value.clone()
    }

    pub(super) fn unit_place(&self, part: UnitPart) -> Place {
        Place::Unit { unit: self.unit.clone(), part }
    }

    pub(super) fn document_place(&self, part: DocumentPart) -> Place {
        Place::Document { unit: self.unit.clone(), role: self.role.clone(), part }
    }

    /// Remembers where a part of the unit stands.
    pub(super) fn at_unit(&mut self, part: UnitPart, span: &Range<usize>) {
        let place = self.unit_place(part);
        self.places.entry(place).or_insert_with(|| span.clone());
    }

    /// Remembers where a part of the document stands.
    pub(super) fn at_document(&mut self, part: DocumentPart, span: &Range<usize>) {
        let place = self.document_place(part);
        self.places.entry(place).or_insert_with(|| span.clone());
    }

    pub(super) fn span(&self, place: &Place) -> Range<usize> {
        self.places.get(place).cloned().unwrap_or(0..0)
    }

    pub(super) fn name_form(&mut self, name: &Placed<String>, what: Sentence) {
        if !can_name(&name.value) {
            self.problems.add(&name.span, parts::name_form(&name.value, what));
        }
    }

    pub(super) fn not_empty(&mut self, text: &Placed<String>, what: Sentence) {
        if text.trim().is_empty() {
            self.problems.add(&text.span, parts::empty(what));
        }
    }

    pub(super) fn unique<'n>(
        &mut self,
        names: impl Iterator<Item = &'n Placed<String>>,
        twice: impl Fn(&str) -> Said,
    ) {
        let mut seen: BTreeMap<&str, &Range<usize>> = BTreeMap::new();
        for name in names {
            if let Some(first) = seen.get(name.as_str()) {
                let first = (*first, "the first one");
                self.problems.add_related(&name.span, first, twice(&name.value));
            } else {
                seen.insert(name.as_str(), &name.span);
            }
        }
    }
}
