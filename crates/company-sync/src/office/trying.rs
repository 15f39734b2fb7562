//! What a mapping would do and what has changed under it: drift and previews. The two systems are read; nothing is
//! written to either.

use cs_domain::mapping::drift::Drift;
use cs_domain::mapping::{UnitMapping, bind};
use cs_domain::{FieldName, Mapping, MappingName, Record, RecordRef, System, Value};
use cs_engine::{Engine, EngineError, Job, Preview};
use cs_ports::{Criterion, Discovery as _};
use cs_web::office::{OfficeError, SampleWish};

use super::Office;
use super::telling::told;
use crate::failure::CommandError;
use crate::mappings::Editions;
use crate::wiring::{Looking, look_at};

/// Records that a sample is drawn from: the newest ones.
const DRAWN_FROM: u32 = 300;

/// Words that are counted over all documents, at most: each is a request.
const COUNTED: usize = 20;

impl Office {
    /// Both systems and what is remembered, with schemas that nobody has read yet.
    fn looking(&self) -> Result<Looking, OfficeError> {
        look_at(&self.config(), std::sync::Arc::clone(&self.store) as _).map_err(told)
    }

    /// What a run of this text would be.
    async fn trial(&self, name: &MappingName, text: &str) -> Result<Job, OfficeError> {
        let config = self.config();
        let editions = Editions::read(&config, self.store.as_ref()).await?;
        editions.trial(name.as_str(), text).map_err(told)
    }

    /// Looks what has changed under every mapping that runs. What a system does not answer is looked at another day.
    pub(crate) async fn look_at_fields(&self) {
        let config = self.config();
        let Ok(editions) = Editions::read(&config, self.store.as_ref()).await else { return };
        for name in editions.running(&[]) {
            let name = MappingName::new(name);
            if let Err(error) = Box::pin(self.changed(&name)).await {
                tracing::info!(mapping = %name, %error, "the systems could not be asked for their fields");
            }
        }
    }

    pub(super) async fn changed(&self, name: &MappingName) -> Result<Vec<Drift>, OfficeError> {
        let (mapping, _) = self.whole(name).await?;
        Ok(self.looking()?.engine.drifts(&mapping).await?)
    }

    pub(super) async fn accepted(&self, name: &MappingName) -> Result<(), OfficeError> {
        let (mapping, _) = self.whole(name).await?;
        Ok(self.looking()?.engine.accept_drift(&mapping).await?)
    }

    pub(super) async fn tried(&self, wish: &SampleWish) -> Result<Preview, OfficeError> {
        let job = self.trial(&wish.mapping, &wish.text).await?;
        let looking = self.looking()?;
        let subjects = if wish.chosen.is_empty() {
            drawn(self, &looking.engine, &job, wish).await?
        } else {
            wish.chosen.clone()
        };
        let mut preview = looking.engine.preview(&job, &wish.unit, &subjects).await?;
        let here = preview.lone.iter_mut().filter(|lone| lone.system == System::Frappe);
        for lone in here.take(COUNTED) {
            let word = Value::Choice(lone.word.clone());
            let criterion = Criterion { field: lone.field.clone(), any_of: vec![word] };
            let counted = looking.frappe.count(&lone.kind, &[criterion]).await;
            lone.everywhere = counted.map_err(CommandError::from).map_err(told)?;
        }
        Ok(preview)
    }
}

/// The sample: of the newest records that the mapping selects, the first ones, or some by chance.
async fn drawn(
    office: &Office,
    engine: &Engine,
    job: &Job,
    wish: &SampleWish,
) -> Result<Vec<RecordRef>, OfficeError> {
    let unit = unit(engine, &job.mapping, wish).await?;
    let fields: Vec<FieldName> = unit.selection.iter().map(|condition| condition.field.clone()).collect();
    let found = office.sampled(System::Vtiger, &unit.module, &fields, DRAWN_FROM).await?;
    let selected =
        |record: &Record| unit.selection.iter().all(|condition| condition.holds(record, &job.settings));
    let mut references: Vec<RecordRef> =
        found.iter().filter(|record| selected(record)).map(|record| record.reference.clone()).collect();
    if let Some(seed) = wish.seed {
        references.sort_by_cached_key(|reference| scattered(seed, reference.id.as_str()));
    }
    references.truncate(usize::try_from(wish.number).unwrap_or(usize::MAX));
    Ok(references)
}

/// The unit with its fields by their API names.
async fn unit(engine: &Engine, mapping: &Mapping, wish: &SampleWish) -> Result<UnitMapping, OfficeError> {
    let seen = engine.seen(mapping).await?;
    let bound = bind(mapping, &seen.vtiger, &seen.frappe)
        .map_err(|problems| EngineError::Unfit { mapping: mapping.name.to_string(), problems })?;
    let unit = bound.mapping.unit(&wish.unit).cloned();
    unit.ok_or_else(|| OfficeError::NotThere { what: format!("unit {}", wish.unit) })
}

/// A place in an order that is another one for every seed (FNV-1a).
fn scattered(seed: u64, id: &str) -> u64 {
    let begin = 0xcbf2_9ce4_8422_2325_u64 ^ seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    id.bytes().fold(begin, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_has_an_order_of_its_own_and_keeps_it() {
        let order = |seed: u64| {
            let mut ids: Vec<String> = (0..50).map(|number| format!("12x{number}")).collect();
            ids.sort_by_cached_key(|id| scattered(seed, id));
            ids
        };
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
    }
}
