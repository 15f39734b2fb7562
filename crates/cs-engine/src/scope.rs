//! What every step of a run or a dry run needs to know, and nothing that only a run may do.

use std::collections::BTreeMap;

use cs_domain::decide::Schemas;
use cs_domain::mapping::{Settings, UnitMapping};
use cs_domain::{Content, Kind, KindSchema, Mapping, Record, System, Version};
use cs_ports::{FieldRequests, Observation, Peer};
use jiff::civil::Date;

use crate::error::EngineError;
use crate::report::Reporter;
use crate::requests::{frappe_fields_by_kind, vtiger_fields, with_author};
use crate::run::{Engine, Job};
use crate::setup::Ready;
use crate::stop::StopSignal;

/// A mapping made ready, with the two systems it is about.
pub(crate) struct Scope<'e> {
    pub(crate) engine: &'e Engine,
    /// Labels resolved.
    pub(crate) mapping: Mapping,
    /// Defaults filled in.
    pub(crate) settings: Settings,
    /// VTiger's modules.
    pub(crate) vtiger_schemas: BTreeMap<Kind, KindSchema>,
    /// Frappe's DocTypes.
    pub(crate) schemas: BTreeMap<Kind, KindSchema>,
    /// What the mapping reads of VTiger for the unit that is being gone through.
    pub(crate) vtiger_fields: FieldRequests,
    /// The same with what tells who changed it last, and when.
    pub(crate) vtiger_fields_with_author: FieldRequests,
    /// What is asked of Frappe, by DocType.
    pub(crate) frappe_fields: BTreeMap<Kind, FieldRequests>,
    /// Today, where the agency is.
    pub(crate) today: Date,
    pub(crate) reporter: Reporter,
    pub(crate) stop: StopSignal,
}

impl<'e> Scope<'e> {
    /// A scope that knows nothing of the two systems yet.
    pub(crate) fn new(engine: &'e Engine, job: &Job, reporter: Reporter) -> Self {
        Self {
            engine,
            mapping: job.mapping.clone(),
            settings: Settings::new(),
            vtiger_schemas: BTreeMap::new(),
            schemas: BTreeMap::new(),
            vtiger_fields: FieldRequests::default(),
            vtiger_fields_with_author: FieldRequests::default(),
            frappe_fields: BTreeMap::new(),
            today: engine.clock.now().to_zoned(job.zone.clone()).date(),
            reporter,
            stop: job.stop.clone(),
        }
    }

    /// Asks both systems for their schemas and fits the mapping to them.
    pub(crate) async fn make_ready(&mut self, job: &Job) -> Result<(), EngineError> {
        let Ready { mapping, settings, vtiger, frappe } =
            self.engine.ready(&job.mapping, &job.settings, &self.reporter).await?;
        (self.mapping, self.settings, self.vtiger_schemas, self.schemas) =
            (mapping, settings, vtiger, frappe);
        for unit in &self.mapping.units {
            self.frappe_fields.extend(frappe_fields_by_kind(unit, &self.schemas));
        }
        Ok(())
    }

    /// To be asked where a run may end: an error where it is to.
    pub(crate) fn go_on(&self) -> Result<(), EngineError> {
        self.stop.go_on()
    }

    /// Turns to a unit.
    pub(crate) fn turn_to(&mut self, unit: &UnitMapping) {
        self.vtiger_fields = vtiger_fields(unit);
        self.vtiger_fields_with_author =
            with_author(&self.vtiger_fields, unit, self.vtiger_schemas.get(&unit.module));
    }

    /// What decisions about this unit are held against.
    pub(crate) fn schemas_of(&self, unit: &UnitMapping) -> Schemas<'_> {
        Schemas { vtiger: self.vtiger_schemas.get(&unit.module), frappe: &self.schemas }
    }

    /// Whether the product may change records of this module.
    pub(crate) fn writes_vtiger(&self, unit: &UnitMapping) -> bool {
        self.vtiger_schemas.get(&unit.module).is_some_and(|schema| schema.updatable)
    }

    /// One of the two systems.
    pub(crate) fn peer(&self, system: System) -> &dyn Peer {
        match system {
            System::Vtiger => self.engine.vtiger.as_ref(),
            System::Frappe => self.engine.frappe.as_ref(),
        }
    }

    /// What is asked of a document.
    pub(crate) fn fields_of(&self, doctype: &Kind) -> FieldRequests {
        self.frappe_fields.get(doctype).cloned().unwrap_or_default()
    }

    /// The state of a VTiger record under which its unit is staged: what its mapped fields hold, so that a touch is no
    /// change and a change that moves no version is one.
    pub(crate) fn state_of(&self, record: &Record) -> Version {
        stated(&Content::of(record, self.vtiger_fields.names()))
    }
}

/// The state in which a feed or a census shows a VTiger record; by its version where the feed does not read its fields.
pub(crate) fn observed(observation: &Observation) -> Version {
    observation.content.as_ref().map_or_else(|| observation.version.clone(), stated)
}

fn stated(content: &Content) -> Version {
    Version::new(format!("content:{}", content.0))
}
