//! Failed units that people try again.

use std::collections::BTreeSet;

use cs_domain::MappingName;
use cs_ports::{TroubleFilter, UnitKey, Work};
use serde_json::{Value as Json, json};

use super::syncs;
use crate::error::WebError;
use crate::visit::Visit;

/// Units that are made due in one go: none of it holds up runs for long.
const BATCH: u32 = 500;

/// What came of asking for another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retried {
    /// How many units are due now.
    pub(crate) units: u64,
    /// Whether a run was asked for; else one waits or goes on already, and it or the next one takes them up.
    pub(crate) started: bool,
}

/// Makes one unit due at once, and asks for a run of its mapping.
pub(crate) async fn retry(visit: &Visit, key: &UnitKey) -> Result<Retried, WebError> {
    let units = visit.web.desk.hint(std::slice::from_ref(key)).await?;
    let object = format!("unit {}", key.subject);
    visit.record("unit.retry", object, Json::Null, json!({ "mapping": key.mapping })).await?;
    let started = expect_run(visit, &key.mapping).await?;
    Ok(Retried { units, started })
}

/// The same for every unit that fails for one cause. Which ones they are is settled before the first is touched, since a unit
/// that is due is no longer among them once a run took it up.
pub(crate) async fn retry_all(visit: &Visit, filter: &TroubleFilter) -> Result<Retried, WebError> {
    let keys = keys_of(visit, filter).await?;
    let mut units = 0;
    for some in keys.chunks(BATCH as usize) {
        units += visit.web.desk.hint(some).await?;
    }
    let said = json!({ "units": units, "mapping": filter.mapping, "text": filter.text });
    let object = format!("units with {}", filter.code.as_deref().unwrap_or("any code"));
    visit.record("unit.retry", object, Json::Null, said).await?;
    let mut started = false;
    for mapping in keys.into_iter().map(|key| key.mapping).collect::<BTreeSet<_>>() {
        started |= expect_run(visit, &mapping).await?;
    }
    Ok(Retried { units, started })
}

async fn keys_of(visit: &Visit, filter: &TroubleFilter) -> Result<Vec<UnitKey>, WebError> {
    let mut keys = Vec::new();
    loop {
        let some = visit.web.desk.troubles(filter, keys.len() as u64, BATCH).await?;
        let last = some.len() < BATCH as usize;
        keys.extend(some.into_iter().map(|trouble| trouble.outcome.key));
        if last {
            return Ok(keys);
        }
    }
}

/// Asks for a run of the mapping, unless one is asked for already. Answers whether it did.
async fn expect_run(visit: &Visit, mapping: &MappingName) -> Result<bool, WebError> {
    let open = visit.web.desk.open_tasks().await?;
    let is_run =
        |work: &Work| matches!(work, Work::Sync { mapping: of, dry_run: false, .. } if of == mapping);
    if open.iter().any(|task| is_run(&task.work)) {
        visit.web.office.nudge();
        return Ok(false);
    }
    match syncs::start(visit, mapping, syncs::Manner::default()).await {
        Ok(_) => Ok(true),
        Err(WebError::State { code: "task.already", .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
