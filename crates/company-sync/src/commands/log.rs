//! `log`: what happened, and what waits for somebody.

use cs_domain::{Event, RunId};
use cs_ports::{LogEntry, Store, UnitOutcome};
use serde_json::json;

use super::configuration;
use crate::cli::{Global, Log};
use crate::failure::{CommandError, Outcome};
use crate::render::line;
use crate::render::run::{for_people, trouble};
use crate::wiring::existing_store;

/// Runs `log`.
pub(crate) async fn run(global: &Global, arguments: &Log) -> Result<Outcome, CommandError> {
    let store = existing_store(&configuration(global)?.data_dir).await?;
    if arguments.troubles {
        let troubles = store.troubled(None, arguments.limit).await?;
        if troubles.is_empty() && !global.json {
            line("Nothing waits for anybody.")?;
        }
        for unit in troubles {
            line(&if global.json { troubled_object(&unit) } else { troubled(&unit) })?;
        }
        return Ok(Outcome::Done);
    }
    let run = arguments.run.as_ref().map(|id| RunId(id.clone()));
    if let Some(id) = &run
        && store.run(id).await?.is_none()
    {
        return Err(CommandError::NoRun { id: id.clone() });
    }
    for entry in store.latest_log(run.as_ref(), arguments.limit).await? {
        line(&if global.json { json!(entry).to_string() } else { entry_line(&entry) })?;
    }
    Ok(Outcome::Done)
}

fn troubled(unit: &UnitOutcome) -> String {
    let head = format!("{} ({}, tried {} times)", unit.key.subject, unit.key.mapping, unit.attempts);
    let failures = unit.failures.iter().map(|failure| trouble("-", failure));
    std::iter::once(head).chain(failures).collect::<Vec<_>>().join("\n")
}

fn troubled_object(unit: &UnitOutcome) -> String {
    json!({
        "mapping": unit.key.mapping,
        "unit": unit.key.unit,
        "record": unit.key.subject,
        "verdict": unit.verdict,
        "state": unit.state,
        "attempts": unit.attempts,
        "not_before": unit.not_before,
        "failures": unit.failures,
    })
    .to_string()
}

fn entry_line(entry: &LogEntry) -> String {
    format!("{}  {}", entry.at.strftime("%Y-%m-%d %H:%M:%S"), told(&entry.event))
}

fn told(event: &Event) -> String {
    match event {
        Event::RunStarted { run, mapping } => format!("run {run} of {mapping} began"),
        Event::Recovered { settled, dropped } => {
            format!("recovered: of the writes left open, {settled} had been done and {dropped} had not")
        }
        Event::Redefined { units } => {
            format!("the mapping or its settings have changed: {units} units are looked at again")
        }
        Event::Pulled { unit, seen } => format!("{unit}: {seen} changes seen"),
        Event::Counted { unit, seen } => format!("{unit}: {seen} records counted"),
        Event::Recorded { subject, verb } => format!("{subject}: {verb} in VTiger"),
        Event::GivenUp { subject, role, document } => {
            format!("{subject}: the link to {document} ({role}) was given up, since one side was deleted")
        }
        Event::Renamed { from, to } => format!("{from} is called {} now; its links went along", to.id),
        Event::Expecting { units } => format!("{units} units to go through"),
        Event::Written { subject, role, document, verb } => format!("{subject}: {verb} {document} ({role})"),
        Event::Adopted { subject, role, document } => {
            format!("{subject}: linked {document} ({role}), which was there")
        }
        Event::UnitDone { subject, verdict, failures, .. } => {
            let verdict = format!("{verdict:?}").to_lowercase();
            let head = format!("{subject}: {verdict}");
            let failures = failures.iter().map(|failure| trouble("-", failure));
            std::iter::once(head).chain(failures).collect::<Vec<_>>().join("\n")
        }
        Event::Retrying { failure, pause_ms } => format!("again in {pause_ms} ms: {failure}"),
        Event::RunEnded { run } => for_people(run),
    }
}
