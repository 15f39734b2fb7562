//! `log`: what happened, and what waits for somebody.

use cs_domain::{Event, RunId, guarded};
use cs_ports::{LogEntry, Store, UnitOutcome};
use jiff::tz::TimeZone;
use serde_json::json;

use super::{data_dir, zone};
use crate::cli::{Global, Log};
use crate::failure::{CommandError, Outcome};
use crate::render::progress::done_about;
use crate::render::run::{for_people, trouble};
use crate::render::{line, moment};
use crate::wiring::existing_store;

/// Runs `log`.
pub(crate) async fn run(global: &Global, arguments: &Log) -> Result<Outcome, CommandError> {
    let store = existing_store(&data_dir(global)?).await?;
    if arguments.troubles {
        let troubles = store.troubled(None, arguments.limit).await?;
        if troubles.is_empty() && !global.json {
            line("Nothing waits for anybody.")?;
        }
        if global.json {
            troubles.iter().try_for_each(|unit| line(&troubled_object(unit)))?;
        } else {
            alike(&troubles).into_iter().try_for_each(|units| line(&troubled(&units)))?;
        }
        return Ok(Outcome::Done);
    }
    let run = arguments.run.as_ref().map(|id| RunId(id.clone()));
    if let Some(id) = &run
        && store.run(id).await?.is_none()
    {
        return Err(CommandError::NoRun { id: id.clone() });
    }
    let zone = zone(global, &store).await?;
    for entry in store.latest_log(run.as_ref(), arguments.limit).await? {
        let entry = LogEntry { event: guarded::event(&entry.event), ..entry };
        line(&if global.json { json!(entry).to_string() } else { entry_line(&entry, &zone) })?;
    }
    Ok(Outcome::Done)
}

/// How many of the units with the same trouble are named.
const NAMED: usize = 3;

/// Units with the very same trouble together: a run that was stopped at a brake has one for each of its deletes.
fn alike(troubles: &[UnitOutcome]) -> Vec<Vec<&UnitOutcome>> {
    let mut groups: Vec<Vec<&UnitOutcome>> = Vec::new();
    for unit in troubles {
        let same = |group: &&mut Vec<&UnitOutcome>| {
            group
                .first()
                .is_some_and(|known| known.key.mapping == unit.key.mapping && known.failures == unit.failures)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(unit),
            None => groups.push(vec![unit]),
        }
    }
    groups
}

fn troubled(units: &[&UnitOutcome]) -> String {
    let Some(first) = units.first() else { return String::new() };
    let mut named: Vec<String> = units.iter().take(NAMED).map(|unit| unit.key.subject.to_string()).collect();
    if let Some(more) = units.len().checked_sub(NAMED).filter(|more| *more > 0) {
        named.push(format!("and {more} more"));
    }
    let head = format!("{} ({}, tried {} times)", named.join(", "), first.key.mapping, first.attempts);
    let failures = first.failures.iter().map(|failure| trouble("-", failure));
    std::iter::once(head).chain(failures).collect::<Vec<_>>().join("\n")
}

fn troubled_object(unit: &UnitOutcome) -> String {
    json!({
        "mapping": unit.key.mapping,
        "unit": unit.key.unit,
        "record": guarded::shown(&unit.key.subject),
        "verdict": unit.verdict,
        "state": unit.state,
        "attempts": unit.attempts,
        "not_before": unit.not_before,
        "failures": unit.failures,
    })
    .to_string()
}

fn entry_line(entry: &LogEntry, zone: &TimeZone) -> String {
    format!("{}  {}", moment(entry.at, zone), told(&entry.event))
}

fn told(event: &Event) -> String {
    match event {
        Event::RunStarted { run, mapping } => format!("run {run} of {mapping} began"),
        Event::Recovered { settled, dropped } => {
            format!("recovered: of the writes left open, {settled} had been done and {dropped} had not")
        }
        Event::Drifted { drift } => format!("{drift}: {}", done_about(drift.verdict)),
        Event::Redefined { units } => {
            format!("the mapping or its settings have changed: {units} units are looked at again")
        }
        Event::Pulled { unit, seen } => format!("{unit}: {seen} changes seen"),
        Event::Counted { unit, seen } => format!("{unit}: {seen} records counted"),
        Event::Searched { unit, role, balance } => {
            format!("{unit}/{role}: {} records looked through for pairs", balance.read)
        }
        Event::Recorded { subject, verb } => format!("{subject}: {verb} in VTiger"),
        Event::GivenUp { subject, role, document } => {
            format!("{subject}: the link to {document} ({role}) was given up, since one side was deleted")
        }
        Event::Renamed { from, to } => format!("{from} is called {} now; its links went along", to.id),
        Event::Expecting { units } => format!("{units} units to go through"),
        Event::Written { subject, role, document, verb } => {
            format!("{subject}: {verb} {document} ({role})")
        }
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
