//! `listtypes` and `describe`: which modules a user sees, and their fields.

use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use super::system::{System, User};

impl System {
    /// `listtypes`. With a list of field types, 8.3.0 finds no modules at all (recording 035).
    pub fn list_types(&self, user: &User, by_field_type: bool) -> Value {
        let seen: Vec<_> =
            self.catalogue.types().iter().filter(|entry| !by_field_type && self.sees(user, entry)).collect();
        if seen.is_empty() {
            return json!({"types": [], "information": []});
        }
        let types: Vec<&str> = seen.iter().map(|entry| entry.name.as_str()).collect();
        let information: Map<String, Value> = seen
            .iter()
            .map(|entry| {
                let about =
                    json!({"isEntity": entry.is_entity, "label": entry.label, "singular": entry.singular});
                (entry.name.clone(), about)
            })
            .collect();
        json!({"types": types, "information": information})
    }

    /// `describe`. Dates show the user's own format.
    pub fn describe(&self, user: &User, name: &str) -> Result<Value, Refusal> {
        let entry = self.catalogue.by_name(name).ok_or_else(|| Refusal::unknown_name(name))?;
        if !self.sees(user, entry) {
            return Err(Refusal::not_permitted());
        }
        // Modules that exist but are not served look as they do to a user without rights.
        let module = self.catalogue.module(name).ok_or_else(Refusal::not_permitted)?;
        let fields: Vec<Value> = module
            .fields
            .iter()
            .filter(|field| !field.hidden)
            .map(|field| {
                let mut entry = field.describe.clone();
                if let Some(format) = entry.pointer_mut("/type/format") {
                    *format = Value::from(user.text("date_format"));
                }
                entry
            })
            .collect();
        // `fields` stands between the rights and the prefix.
        let mut described = Map::new();
        for (key, value) in &module.head {
            if key == "idPrefix" {
                described.insert("fields".to_owned(), Value::Array(fields.clone()));
            }
            described.insert(key.clone(), value.clone());
        }
        Ok(Value::Object(described))
    }
}
