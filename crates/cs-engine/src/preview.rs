//! What a mapping would make of some records: the same decisions as a run's, carried out nowhere and remembered nowhere.

use cs_domain::decide::decide;
use cs_domain::mapping::lone::{LoneWord, lone_words};
use cs_domain::plan::Plan;
use cs_domain::{Record, RecordRef, System, UnitName};

use crate::error::EngineError;
use crate::report::Reporter;
use crate::run::{Engine, Job};
use crate::scope::Scope;
use crate::{assess, newcomers};

/// What a mapping would make of one record.
#[derive(Clone, Debug)]
pub struct Previewed {
    /// VTiger's record as it is, as far as the mapping reads it; `None` where it is not there.
    pub record: Option<Record>,
    /// The documents that it has, or that it would be linked to, as they are.
    pub documents: Vec<(cs_domain::Role, Record)>,
    /// What would be done.
    pub plan: Plan,
}

/// What a mapping would make of a sample.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    /// Record by record, in the order they were named.
    pub records: Vec<Previewed>,
    /// Words of lists, in the sample or in the lists themselves, that the other side does not take.
    pub lone: Vec<LoneWord>,
}

impl Engine {
    /// Plans what the job's mapping would do to these records of a unit, and nothing else. The mapping need not be published.
    /// Documents that would be new stand for records of VTiger, too.
    pub async fn preview(
        &self,
        job: &Job,
        unit: &UnitName,
        subjects: &[RecordRef],
    ) -> Result<Preview, EngineError> {
        job.stop.unless(self.plan_some(job, unit, subjects)).await
    }

    async fn plan_some(
        &self,
        job: &Job,
        unit: &UnitName,
        subjects: &[RecordRef],
    ) -> Result<Preview, EngineError> {
        let mut scope = Scope::new(self, job, Reporter::unrecorded(self.observers.clone()));
        scope.make_ready(job).await?;
        let Some(unit) = scope.mapping.unit(unit).cloned() else {
            return Ok(Preview::default());
        };
        scope.turn_to(&unit);
        let (records, documents): (Vec<RecordRef>, Vec<RecordRef>) =
            subjects.iter().cloned().partition(|subject| subject.system == System::Vtiger);
        let mut situations = assess::load(&scope, &unit, &records).await?;
        if !documents.is_empty() {
            situations.extend(newcomers::load(&scope, &unit, &documents).await?);
        }
        situations.sort_by_key(|situation| subjects.iter().position(|subject| *subject == situation.subject));
        let mut preview = Preview::default();
        let (mut there, mut here): (Vec<Record>, Vec<Record>) = Default::default();
        for situation in situations {
            let plan = decide(&unit, scope.schemas_of(&unit), &situation);
            let documents: Vec<(cs_domain::Role, Record)> = unit
                .documents
                .iter()
                .filter_map(|mapping| {
                    let known = situation.counterparts.get(&mapping.role)?;
                    Some((mapping.role.clone(), known.document(mapping)?.clone()))
                })
                .collect();
            there.extend(situation.record.clone());
            here.extend(documents.iter().map(|(_, document)| document.clone()));
            here.extend(situation.newcomer.clone());
            preview.records.push(Previewed { record: situation.record, documents, plan });
        }
        preview.lone = lone_words(&unit, scope.schemas_of(&unit), &scope.settings, (&there, &here));
        Ok(preview)
    }
}
