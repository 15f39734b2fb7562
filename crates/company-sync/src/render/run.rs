//! A run's end, for people and for machines.

use cs_domain::{Failure, Run};
use cs_engine::SoFar;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{grouped, moment};

/// How long a run took; zero while it goes on.
pub(crate) fn seconds(run: &Run) -> f64 {
    run.ended.map_or(0.0, |ended| ended.duration_since(run.started).as_secs_f64())
}

/// The run for machines: one object, one line.
pub(crate) fn for_machines(run: &Run) -> Value {
    let mut object = json!({
        "run": run.id,
        "mapping": run.mapping,
        "status": run.status,
        "balance": run.balance,
        "requests": run.requests,
        "seconds": (seconds(run) * 1000.0).round() / 1000.0,
    });
    if let (Some(edition), Some(fields)) = (&run.edition, object.as_object_mut()) {
        fields.insert("edition".to_owned(), json!(edition));
    }
    if let (Some(failure), Some(fields)) = (&run.failure, object.as_object_mut()) {
        fields.insert("failure".to_owned(), json!(failure));
    }
    object
}

/// The same of a run that may go on or may have been cut off.
pub(crate) fn told_so_far(run: &Run, so_far: Option<SoFar>) -> Value {
    let mut object = for_machines(run);
    if let (Some(so_far), Some(fields)) = (so_far, object.as_object_mut()) {
        let journal = json!({ "written": so_far.written, "unanswered": so_far.unanswered });
        fields.insert("journal".to_owned(), journal);
    }
    object
}

/// The run for people.
pub(crate) fn for_people(run: &Run) -> String {
    let balance = &run.balance;
    let requests = &run.requests;
    let sum = [
        ("created", balance.created),
        ("updated", balance.updated),
        ("unchanged", balance.unchanged),
        ("skipped", balance.skipped),
        ("conflicted", balance.conflicted),
        ("failed", balance.failed),
    ];
    let parts: Vec<String> = sum.iter().map(|(name, count)| format!("{name} {}", grouped(*count))).collect();
    let mut text = format!(
        "{}: {} in {:.1} s  (run {})\n  balance   read {} = {}\n  requests  VTiger {} reads, {} writes; Frappe {} reads, {} writes",
        run.mapping,
        run.status,
        seconds(run),
        run.id,
        grouped(balance.read),
        parts.join(" + "),
        grouped(requests.vtiger.read),
        grouped(requests.vtiger.write),
        grouped(requests.frappe.read),
        grouped(requests.frappe.write),
    );
    if let Some(failure) = &run.failure {
        text.push('\n');
        text.push_str(&trouble("stopped", failure));
    }
    text
}

/// One failure: where, what, what to do.
pub(crate) fn trouble(place: &str, failure: &Failure) -> String {
    format!("  {place}: {failure}\n      what to do: {}", failure.remedy)
}

/// A run as a row of a table; under one that has not come to its end, how far it had come.
pub(crate) fn row(run: &Run, so_far: Option<SoFar>, zone: &TimeZone) -> String {
    let balance = &run.balance;
    let took = run.ended.map_or_else(String::new, |ended| {
        let duration: SignedDuration = ended.duration_since(run.started);
        format!("{:.1} s", duration.as_secs_f64())
    });
    let row = format!(
        "{:<21} {:<10} {:<15} {:<24} {:>9}  read {} created {} updated {} unchanged {} skipped {} conflicted {} failed {}",
        run.id.to_string(),
        run.mapping.to_string(),
        run.status.as_str(),
        moment(run.started, zone),
        took,
        balance.read,
        balance.created,
        balance.updated,
        balance.unchanged,
        balance.skipped,
        balance.conflicted,
        balance.failed,
    );
    so_far.map_or(row.clone(), |so_far| format!("{row}\n    {}", cut_short(run, so_far)))
}

/// How far a run came that nobody has closed the books of.
fn cut_short(run: &Run, so_far: SoFar) -> String {
    let how = if run.status.is_final() { "cut short" } else { "not at its end" };
    let unanswered = match so_far.unanswered {
        0 => String::new(),
        some => format!(", and {some} that were under way and that the next run asks after"),
    };
    format!(
        "{how}: its journal holds {} writes{unanswered}; the units of its last moments are not counted above",
        grouped(so_far.written)
    )
}
