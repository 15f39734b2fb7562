//! Gets a mapping ready for a run: settings filled in, labels resolved, both systems' schemas at hand.

use std::collections::BTreeMap;

use cs_domain::mapping::Settings;
use cs_domain::mapping::{BindProblem, Severity, bind};
use cs_domain::{Kind, KindSchema, Mapping};
use cs_ports::PeerError;

use crate::error::EngineError;
use crate::report::Reporter;
use crate::run::Engine;

/// Something about the installation that a person has to mend before a mapping can run.
pub type SetupProblem = BindProblem;

/// A mapping that fits the two systems.
pub(crate) struct Ready {
    pub(crate) mapping: Mapping,
    pub(crate) settings: Settings,
    pub(crate) schemas: BTreeMap<Kind, KindSchema>,
}

impl Engine {
    /// What about the two systems does not fit the mapping: errors and warnings, all of them.
    pub async fn examine(&self, mapping: &Mapping) -> Result<Vec<SetupProblem>, PeerError> {
        let reporter = Reporter::unrecorded(self.observers.clone());
        let (vtiger, frappe) = self.read_schemas(mapping, &reporter).await?;
        Ok(bind(mapping, &vtiger, &frappe).map_or_else(|problems| problems, |bound| bound.warnings))
    }

    pub(crate) async fn ready(
        &self,
        mapping: &Mapping,
        supplied: &Settings,
        reporter: &Reporter,
    ) -> Result<Ready, EngineError> {
        let settings = settings(mapping, supplied)?;
        let (vtiger, frappe) = self.read_schemas(mapping, reporter).await?;
        let bound = bind(mapping, &vtiger, &frappe).map_err(|problems| EngineError::Unfit {
            mapping: mapping.name.to_string(),
            problems: problems.into_iter().filter(|problem| problem.severity == Severity::Error).collect(),
        })?;
        Ok(Ready { mapping: bound.mapping, settings, schemas: frappe })
    }

    async fn read_schemas(
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

fn settings(mapping: &Mapping, supplied: &Settings) -> Result<Settings, EngineError> {
    let mut settings = Settings::new();
    for (name, spec) in &mapping.settings {
        match supplied.get(name).or(spec.default.as_ref()) {
            Some(value) => drop(settings.insert(name.clone(), value.clone())),
            None if spec.required => {
                return Err(EngineError::SettingMissing {
                    mapping: mapping.name.to_string(),
                    setting: name.clone(),
                    help: spec.help.clone(),
                });
            }
            None => {}
        }
    }
    Ok(settings)
}
