//! Alerts as a request to an address of the agency's: a chat's incoming hook, an automation.

use cs_web::Notice;
use serde_json::{Value, json};

/// What a program reads: codes, and the program's own words in English.
pub(super) fn body(notice: &Notice) -> Value {
    let (failure, drift) = (notice.failure.as_ref(), notice.drifts.first());
    let changed = notice.drifts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    json!({
        "occasion": notice.occasion,
        "task": notice.task,
        "title": notice.title,
        "status": notice.status,
        "code": failure.map(|failure| failure.code.clone()).or_else(|| Some(drift?.code().to_owned())),
        "cause": failure.map(|failure| failure.cause.clone()).or_else(|| drift.map(|_| changed)),
        "remedy": failure.map(|failure| failure.remedy.clone()).or_else(|| Some(drift?.remedy())),
        "page": notice.page,
    })
}
