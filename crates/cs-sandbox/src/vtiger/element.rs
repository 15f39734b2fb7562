//! What a create or revise sends, checked as VTiger checks it before it touches a record.

use serde_json::{Map, Value};

use super::catalogue::{Field, Kind, Module, TypeEntry};
use super::refusal::{Code, Refusal};
use super::system::{Rights, System, User, Values};
use super::values::{self, as_text};

/// The fields that a client sends.
pub(crate) type Element = Map<String, Value>;

/// Prefix and number of an id.
pub(crate) type IdParts = (u64, u64);

/// The number at the start of a text, as MariaDB casts it; `0` where there is none.
pub(crate) fn leading_number(text: &str) -> u64 {
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    text.get(..digits).and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// Prefix and number of an id, read as loosely as `retrieve` reads it.
pub(crate) fn loose_parts(id: &str) -> IdParts {
    let (prefix, number) = id.split_once('x').unwrap_or((id, ""));
    (leading_number(prefix), leading_number(number))
}

impl System {
    /// Prefix and number of an id that a client sends: 8.3.0 refuses malformed ones, 8.2.0 finds no module for them.
    pub(crate) fn parts(&self, id: &str) -> Result<IdParts, Refusal> {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let (prefix, number) = id.split_once('x').unwrap_or((id, "0"));
        if digits(prefix) && digits(number) || self.persona().is_8_2() {
            Ok((leading_number(prefix), leading_number(number)))
        } else {
            Err(Refusal::wrong_id())
        }
    }

    /// The modules that a user sees (trap 7).
    pub(crate) fn sees(&self, user: &User, entry: &TypeEntry) -> bool {
        !entry.is_entity || user.rights != Rights::Profile || self.persona().is_8_2()
    }

    /// Every reference that is sent must be of a module that the field may refer to. The record itself is not looked at.
    pub(crate) fn check_references(
        &self,
        user: &User,
        module: &Module,
        element: &Element,
    ) -> Result<(), Refusal> {
        for field in module.fields.iter().filter(|field| field.kind == Kind::Reference) {
            let sent = element.get(&field.name).and_then(as_text).filter(|text| !text.is_empty());
            let Some(id) = sent else { continue };
            let (prefix, _) = self.parts(&id)?;
            let entry = self.catalogue.by_prefix(prefix).ok_or_else(Refusal::unknown_prefix)?;
            if !field.refers_to.contains(&entry.name) {
                let message = format!("Invalid reference specified for {}", field.name);
                return Err(Refusal::error(Code::ReferenceInvalid, message));
            }
            if !self.sees(user, entry) && entry.name != "Users" {
                let message = format!("Permission to access reference type is denied {}", entry.name);
                return Err(Refusal::denied(message));
            }
        }
        Ok(())
    }

    /// The owner that is sent must be readable, and the user must be allowed to hand records to somebody else.
    pub(crate) fn check_owner(&self, user: &User, module: &Module, element: &Element) -> Result<(), Refusal> {
        for field in module.fields.iter().filter(|field| field.kind == Kind::Owner) {
            let sent = element.get(&field.name).and_then(as_text).filter(|text| !text.is_empty());
            let Some(id) = sent else { continue };
            let (_, owner) = self.parts(&id)?;
            if user.rights != Rights::Admin && owner != user.id {
                return Err(Refusal::denied("Cannot assign record to the given user"));
            }
        }
        Ok(())
    }

    /// What the columns keep of the fields that are sent. Unknown fields and those that only the server sets are
    /// left out.
    pub(crate) fn kept(user: &User, module: &Module, element: &Element) -> Result<Values, Refusal> {
        let mut kept = Values::new();
        for field in module.stored().filter(|field| !field.item && !field.is_the_servers()) {
            if let Some(sent) = element.get(&field.name) {
                kept.insert(field.name.clone(), Self::keep(user, field, sent)?);
            }
        }
        Ok(kept)
    }

    fn keep(user: &User, field: &Field, sent: &Value) -> Result<Option<String>, Refusal> {
        let text = as_text(sent).unwrap_or_default();
        if matches!(field.kind, Kind::Reference | Kind::Owner) {
            let number = match text.split_once('x') {
                Some((_, number)) => leading_number(number),
                None => leading_number(&text),
            };
            return Ok((number != 0).then(|| number.to_string()));
        }
        let safe = if field.name == "description" { purified(&text) } else { text };
        values::stored(field.kind, &safe, user.text("date_format"))
            .map_err(|values::Thrown| Refusal::internal())
    }
}

/// All mandatory fields must be there: the first that is not is named.
pub(crate) fn check_complete(module: &Module, element: &Element) -> Result<(), Refusal> {
    let missing = module.fields.iter().find(|field| field.mandatory && is_blank(element.get(&field.name)));
    missing.map_or(Ok(()), |field| Err(Refusal::missing(&field.name)))
}

/// A mandatory field that is sent must not be blank.
pub(crate) fn check_not_blanked(module: &Module, element: &Element) -> Result<(), Refusal> {
    let blanked = module.fields.iter().find(|field| {
        field.mandatory && element.contains_key(&field.name) && is_blank(element.get(&field.name))
    });
    blanked.map_or(Ok(()), |field| Err(Refusal::missing(&field.name)))
}

fn is_blank(sent: Option<&Value>) -> bool {
    match sent {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    }
}

/// A description with script in it is kept with all its entities written out (recording 085), once more than usual.
fn purified(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let handler = lower.split('<').skip(1).any(|tag| {
        let inside = tag.split('>').next().unwrap_or_default();
        inside.split_whitespace().skip(1).any(|part| part.starts_with("on") && part.contains('='))
    });
    if handler || lower.contains("<script") || lower.contains("javascript:") {
        super::entities::encode(&super::entities::encode(text))
    } else {
        text.to_owned()
    }
}
