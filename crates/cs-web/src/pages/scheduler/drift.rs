//! Why a report is held, in words: the drift sentinel's reasons (`cs_companies::drift::Reason`) as a task keeps them.

use fluent_templates::fluent_bundle::FluentValue;
use serde_json::Value as Json;

use crate::words::Words;

/// A reason as a sentence. One that the catalogue does not know is told by its name.
pub(super) fn told(words: &Words, reason: &Json) -> String {
    let name = reason.get("reason").and_then(Json::as_str).unwrap_or("unknown");
    let key = format!("drift-{}", name.replace('_', "-"));
    let said = words.tell(&key, &parameters(reason));
    if said == key { name.replace('_', " ") } else { said }
}

/// The reason's numbers and names under the names of the messages' parameters.
fn parameters(reason: &Json) -> Vec<(&'static str, FluentValue<'static>)> {
    const NAMES: [&str; 12] = [
        "field", "was", "now", "turned", "book", "limit", "latest", "added", "removed", "usual", "status",
        "header",
    ];
    let mut all: Vec<(&'static str, FluentValue<'static>)> =
        NAMES.into_iter().filter_map(|name| Some((name, text(reason.get(name)?).into()))).collect();
    // A column is told by its header and its place.
    for (name, place) in [("was", "was_at"), ("now", "now_at")] {
        if let Some(Json::Array(column)) = reason.get(name)
            && let [header, at] = column.as_slice()
        {
            all.retain(|(known, _)| *known != name);
            all.push((name, text(header).into()));
            all.push((place, text(at).into()));
        }
    }
    let number = |name: &str| reason.get(name).and_then(Json::as_u64);
    if let (Some(turned), Some(book @ 1..)) = (number("turned"), number("book")) {
        all.push(("share", (turned * 100 / book).to_string().into()));
    }
    all
}

fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(values) if values.is_empty() => "-".to_owned(),
        Json::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        Json::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::words::Language;

    #[test]
    fn reasons_are_told_in_both_languages() {
        let (en, es) = (Words::in_language(Language::En), Words::in_language(Language::Es));
        let turned = json!({ "reason": "book_turned", "turned": 40, "book": 50, "limit": 30 });
        assert_eq!(
            told(&en, &turned),
            "The report would turn 40 of 50 orders (80%); up to 30% pass without approval."
        );
        let moved =
            json!({ "reason": "column_moved", "field": "member_id", "was": ["ID", 1], "now": ["Member", 4] });
        assert_eq!(
            told(&es, &moved),
            "La columna de member_id cambió de lugar: era «ID» en el lugar 1 y es «Member» en el lugar 4."
        );
        let headers = json!({ "reason": "headers", "added": [], "removed": ["Plan", "County"] });
        assert_eq!(told(&en, &headers), "The headers changed. New: -. Gone: Plan, County.");
        assert_eq!(told(&en, &json!({ "reason": "of_tomorrow" })), "of tomorrow");
        assert_eq!(told(&en, &json!(7)), "unknown");
    }
}
