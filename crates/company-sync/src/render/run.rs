//! A run's end, for people and for machines.

use cs_domain::{Failure, Run};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::grouped;

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

/// A run as a row of a table.
pub(crate) fn row(run: &Run) -> String {
    let balance = &run.balance;
    let took = run.ended.map_or_else(String::new, |ended| {
        let duration: SignedDuration = ended.duration_since(run.started);
        format!("{:.1} s", duration.as_secs_f64())
    });
    format!(
        "{:<21} {:<10} {:<15} {:<20} {:>9}  read {} created {} updated {} unchanged {} skipped {} conflicted {} failed {}",
        run.id.to_string(),
        run.mapping.to_string(),
        run.status.as_str(),
        run.started.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        took,
        balance.read,
        balance.created,
        balance.updated,
        balance.unchanged,
        balance.skipped,
        balance.conflicted,
        balance.failed,
    )
}
