//! What an administrator does to a module's fields while the server runs: takes one away, gives it another label, type or
//! length, makes it mandatory, locks it, takes entries out of its list.

use std::sync::Arc;

use serde_json::{Value, json};

use super::catalogue::{Catalogue, Field, Kind};
use super::system::System;

/// A change of one field. What records hold stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldChange {
    /// It is no longer there.
    Removed,
    /// It is called otherwise.
    Labelled(String),
    /// `describe` tells another type: `string`, `integer`, `date`, `picklist`.
    Typed(String),
    /// A record without it is refused, or no longer.
    Mandatory(bool),
    /// The web service may write it, or not.
    Editable(bool),
    /// Its list has these entries.
    Listed(Vec<String>),
    /// It takes so many characters. Cloud editions tell that in `describe`; 8.3.0 does not.
    Long(usize),
}

impl System {
    /// Changes a field of a module; answers whether there is such a field.
    pub fn change_field(&mut self, module: &str, field: &str, change: &FieldChange) -> bool {
        Arc::make_mut(&mut self.catalogue).change_field(module, field, change)
    }

    /// Takes a module away; answers whether there was one. Its records stay where they are, unseen.
    pub fn remove_module(&mut self, module: &str) -> bool {
        Arc::make_mut(&mut self.catalogue).remove_module(module)
    }

    /// A catalogue as it is now, to go back to.
    pub fn catalogue_now(&self) -> Arc<Catalogue> {
        Arc::clone(&self.catalogue)
    }

    /// Goes back to a catalogue: what was changed since is as it was.
    pub fn restore_catalogue(&mut self, catalogue: Arc<Catalogue>) {
        self.catalogue = catalogue;
    }
}

impl Field {
    pub(super) fn change(&mut self, change: &FieldChange) {
        match change {
            FieldChange::Removed => {}
            FieldChange::Labelled(label) => self.say("label", json!(label)),
            FieldChange::Typed(name) => {
                self.say("type", json!({ "name": name }));
                self.kind = match name.as_str() {
                    "integer" => Kind::Integer,
                    "date" => Kind::Date,
                    "boolean" => Kind::Flag,
                    _ => Kind::Text(None),
                };
            }
            FieldChange::Mandatory(mandatory) => {
                self.say("mandatory", json!(mandatory));
                self.mandatory = *mandatory;
            }
            FieldChange::Editable(editable) => self.say("editable", json!(editable)),
            FieldChange::Listed(entries) => {
                let values = entries.iter().map(|entry| json!({ "label": entry, "value": entry }));
                if let Some(told) = self.describe.get_mut("type").and_then(Value::as_object_mut) {
                    told.insert("picklistValues".to_owned(), values.collect());
                }
            }
            FieldChange::Long(length) => {
                if let Some(told) = self.describe.get_mut("type").and_then(Value::as_object_mut) {
                    told.insert("length".to_owned(), json!(length));
                }
                self.kind = Kind::Text(Some(*length));
            }
        }
    }

    fn say(&mut self, key: &str, value: Value) {
        if let Some(described) = self.describe.as_object_mut() {
            described.insert(key.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vtiger::{Installation, Persona, Setup};

    #[test]
    fn describe_tells_what_was_changed_and_forgets_it_again() {
        let mut system = System::new(Setup::new(Persona::v8_3_0(), Installation::Bare));
        let before = system.catalogue_now();
        let told = |system: &System, pointer: &str| {
            let described = system.describe(&system.users()[&1].clone(), "Contacts").unwrap();
            let fields = described["fields"].as_array().unwrap().clone();
            let field = fields.into_iter().find(|field| field["name"] == "leadsource");
            field.map(|field| field.pointer(pointer).cloned().unwrap_or_default())
        };
        let list = FieldChange::Listed(vec!["Web".to_owned()]);
        assert!(system.change_field("Contacts", "leadsource", &list));
        assert_eq!(told(&system, "/type/picklistValues/0/value"), Some("Web".into()));
        assert!(system.change_field("Contacts", "leadsource", &FieldChange::Labelled("Origin".to_owned())));
        assert_eq!(told(&system, "/label"), Some("Origin".into()));
        assert!(system.change_field("Contacts", "leadsource", &FieldChange::Removed));
        assert_eq!(told(&system, "/label"), None);
        assert!(!system.change_field("Contacts", "leadsource", &FieldChange::Removed));
        assert!(system.remove_module("Contacts"));
        assert!(system.describe(&system.users()[&1].clone(), "Contacts").is_err());
        system.restore_catalogue(before);
        assert_eq!(told(&system, "/label"), Some("Lead Source".into()));
    }
}
