//! What Frappe lacks for a mapping, created after it was shown: exactly what was shown, or nothing.

use cs_domain::MappingName;
use serde_json::{Value as Json, json};

use crate::error::WebError;
use crate::office::{Lacking, Probe};
use crate::password::digest;
use crate::visit::Visit;

/// What names exactly this list.
pub(crate) fn seal(lacking: &[Lacking]) -> String {
    digest(&json!(lacking).to_string())
}

/// A definition as it would be sent, for people; `None`: nobody here can create it.
pub(crate) fn spelled_out(definition: &Json) -> Option<String> {
    if definition.is_null() { None } else { serde_json::to_string_pretty(definition).ok() }
}

/// Creates what was shown (`shown` is its [`seal`]), where that is still what is lacking; answers what became of each. `None`: it
/// is something else by now, and nothing was created.
pub(crate) async fn create(
    visit: &Visit,
    mapping: &MappingName,
    text: Option<&str>,
    shown: &str,
) -> Result<Option<Vec<Probe>>, WebError> {
    let office = &visit.web.office;
    let lacking = office.lacking(mapping, text).await?;
    if seal(&lacking) != shown {
        return Ok(None);
    }
    let created = office.create_lacking(mapping, text).await?;
    let told: Vec<Json> =
        created.iter().map(|probe| json!({ "what": probe.what, "good": probe.good })).collect();
    let told = json!({ "created": told });
    visit.record("setup.create", format!("mapping {mapping}"), Json::Null, told).await?;
    Ok(Some(created))
}
