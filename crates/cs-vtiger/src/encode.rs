//! From canonical values to VTiger's spelling, refusing beforehand what would not come back the same.

use cs_domain::{FieldName, FieldSchema, FieldType, Fields, Misfit, Value};
use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json};

use crate::decode::id_parts;
use crate::describe::Described;
use crate::error::{MisfitSummary, VtigerError};
use crate::zone::server_text;

/// The fields of a write, in VTiger's spelling. Nothing is sent where one of them does not fit.
pub(crate) fn element(
    described: &Described,
    fields: &Fields,
    zone: &TimeZone,
) -> Result<Map<String, Json>, VtigerError> {
    fields
        .iter()
        .map(|(name, value)| {
            let field = writable(described, name)?;
            Ok((name.to_string(), Json::String(spelled(field, value, zone)?)))
        })
        .collect()
}

fn writable<'a>(described: &'a Described, name: &FieldName) -> Result<&'a FieldSchema, VtigerError> {
    let field = described.column(name)?;
    if field.writable {
        Ok(field)
    } else {
        Err(VtigerError::ReadOnlyField { kind: described.kind().clone(), field: name.clone() })
    }
}

fn spelled(field: &FieldSchema, value: &Value, zone: &TimeZone) -> Result<String, VtigerError> {
    let refuse = |misfit: &Misfit| VtigerError::Misfit(MisfitSummary::from(misfit));
    let fitted = field.fit(value.clone()).map_err(|misfit| refuse(&misfit))?;
    if fitted.is_empty() && field.mandatory {
        return Err(refuse(&Misfit::Mandatory { field: field.name.clone() }));
    }
    let text = wire_text(field, &fitted, zone).map_err(|misfit| refuse(&misfit))?;
    // Entities that stand in a text literally are decoded by VTiger and lost ("Values").
    if matches!(field.field_type, FieldType::Text | FieldType::Choice { .. })
        && let Some(entity) = entity_in(&text)
    {
        return Err(refuse(&Misfit::Entity { field: field.name.clone(), entity }));
    }
    Ok(text)
}

/// The first entity that stands in a text literally.
fn entity_in(text: &str) -> Option<String> {
    text.match_indices('&').find_map(|(at, _)| {
        let rest = text.get(at..)?;
        let entity = rest.get(..=rest.find(';')?)?;
        (html_escape::decode_html_entities(entity) != entity).then(|| entity.to_owned())
    })
}

/// How VTiger writes a value of this field; for conditions too.
pub(crate) fn wire_text(field: &FieldSchema, value: &Value, zone: &TimeZone) -> Result<String, Misfit> {
    let wrong = |expected: &str| Misfit::WrongType {
        field: field.name.clone(),
        // The value stays out: this text may be logged.
        value: value.type_name().to_owned(),
        expected: expected.to_owned(),
    };
    let is_reference = matches!(field.field_type, FieldType::Reference { .. });
    match value {
        Value::DateTime(moment) => Ok(server_text(moment.utc, zone)),
        Value::Reference(reference) if id_parts(reference.id.as_str()).is_some() => {
            Ok(reference.id.to_string())
        }
        Value::Text(id) if is_reference && id_parts(id).is_some() => Ok(id.clone()),
        Value::Reference(_) => Err(wrong("VTiger id")),
        Value::Text(_) if is_reference => Err(wrong("VTiger id")),
        Value::Rows(_) => Err(wrong("single value")),
        // Date is Y-m-d, a decimal has a point and no thousands, a checkbox is 1 or 0, empty is "".
        other => Ok(other.plain()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Payload;
    use serde_json::json;

    fn described() -> Described {
        Described::read(Payload(json!({
            "name": "Contacts", "createable": true, "updateable": true, "idPrefix": "12", "fields": [
                {"name": "lastname", "mandatory": true, "editable": true, "type": {"name": "string"}},
                {"name": "birthday", "editable": true, "type": {"name": "date"}},
                {"name": "donotcall", "editable": true, "type": {"name": "boolean"}},
                {"name": "cf_5", "editable": true, "type": {"name": "currency"}},
                {"name": "account_id", "editable": true, "type": {"name": "reference", "refersTo": ["Accounts"]}},
                {"name": "modifiedtime", "editable": false, "type": {"name": "datetime"}},
            ]
        })))
        .unwrap()
    }

    fn one(name: &str, value: Value) -> Result<String, VtigerError> {
        let fields = Fields::from([(name.into(), value)]);
        let element = element(&described(), &fields, &TimeZone::UTC)?;
        Ok(element[name].as_str().unwrap().to_owned())
    }

    #[test]
    fn values_are_spelled_as_vtiger_takes_them() {
        assert_eq!(one("birthday", Value::text("2026-01-31")).unwrap(), "2026-01-31");
        assert_eq!(one("birthday", Value::Empty).unwrap(), "");
        assert_eq!(one("donotcall", Value::Boolean(true)).unwrap(), "1");
        assert_eq!(one("cf_5", Value::Decimal("1234.50".parse().unwrap())).unwrap(), "1234.5");
        assert_eq!(one("account_id", Value::text("11x30")).unwrap(), "11x30");
        assert_eq!(one("lastname", Value::text("Muñoz & Cía")).unwrap(), "Muñoz & Cía");
    }

    #[test]
    fn what_would_be_changed_in_silence_is_not_sent() {
        let code = |name: &str, value: Value| one(name, value).unwrap_err().code().into_owned();
        assert_eq!(code("lastname", Value::text("x".repeat(81))), "value.too_long");
        assert_eq!(code("lastname", Value::text("Ana 😀")), "value.unstorable_character");
        assert_eq!(code("lastname", Value::text("AT&amp;T")), "value.html_entity");
        assert_eq!(code("lastname", Value::text("a & b; O&#039;Niel")), "value.html_entity");
        assert_eq!(one("lastname", Value::text("a & b; c && d;")).unwrap(), "a & b; c && d;");
        assert_eq!(code("lastname", Value::Empty), "value.mandatory");
        assert_eq!(code("birthday", Value::text("31/01/2026")), "value.wrong_type");
        assert_eq!(code("cf_5", Value::text("1,234.56")), "value.wrong_type");
        assert_eq!(code("account_id", Value::text("Empresa")), "value.wrong_type");
        assert_eq!(code("modifiedtime", Value::Empty), "vtiger.read_only_field");
        assert_eq!(code("LineItems", Value::text("[]")), "vtiger.no_such_field");
    }
}
