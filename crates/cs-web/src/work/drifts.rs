//! What has changed in the two systems under a mapping: known from what was seen last, looked for anew, accepted.

use cs_domain::mapping::drift::{Drift, Seen, compare};
use cs_domain::mapping::parse_with;
use cs_domain::{KindSchema, MappingName, System};
use serde_json::json;

use crate::error::WebError;
use crate::visit::Visit;

/// What has changed as far as it was seen: no system is asked. `None`: the mapping does not run, or is none.
pub(crate) async fn known(visit: &Visit, name: &MappingName) -> Result<Option<Vec<Drift>>, WebError> {
    let Some(running) = visit.web.office.running_mapping(name).await? else { return Ok(None) };
    under(visit, name, &running.text).await
}

/// The same, as it concerns a text of the mapping that need not run yet. `None`: it is no mapping.
pub(crate) async fn under(
    visit: &Visit,
    name: &MappingName,
    text: &str,
) -> Result<Option<Vec<Drift>>, WebError> {
    let Ok(parsed) = parse_with(text, &visit.web.office.own_transforms()) else { return Ok(None) };
    let relied = visit.web.desk.relied_on(name).await?;
    // What never ran relies on nothing yet: nobody waits for schemas to be read.
    if relied.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let (mut before, mut now) = (Seen::default(), Seen::default());
    for relied in relied {
        put(&mut before, relied.system, relied.schema);
    }
    for sight in visit.web.desk.schema_sights().await? {
        if let Some(schema) = sight.schema {
            put(&mut now, sight.system, schema);
        }
    }
    Ok(Some(compare(&parsed.mapping, &before, &now)))
}

fn put(seen: &mut Seen, system: System, schema: KindSchema) {
    let side = match system {
        System::Vtiger => &mut seen.vtiger,
        System::Frappe => &mut seen.frappe,
    };
    side.insert(schema.kind.clone(), schema);
}

/// Asks both systems now.
pub(crate) async fn look(visit: &Visit, name: &MappingName) -> Result<Vec<Drift>, WebError> {
    Ok(visit.web.office.look_for_drift(name).await?)
}

/// Takes everything that has changed for how things are from now on.
pub(crate) async fn accept(visit: &Visit, name: &MappingName) -> Result<(), WebError> {
    let before = known(visit, name).await?.unwrap_or_default();
    visit.web.office.accept_drift(name).await?;
    let told: Vec<String> = before.iter().map(ToString::to_string).collect();
    visit.record("mapping.drift_accept", &format!("mapping {name}"), json!(told), json!(null)).await
}
