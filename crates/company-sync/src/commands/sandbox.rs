//! `sandbox`: both stand-ins, until somebody stops them.

use serde_json::json;

use crate::cli::{Global, Sandbox};
use crate::failure::{CommandError, Outcome};
use crate::playground::{Playground, Wish};
use crate::render::line;
use crate::scratch::Scratch;
use crate::stopped::stopped;

/// The variable that says where what is remembered is kept.
const DATA_DIR: &str = "COMPANY_SYNC_DATA_DIR";

/// Runs `sandbox`.
pub(crate) async fn run(global: &Global, sandbox: &Sandbox) -> Result<Outcome, CommandError> {
    let playground = Playground::start(&Wish::of_sandbox(sandbox)).await?;
    // A store belongs to its two systems, and the next sandbox is another pair.
    let scratch = Scratch::new(global.data_dir.as_deref())?;
    let mut variables = playground.environment();
    // Where the commands are typed is another folder than here.
    let data_dir = std::path::absolute(&scratch.path).unwrap_or_else(|_| scratch.path.clone());
    variables.push((DATA_DIR.to_owned(), data_dir.display().to_string()));
    if global.json {
        let variables: serde_json::Map<_, _> =
            variables.into_iter().map(|(name, value)| (name, json!(value))).collect();
        line(&json!({ "sandbox": variables }).to_string())?;
    } else {
        line(
            "Both stand-ins run, with an invented agency in VTiger and an empty Frappe. Paste these lines into another terminal:\n",
        )?;
        for (name, value) in variables {
            line(&format!("export {name}='{value}'"))?;
        }
        line("company-sync check && company-sync sync --mapping policy\n")?;
        line(if global.data_dir.is_some() {
            "Ctrl-C stops them."
        } else {
            "Ctrl-C stops them, and what was remembered of them goes with them."
        })?;
    }
    stopped().await;
    playground.stop().await;
    Ok(Outcome::Done)
}
