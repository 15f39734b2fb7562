//! `sandbox`: both stand-ins, until somebody stops them.

use serde_json::json;

use crate::cli::{Global, Sandbox};
use crate::failure::{CommandError, Outcome};
use crate::playground::{Playground, Wish};
use crate::render::line;
use crate::stopped::stopped;

/// Runs `sandbox`.
pub(crate) async fn run(global: &Global, sandbox: &Sandbox) -> Result<Outcome, CommandError> {
    let playground = Playground::start(&Wish::of_sandbox(sandbox)).await?;
    if global.json {
        let variables: serde_json::Map<_, _> =
            playground.environment().into_iter().map(|(name, value)| (name, json!(value))).collect();
        line(&json!({ "sandbox": variables }).to_string())?;
    } else {
        line(
            "Both stand-ins run, with an invented agency in VTiger and an empty Frappe. In another terminal:\n",
        )?;
        for (name, value) in playground.environment() {
            line(&format!("export {name}='{value}'"))?;
        }
        line("company-sync check && company-sync sync --mapping policy\n\nCtrl-C stops them.")?;
    }
    stopped().await;
    playground.stop().await;
    Ok(Outcome::Done)
}
