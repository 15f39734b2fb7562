//! What every step of a run or a dry run needs to know, and nothing that only a run may do.

use std::collections::BTreeMap;

use cs_domain::mapping::{Settings, UnitMapping};
use cs_domain::{Kind, KindSchema, Mapping};
use cs_ports::FieldRequests;
use jiff::civil::Date;

use crate::error::EngineError;
use crate::report::Reporter;
use crate::requests::{frappe_fields_by_kind, vtiger_fields};
use crate::run::{Engine, Job};
use crate::setup::Ready;

/// A mapping made ready, with the two systems it is about.
pub(crate) struct Scope<'e> {
    pub(crate) engine: &'e Engine,
    /// Labels resolved.
    pub(crate) mapping: Mapping,
    /// Defaults filled in.
    pub(crate) settings: Settings,
    /// Frappe's DocTypes.
    pub(crate) schemas: BTreeMap<Kind, KindSchema>,
    /// What is asked of VTiger for the unit that is being gone through.
    pub(crate) vtiger_fields: FieldRequests,
    /// What is asked of Frappe, by DocType.
    pub(crate) frappe_fields: BTreeMap<Kind, FieldRequests>,
    /// Today, where the agency is.
    pub(crate) today: Date,
    pub(crate) reporter: Reporter,
}

impl<'e> Scope<'e> {
    /// A scope that knows nothing of the two systems yet.
    pub(crate) fn new(engine: &'e Engine, job: &Job, reporter: Reporter) -> Self {
        Self {
            engine,
            mapping: job.mapping.clone(),
            settings: Settings::new(),
            schemas: BTreeMap::new(),
            vtiger_fields: FieldRequests::default(),
            frappe_fields: BTreeMap::new(),
            today: engine.clock.now().to_zoned(job.zone.clone()).date(),
            reporter,
        }
    }

    /// Asks both systems for their schemas and fits the mapping to them.
    pub(crate) async fn make_ready(&mut self, job: &Job) -> Result<(), EngineError> {
        let Ready { mapping, settings, schemas } =
            self.engine.ready(&job.mapping, &job.settings, &self.reporter).await?;
        (self.mapping, self.settings, self.schemas) = (mapping, settings, schemas);
        for unit in &self.mapping.units {
            self.frappe_fields.extend(frappe_fields_by_kind(unit));
        }
        Ok(())
    }

    /// Turns to a unit.
    pub(crate) fn turn_to(&mut self, unit: &UnitMapping) {
        self.vtiger_fields = vtiger_fields(unit);
    }
}
