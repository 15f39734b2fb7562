//! Findings, for people and for machines.

use std::fmt::Write as _;

use cs_companies::Language;
use cs_companies::reconcile::finding_message;
use cs_ports::{FindingChange, FindingEvent, FindingState, StandingFinding};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::moment;

/// What it says.
pub(crate) fn message(found: &StandingFinding, language: Language) -> String {
    finding_message(&found.found.message, &found.found.parameters, language)
}

/// Its state in a word.
pub(crate) fn state(found: &StandingFinding) -> &'static str {
    match found.state {
        FindingState::Open => "open",
        FindingState::Closed => "closed",
    }
}

/// One line.
pub(crate) fn row(found: &StandingFinding, language: Language) -> String {
    let review = if found.review.is_empty() { "-" } else { found.review.as_str() };
    format!(
        "{}  {:<6}  {}/{}  {:<12}  {}",
        found.found.id,
        state(found),
        found.book.company,
        found.book.broker,
        review,
        message(found, language)
    )
}

/// For machines: one object, with the message in the language asked for.
pub(crate) fn object(found: &StandingFinding, language: Language) -> Value {
    let mut object = json!(found);
    if let Some(fields) = object.as_object_mut() {
        if let Some(key) = fields.insert("message".to_owned(), json!(message(found, language))) {
            fields.insert("message_key".to_owned(), key);
        }
        let place = fields.remove("place");
        let place = place.filter(|place| !place.is_null());
        let part = |at: usize| place.as_ref().and_then(|place| place.get(at)).cloned().unwrap_or_default();
        fields.insert("sheet".to_owned(), part(0));
        fields.insert("line".to_owned(), part(1));
        let source: serde_json::Map<String, Value> =
            found.found.source.iter().map(|(header, cell)| (header.clone(), json!(cell))).collect();
        fields.insert("source".to_owned(), Value::Object(source));
        if let Some(premium) = fields.remove("premium") {
            fields.insert("premium_at_risk".to_owned(), premium);
        }
    }
    object
}

/// All that is known.
pub(crate) fn whole(
    found: &StandingFinding,
    history: &[FindingEvent],
    language: Language,
    zone: &TimeZone,
) -> String {
    let mut text = row(found, language);
    let shown = &found.found;
    let _ = write!(
        text,
        "\n  kind         {}\n  first seen   {} (run {})\n  last seen    {} (run {})",
        shown.kind, found.first_seen, found.first_run, found.last_seen, found.last_run
    );
    if let Some(order) = &shown.salesorder_no {
        let _ = write!(text, "\n  order        {order}");
    }
    if let Some(premium) = &shown.premium {
        let _ = write!(text, "\n  at risk      {premium} a month");
    }
    if !found.description.is_empty() {
        let _ = write!(text, "\n  description  {}", found.description);
    }
    if let Some((sheet, line)) = &shown.place {
        let sheet = if sheet.is_empty() { String::new() } else { format!("sheet \"{sheet}\", ") };
        let _ = write!(text, "\n  the row      {sheet}line {line}");
        for (header, cell) in &shown.source {
            let _ = write!(text, "\n    {header}: {cell}");
        }
    }
    for event in history {
        let what = match &event.what {
            FindingChange::Closed => "closed: a report no longer showed it".to_owned(),
            FindingChange::Reopened => "open again: a report showed it".to_owned(),
            FindingChange::Reviewed { review, description, by } => {
                let by = by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
                format!("reviewed{by}: {review} {description}")
            }
        };
        let _ = write!(text, "\n  {}  {}", moment(event.at, zone), what.trim_end());
    }
    text
}
