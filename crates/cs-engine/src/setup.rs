//! Gets a mapping ready for a run: settings filled in, labels resolved, both systems' schemas at hand.

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::mapping::drift::{Seen, compare};
use cs_domain::mapping::{
    BindProblem, DocumentMapping, Place, SettingMisfit, SettingSpec, Settings, Severity, bind,
    setting_misfits,
};
use cs_domain::{Event, FieldType, Kind, KindSchema, Mapping};
use cs_ports::PeerError;

use crate::drift;
use crate::error::EngineError;
use crate::report::Reporter;
use crate::run::Engine;

/// Something about the installation that a person has to mend before a mapping can run.
pub type SetupProblem = BindProblem;

/// A mapping that fits the two systems.
pub(crate) struct Ready {
    pub(crate) mapping: Mapping,
    pub(crate) settings: Settings,
    pub(crate) vtiger: BTreeMap<Kind, KindSchema>,
    pub(crate) frappe: BTreeMap<Kind, KindSchema>,
}

impl Engine {
    /// What about the two systems does not fit the mapping and what was supplied for its settings: errors and warnings, all
    /// of them but what [`missing_settings`] tells without asking anybody.
    pub async fn examine(
        &self,
        mapping: &Mapping,
        supplied: &Settings,
    ) -> Result<Vec<SetupProblem>, PeerError> {
        let reporter = Reporter::unrecorded(self.observers.clone());
        let (vtiger, frappe) = self.read_schemas(mapping, &reporter).await?;
        let misfits = setting_misfits(mapping, &filled_in(mapping, supplied), &vtiger, &frappe);
        let problem =
            |misfit: SettingMisfit| setting_problem(&misfit.setting.clone(), &setting_form(mapping, misfit));
        let mut problems: Vec<SetupProblem> = misfits.into_iter().map(problem).collect();
        problems
            .extend(bind(mapping, &vtiger, &frappe).map_or_else(|problems| problems, |bound| bound.warnings));
        Ok(problems)
    }

    pub(crate) async fn ready(
        &self,
        mapping: &Mapping,
        supplied: &Settings,
        reporter: &Reporter,
    ) -> Result<Ready, EngineError> {
        let settings = settings(mapping, supplied)?;
        let (vtiger, frappe) = self.read_schemas(mapping, reporter).await?;
        let now = Seen { vtiger, frappe };
        let before = drift::relied_on(self.store.as_ref(), mapping).await?;
        let drifts = compare(mapping, &before, &now);
        for drift in &drifts {
            reporter.tell(Event::Drifted { drift: Box::new(drift.clone()) });
        }
        if reporter.leaves_traces() {
            self.note_seen(mapping, &now).await?;
        }
        let fitting = drift::as_run(mapping, &before, &drifts)?;
        let bound = bind(&fitting, &now.vtiger, &now.frappe).map_err(|problems| EngineError::Unfit {
            mapping: mapping.name.to_string(),
            problems: problems.into_iter().filter(|problem| problem.severity == Severity::Error).collect(),
        })?;
        if let Some(misfit) = setting_misfits(mapping, &settings, &now.vtiger, &now.frappe).into_iter().next()
        {
            return Err(setting_form(mapping, misfit));
        }
        if reporter.leaves_traces() {
            self.rely_on_unchanged(mapping, (&before, &now), &drifts).await?;
        }
        Ok(Ready { mapping: bound.mapping, settings, vtiger: now.vtiger, frappe: now.frappe })
    }

    pub(crate) async fn read_schemas(
        &self,
        mapping: &Mapping,
        reporter: &Reporter,
    ) -> Result<(BTreeMap<Kind, KindSchema>, BTreeMap<Kind, KindSchema>), PeerError> {
        let mut vtiger = BTreeMap::new();
        let mut frappe = BTreeMap::new();
        for unit in &mapping.units {
            self.read_schema(self.vtiger.as_ref(), &unit.module, &mut vtiger, reporter).await?;
            for document in &unit.documents {
                self.read_schema(self.frappe.as_ref(), &document.doctype, &mut frappe, reporter).await?;
                for rows in tables(document, &frappe) {
                    self.read_schema(self.frappe.as_ref(), &rows, &mut frappe, reporter).await?;
                }
            }
        }
        Ok((vtiger, frappe))
    }

    /// Reads a schema that is not there yet. A kind that does not exist is left out: binding says so, in the mapping's
    /// words.
    async fn read_schema(
        &self,
        reader: &dyn cs_ports::Peer,
        kind: &Kind,
        schemas: &mut BTreeMap<Kind, KindSchema>,
        reporter: &Reporter,
    ) -> Result<(), PeerError> {
        if schemas.contains_key(kind) {
            return Ok(());
        }
        match self.patiently(reporter, || reader.schema(kind)).await {
            Ok(schema) => drop(schemas.insert(kind.clone(), schema)),
            Err(error) if error.kind == cs_ports::ErrorKind::Missing => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// What the rows are that a document's rules fill, each once, as far as the DocType is known.
pub(crate) fn tables(document: &DocumentMapping, frappe: &BTreeMap<Kind, KindSchema>) -> BTreeSet<Kind> {
    let Some(schema) = frappe.get(&document.doctype) else { return BTreeSet::new() };
    let rows = document.rows.iter().filter_map(|row| match &schema.resolve(row.table.as_str())?.field_type {
        FieldType::Rows { kind } => Some(kind.clone()),
        _ => None,
    });
    rows.collect()
}

/// The settings that the mapping requires and nobody supplied: one problem each, an error.
pub fn missing_settings(mapping: &Mapping, supplied: &Settings) -> Vec<SetupProblem> {
    let missing = lacking(mapping, supplied);
    missing.map(|(name, spec)| setting_problem(name, &setting_missing(mapping, name, spec))).collect()
}

fn setting_problem(name: &str, error: &EngineError) -> SetupProblem {
    let failure = error.failure();
    BindProblem {
        code: failure.code,
        message: failure.cause,
        remedy: failure.remedy,
        place: Place::Setting { name: name.to_owned() },
        severity: Severity::Error,
        said: None,
    }
}

fn lacking<'a>(
    mapping: &'a Mapping,
    supplied: &'a Settings,
) -> impl Iterator<Item = (&'a String, &'a SettingSpec)> {
    let wanting = |(name, spec): &(&String, &SettingSpec)| {
        spec.required && spec.default.is_none() && !supplied.contains_key(*name)
    };
    mapping.settings.iter().filter(wanting)
}

fn setting_missing(mapping: &Mapping, name: &str, spec: &SettingSpec) -> EngineError {
    EngineError::SettingMissing {
        mapping: mapping.name.to_string(),
        setting: name.to_owned(),
        help: spec.help.clone(),
    }
}

fn setting_form(mapping: &Mapping, misfit: SettingMisfit) -> EngineError {
    EngineError::SettingForm { mapping: mapping.name.to_string(), misfit: Box::new(misfit) }
}

fn settings(mapping: &Mapping, supplied: &Settings) -> Result<Settings, EngineError> {
    match lacking(mapping, supplied).next() {
        Some((name, spec)) => Err(setting_missing(mapping, name, spec)),
        None => Ok(filled_in(mapping, supplied)),
    }
}

/// What was supplied, and defaults for the rest.
fn filled_in(mapping: &Mapping, supplied: &Settings) -> Settings {
    let value = |(name, spec): (&String, &SettingSpec)| {
        let value = supplied.get(name).or(spec.default.as_ref())?;
        Some((name.clone(), value.clone()))
    };
    mapping.settings.iter().filter_map(value).collect()
}
