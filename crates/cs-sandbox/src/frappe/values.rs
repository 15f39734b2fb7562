//! Values on their way in: defaults, coercion by type, the checks of Frappe's `_validate`, and what the database keeps.
//!
//! The order of the checks is Frappe's: mandatory fields, then addresses and numbers, then choices, then lengths; the
//! first that fails is the answer. The database's own refusals (dates, ranges) come last, when a row is written.

use serde_json::{Map, Number, Value};

use super::catalogue::{DocType, Field};
use super::refusal::{Class, Message, Refusal};
use super::{sanitise, stamp};

/// A document or a child row: its fields by name.
pub type Row = Map<String, Value>;

/// Columns of every document.
pub(super) const STANDARD: [&str; 7] =
    ["name", "owner", "creation", "modified", "modified_by", "docstatus", "idx"];
/// Further columns of child rows.
pub(super) const CHILD: [&str; 3] = ["parent", "parentfield", "parenttype"];

/// A field's text; numbers as Python writes them, nothing as an empty text.
pub(super) fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(flag)) => if *flag { "True" } else { "False" }.to_owned(),
        _ => String::new(),
    }
}

/// A field's number; what is none is 0.
pub(super) fn number(value: Option<&Value>) -> f64 {
    match value {
        Some(Value::Number(number)) => number.as_f64().unwrap_or_default(),
        Some(Value::String(text)) => text.trim().replace(',', "").parse().unwrap_or_default(),
        Some(Value::Bool(flag)) => f64::from(u8::from(*flag)),
        _ => 0.0,
    }
}

/// A field's whole number, cut off at the point; what is none is 0.
pub(super) fn integer(value: Option<&Value>) -> i64 {
    match value {
        Some(Value::Number(number)) if number.is_i64() => number.as_i64().unwrap_or_default(),
        #[allow(clippy::cast_possible_truncation)] // Cut off on purpose, as Python's int() does.
        other => number(other).trunc() as i64,
    }
}

/// Whether a field counts as having a value.
pub(super) fn has_value(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Array(rows)) => !rows.is_empty(),
        Some(_) => true,
    }
}

/// A JSON number of a float.
pub(super) fn float(number: f64) -> Value {
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

fn is_null(value: Option<&Value>) -> bool {
    matches!(value, None | Some(Value::Null))
}

/// What a site fills in by itself.
pub(super) struct Defaults<'a> {
    /// Values for links, by field name (`company`, `country`, ...).
    pub(super) links: &'a std::collections::BTreeMap<String, String>,
    /// Today, for `Today`.
    pub(super) today: String,
    /// The time of day, which an empty `Time` gets.
    pub(super) time: String,
    /// Who asks, for `__user`.
    pub(super) user: String,
}

/// Fills in defaults where nothing was sent.
pub(super) fn set_defaults(doctype: &DocType, row: &mut Row, defaults: &Defaults<'_>) {
    for field in doctype.columns() {
        if is_null(row.get(&field.fieldname))
            && let Some(value) = default_of(field, defaults)
        {
            row.insert(field.fieldname.clone(), value);
        }
    }
}

fn default_of(field: &Field, defaults: &Defaults<'_>) -> Option<Value> {
    let written = field.default.as_str();
    match field.fieldtype.as_str() {
        // A number that must be given is not made up.
        "Int" | "Float" | "Currency" | "Percent" if field.reqd == 1 && written.is_empty() => None,
        "Check" | "Int" => Some(integer(Some(&Value::from(written))).into()),
        "Float" | "Currency" | "Percent" => Some(float(number(Some(&Value::from(written))))),
        "Select" if written.is_empty() => field.options.split('\n').next().map(Value::from),
        "Time" if written.is_empty() => Some(defaults.time.clone().into()),
        "Link" if written.is_empty() => defaults.links.get(&field.fieldname).map(|v| v.clone().into()),
        _ if written.is_empty() => None,
        "Date" if written.eq_ignore_ascii_case("today") => Some(defaults.today.clone().into()),
        _ if written == "__user" => Some(defaults.user.clone().into()),
        _ => Some(written.into()),
    }
}

/// Coerces numbers and flags, trims choices, writes JSON as text, refuses lists where a text belongs.
pub(super) fn coerce(doctype: &DocType, row: &mut Row) -> Result<(), Refusal> {
    for field in doctype.columns() {
        let Some(value) = row.get_mut(&field.fieldname) else {
            continue;
        };
        match field.fieldtype.as_str() {
            "Check" => *value = u8::from(integer(Some(value)) != 0).into(),
            "Int" => *value = integer(Some(value)).into(),
            "Float" | "Currency" | "Percent" => *value = float(number(Some(value))),
            "Select" => {
                if let Value::String(text) = value {
                    *text = text.trim().to_owned();
                }
            }
            "JSON" if value.is_object() || value.is_array() => *value = value.to_string().into(),
            _ if value.is_array() || value.is_object() => {
                let refusal = Refusal::invalid(format!("Value for {} cannot be a list", field.title()));
                return Err(refusal);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Cleans texts that hold HTML.
pub(super) fn clean(doctype: &DocType, row: &mut Row) {
    for field in doctype.columns() {
        let texts = ["Data", "Small Text", "Text", "Long Text", "Text Editor", "Read Only"];
        let cleaned = texts.contains(&field.fieldtype.as_str()) && field.options != "Email";
        if let (true, Some(Value::String(text))) = (cleaned, row.get_mut(&field.fieldname)) {
            *text = sanitise::sanitise(text);
        }
    }
}

/// Where a row stands, for messages.
pub(super) struct Place<'a> {
    /// The document's kind.
    pub(super) doctype: &'a str,
    /// The document's name.
    pub(super) name: &'a str,
    /// For a child row: its kind and its number.
    pub(super) row: Option<(&'a str, usize)>,
}

/// Fields that must have a value and have none, with the message for each.
pub(super) fn missing<'a>(doctype: &'a DocType, row: &Row, place: &Place<'_>) -> Vec<(&'a str, Message)> {
    let lacking =
        doctype.fields.iter().filter(|field| field.reqd == 1 && !has_value(row.get(&field.fieldname)));
    lacking
        .map(|field| {
            let label = field.title();
            let text = match place.row {
                Some((child, number)) => {
                    format!("Error: <strong>{child}</strong> Row #{number}: Value missing for: {label}")
                }
                None if field.is_table() => format!("Error: Data missing in table: {label}"),
                None => format!("Error: Value missing for {}: {label}", place.doctype),
            };
            (field.fieldname.as_str(), Message::plain(text))
        })
        .collect()
}

/// Checks addresses and numbers (`Data` with options), choices and lengths.
pub(super) fn validate(doctype: &DocType, row: &Row, place: &Place<'_>) -> Result<(), Refusal> {
    for field in doctype.columns() {
        if let Some(Value::String(text)) = row.get(&field.fieldname) {
            check_kind(field, text)?;
        }
    }
    for field in doctype.columns() {
        check_choice(field, row.get(&field.fieldname), place)?;
    }
    for field in doctype.columns() {
        check_length(field, row.get(&field.fieldname), place)?;
    }
    Ok(())
}

fn check_kind(field: &Field, text: &str) -> Result<(), Refusal> {
    if text.is_empty() || field.fieldtype != "Data" {
        return Ok(());
    }
    match field.options.as_str() {
        "Email" => match text.split(',').map(str::trim).find(|one| !is_email(one)) {
            Some(wrong) => Err(Refusal::thrown(
                Class::InvalidEmailAddress,
                format!("{wrong} is not a valid Email Address"),
            )),
            None => Ok(()),
        },
        "Phone" if !is_phone(text) => {
            Err(Refusal::thrown(Class::InvalidPhoneNumber, format!("{text} is not a valid Phone Number")))
        }
        "URL" if !is_url(text) => {
            Err(Refusal::invalid(format!("'<strong>{text}</strong>' is not a valid URL")))
        }
        _ => Ok(()),
    }
}

fn is_email(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c);
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && local.chars().all(plain)
            && domain.contains('.')
            && domain
                .split('.')
                .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
    })
}

/// Frappe's pattern: 1 to 20 of digits, blanks and `+ - ( ) . ,` and the like.
fn is_phone(text: &str) -> bool {
    let text = text.trim();
    let length = text.chars().count();
    (1..=20).contains(&length) && text.chars().all(|c| c.is_ascii_digit() || " +_-,.*#()".contains(c))
}

fn is_url(text: &str) -> bool {
    text.split_once("://")
        .is_some_and(|(scheme, rest)| ["http", "https", "ftp", "ftps"].contains(&scheme) && !rest.is_empty())
}

fn check_choice(field: &Field, value: Option<&Value>, place: &Place<'_>) -> Result<(), Refusal> {
    let chosen = text(value);
    if field.fieldtype != "Select"
        || field.options.is_empty()
        || chosen.is_empty()
        || field.fieldname == "naming_series"
    {
        return Ok(());
    }
    let options: Vec<&str> = field.options.split('\n').map(str::trim).collect();
    if options.contains(&chosen.as_str()) {
        return Ok(());
    }
    let prefix = place.row.map_or_else(String::new, |(_, number)| format!("Row #{number}:"));
    let allowed: Vec<String> = options.iter().map(|option| format!("\"{option}\"")).collect();
    Err(Refusal::invalid(format!(
        "{prefix} {} cannot be \"{chosen}\". It should be one of {}",
        field.title(),
        allowed.join(", ")
    )))
}

fn check_length(field: &Field, value: Option<&Value>, place: &Place<'_>) -> Result<(), Refusal> {
    let written = text(value);
    let limit = match field.fieldtype.as_str() {
        "Int" if integer(value).abs() > i64::from(i32::MAX) => 2_147_483_647,
        "Data" | "Link" | "Select" | "Dynamic Link" | "Password" | "Read Only" | "Attach Image" => {
            let limit = if field.length == 0 { 140 } else { field.length };
            if written.chars().count() <= limit {
                return Ok(());
            }
            limit
        }
        _ => return Ok(()),
    };
    let place = match place.row {
        Some((child, number)) => format!("{child}, Row {number}"),
        None => format!("{} {}", place.doctype, place.name),
    };
    let label = field.title();
    Err(Refusal::thrown(
        Class::CharacterLengthExceeded,
        format!("{place}: '<strong>{label}</strong>' ({written}) will get truncated, as max characters allowed is {limit}"),
    )
    .titled("Value too big"))
}

/// What the database keeps of a row; refuses what MariaDB refuses. `table` names the column in messages.
pub(super) fn to_storage(doctype: &DocType, row: &Row, database: &str) -> Result<Row, Refusal> {
    let mut stored = Row::new();
    for key in STANDARD.iter().chain(&CHILD) {
        if let Some(value) = row.get(*key) {
            stored.insert((*key).to_owned(), value.clone());
        }
    }
    for field in doctype.columns() {
        let Some(value) = row.get(&field.fieldname) else {
            continue;
        };
        let kept = keep(field, value).map_err(|wrong| refuse(&wrong, doctype, field, value, database))?;
        if !kept.is_null() {
            stored.insert(field.fieldname.clone(), kept);
        }
    }
    Ok(stored)
}

enum Wrong {
    Date,
    Range,
}

/// DECIMAL(21,9): twelve digits before the point.
const MONEY_LIMIT: f64 = 1e12;

fn keep(field: &Field, value: &Value) -> Result<Value, Wrong> {
    let written = text(Some(value));
    match (field.fieldtype.as_str(), value) {
        (_, Value::Null) => Ok(Value::Null),
        ("Check" | "Int", value) => Ok(integer(Some(value)).into()),
        ("Float" | "Currency" | "Percent", value) => {
            let number = number(Some(value));
            if number.abs() >= MONEY_LIMIT {
                return Err(Wrong::Range);
            }
            Ok(float(number))
        }
        ("Date" | "Datetime" | "Time", _) if written.is_empty() => Ok(Value::Null),
        ("Date", _) => kept_moment(stamp::read_date(&written)),
        ("Datetime", _) => kept_moment(stamp::read_datetime(&written)),
        ("Time", _) => stamp::stored_time(&written).map(Value::from).ok_or(Wrong::Date),
        (_, _) if field.unique == 1 && written.is_empty() => Ok(Value::Null),
        _ => Ok(written.into()),
    }
}

fn kept_moment(moment: stamp::Moment) -> Result<Value, Wrong> {
    match moment {
        stamp::Moment::Stored(text) => Ok(text.into()),
        stamp::Moment::Zero(text) => Ok(text.into()),
        stamp::Moment::Refused => Err(Wrong::Date),
    }
}

fn refuse(wrong: &Wrong, doctype: &DocType, field: &Field, value: &Value, database: &str) -> Refusal {
    let (table, column) = (&doctype.name, &field.fieldname);
    match wrong {
        Wrong::Range => Refusal::silent(
            Class::DatabaseRange,
            format!("(1264, \"Out of range value for column '{column}' at row 1\")"),
        ),
        Wrong::Date => {
            let kind = field.fieldtype.to_lowercase();
            let written = text(Some(value));
            Refusal::silent(
                Class::Operational,
                format!(
                    "(1292, \"Incorrect {kind} value: '{written}' for column `{database}`.`tab{table}`.`{column}` at row 1\")"
                ),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> std::sync::Arc<DocType> {
        let lab = super::super::catalogue::lab().unwrap();
        lab.into_iter().find(|doctype| doctype.name == "Bank Card Lab").unwrap()
    }

    fn row(value: impl Into<Value>) -> Row {
        value.into().as_object().unwrap().clone()
    }

    const PLACE: Place<'static> = Place { doctype: "Bank Card Lab", name: "BC-00001", row: None };

    #[test]
    fn numbers_are_read_as_leniently_as_python_does() {
        let table = [
            (serde_json::json!({"n": "abc"}), "n", serde_json::json!(0)),
            (serde_json::json!({"n": 3.9}), "n", serde_json::json!(3)),
            (serde_json::json!({"n": "42"}), "n", serde_json::json!(42)),
            (serde_json::json!({"amount": "1,234.50"}), "amount", serde_json::json!(1234.5)),
            (serde_json::json!({"amount": "abc"}), "amount", serde_json::json!(0.0)),
            (serde_json::json!({"active": "yes"}), "active", serde_json::json!(0)),
            (serde_json::json!({"active": 5}), "active", serde_json::json!(1)),
            (serde_json::json!({"brand": " Visa "}), "brand", serde_json::json!("Visa")),
            (serde_json::json!({"payload": {"a": 1}}), "payload", serde_json::json!("{\"a\":1}")),
        ];
        for (sent, field, kept) in table {
            let mut row = row(sent);
            coerce(&card(), &mut row).unwrap();
            assert_eq!(row[field], kept);
        }
    }

    #[test]
    fn a_wrong_value_is_refused_in_frappe_s_words() {
        let table = [
            (serde_json::json!({"email": "a@"}), "a@ is not a valid Email Address"),
            (serde_json::json!({"phone": "abc"}), "abc is not a valid Phone Number"),
            (serde_json::json!({"url": "notaurl"}), "'<strong>notaurl</strong>' is not a valid URL"),
            (
                serde_json::json!({"brand": "visa"}),
                " Brand cannot be \"visa\". It should be one of \"\", \"Visa\", \"Mastercard\"",
            ),
            (
                serde_json::json!({"last4": "42424"}),
                "Bank Card Lab BC-00001: '<strong>Last 4</strong>' (42424) will get truncated, as max characters allowed is 4",
            ),
            (
                serde_json::json!({"n": 99_999_999_999_i64}),
                "Bank Card Lab BC-00001: '<strong>N</strong>' (99999999999) will get truncated, as max characters allowed is 2147483647",
            ),
        ];
        for (sent, words) in table {
            assert_eq!(validate(&card(), &row(sent), &PLACE).unwrap_err().text, words);
        }
        let fine = serde_json::json!({"email": "a@example.invalid, b@example.invalid", "phone": " +52 (55) 1234-5678 "});
        validate(&card(), &row(fine), &PLACE).unwrap();
    }

    #[test]
    fn the_database_keeps_texts_and_refuses_dates_and_ranges() {
        let kept = to_storage(&card(), &row(serde_json::json!({"last4": 4242, "t": "09:05:00", "vtiger_id": "", "expires_on": "0000-00-00"})), "db").unwrap();
        assert_eq!(
            Value::Object(kept),
            serde_json::json!({"last4": "4242", "t": "9:05:00", "expires_on": "0000-00-00"})
        );
        let big = to_storage(&card(), &row(serde_json::json!({"amount": 1e15})), "db").unwrap_err();
        assert_eq!(big.class, Class::DatabaseRange);
        let date =
            to_storage(&card(), &row(serde_json::json!({"expires_on": "31/12/2027"})), "db").unwrap_err();
        assert_eq!(
            date.text,
            "(1292, \"Incorrect date value: '31/12/2027' for column `db`.`tabBank Card Lab`.`expires_on` at row 1\")"
        );
    }

    #[test]
    fn an_empty_field_gets_its_default() {
        let links = std::collections::BTreeMap::new();
        let defaults = Defaults {
            links: &links,
            today: "2026-11-21".into(),
            time: "10:00:00.000001".into(),
            user: "u".into(),
        };
        let mut card_row = row(serde_json::json!({"active": null}));
        set_defaults(&card(), &mut card_row, &defaults);
        assert_eq!(card_row["active"], 1);
        assert_eq!(card_row["brand"], "");
        assert_eq!(card_row["t"], "10:00:00.000001");
        assert_eq!(card_row["amount"], serde_json::json!(0.0));
        assert!(!card_row.contains_key("email"));
    }
}
