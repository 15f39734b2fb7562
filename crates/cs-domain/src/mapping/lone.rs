//! Words of lists that the other side does not take: what a run would refuse as soon as a record holds them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decide::Schemas;
use crate::failure::Failure;
use crate::mapping::{DocumentMapping, FieldRule, Settings, Source, UnitMapping};
use crate::name::{FieldName, Kind, Role};
use crate::record::{Record, RecordRef, System};
use crate::schema::{FieldType, KindSchema};
use crate::value::Value;
use crate::wanted::{fitted, misfit_failure};

/// A word without a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoneWord {
    /// The side that holds it.
    pub system: System,
    /// The module or DocType there.
    pub kind: Kind,
    /// The field there.
    pub field: FieldName,
    /// What people call the field.
    pub label: String,
    /// The document whose rule it is.
    pub role: Role,
    /// That document's field.
    pub frappe: FieldName,
    /// The word.
    pub word: String,
    /// How many of the sampled records hold it; 0: it stands in the list only.
    pub sampled: u32,
    /// How many records hold it, where somebody counted them.
    #[serde(default)]
    pub everywhere: Option<u64>,
    /// Why it is not taken.
    pub failure: Failure,
}

/// The words that lists offer, or sampled records of either side hold, and that a rule would refuse on their way. Rules of one
/// VTiger field only: a joined text holds no words.
pub fn lone_words(
    unit: &UnitMapping,
    schemas: Schemas<'_>,
    settings: &Settings,
    (there, here): (&[Record], &[Record]),
) -> Vec<LoneWord> {
    let mut found = Vec::new();
    for document in &unit.documents {
        for rule in document.fields.iter().filter(|rule| !rule.guards_card_data()) {
            let Source::Fields { names, .. } = &rule.source else { continue };
            let [source] = names.as_slice() else { continue };
            let pair = Pair { unit, document, rule, source, schemas, settings };
            if rule.direction.reaches_frappe() {
                found.extend(pair.lone(System::Vtiger, there));
            }
            if rule.direction.reaches_vtiger() {
                found.extend(pair.lone(System::Frappe, here));
            }
        }
    }
    found
}

/// A VTiger field and a Frappe field with the rule between them.
struct Pair<'a> {
    unit: &'a UnitMapping,
    document: &'a DocumentMapping,
    rule: &'a FieldRule,
    source: &'a FieldName,
    schemas: Schemas<'a>,
    settings: &'a Settings,
}

impl Pair<'_> {
    fn lone(&self, system: System, samples: &[Record]) -> Vec<LoneWord> {
        let (kind, name) = match system {
            System::Vtiger => (&self.unit.module, self.source),
            System::Frappe => (&self.document.doctype, &self.rule.frappe),
        };
        let schema = self.schema(system).and_then(|schema| schema.fields.get(name));
        let Some((values, schema)) = schema.and_then(|schema| match &schema.field_type {
            FieldType::Choice { values, .. } => Some((values, schema)),
            _ => None,
        }) else {
            return Vec::new();
        };
        let mut words: BTreeMap<&str, u32> = values.iter().map(|word| (word.as_str(), 0)).collect();
        let of_kind = samples.iter().filter(|record| record.reference.kind == *kind);
        for word in of_kind.filter_map(|record| record.get(name)) {
            if let Value::Choice(word) | Value::Text(word) = word {
                *words.entry(word.as_str()).or_default() += 1;
            }
        }
        let refused =
            words.into_iter().filter(|(word, _)| !word.trim().is_empty()).filter_map(|(word, sampled)| {
                let failure = self.refusal(system, word)?;
                Some(LoneWord {
                    system,
                    kind: kind.clone(),
                    field: name.clone(),
                    label: schema.label.clone(),
                    role: self.document.role.clone(),
                    frappe: self.rule.frappe.clone(),
                    word: word.to_owned(),
                    sampled,
                    everywhere: None,
                    failure,
                })
            });
        refused.collect()
    }

    fn schema(&self, system: System) -> Option<&KindSchema> {
        match system {
            System::Vtiger => self.schemas.vtiger,
            System::Frappe => self.schemas.frappe.get(&self.document.doctype),
        }
    }

    /// Why the other side would not take the word.
    fn refusal(&self, system: System, word: &str) -> Option<Failure> {
        let blank = |value: Value| Record {
            reference: RecordRef::vtiger(self.unit.module.clone(), ""),
            version: "".into(),
            fields: [(self.source.clone(), value)].into(),
        };
        match system {
            System::Vtiger => {
                let record = blank(Value::Choice(word.to_owned()));
                match self.rule.to_frappe(&record, self.settings) {
                    Ok(Some(value)) => fitted(self.rule, self.schema(System::Frappe), value).err(),
                    Ok(None) => None,
                    Err(error) => Some(error.failure()),
                }
            }
            System::Frappe => {
                let written = self.rule.to_vtiger(&Value::Choice(word.to_owned()), &blank(Value::Empty));
                let fields = match written {
                    Ok(fields) => fields,
                    Err(error) => return Some(error.failure()),
                };
                let schema = self.schema(System::Vtiger)?;
                let misfit =
                    fields.into_iter().find_map(|(name, value)| schema.fields.get(&name)?.fit(value).err());
                misfit.map(|misfit| misfit_failure(&misfit))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::parse;
    use crate::schema::FieldSchema;

    fn list(kind: &str, field: &str, values: &[&str]) -> KindSchema {
        let schema = FieldSchema {
            name: field.into(),
            label: "List".into(),
            field_type: FieldType::Choice {
                values: values.iter().map(|value| (*value).to_owned()).collect(),
                closed: true,
            },
            mandatory: false,
            writable: true,
            max_chars: None,
            bmp_only: false,
            unique: false,
            allow_on_submit: false,
        };
        KindSchema {
            kind: kind.into(),
            label: kind.into(),
            creatable: true,
            updatable: true,
            submittable: false,
            fields: [(schema.name.clone(), schema)].into(),
        }
    }

    fn lone(rule: &str, there: &[&str], here: &[&str]) -> Vec<(System, String, u32, String)> {
        let text = format!(
            "format = 1\nname = \"t\"\ntitle = \"T\"\n[[unit]]\nname = \"lead\"\nmodule = \"Leads\"\n[[unit.document]]\n\
             role = \"lead\"\ndoctype = \"Lead\"\n[unit.document.fields]\nstatus = {rule}\n"
        );
        let mapping = parse(&text).unwrap_or_else(|problems| panic!("{problems:?}")).mapping;
        let vtiger = list("Leads", "rating", there);
        let frappe = [("Lead".into(), list("Lead", "status", here))].into();
        let schemas = Schemas { vtiger: Some(&vtiger), frappe: &frappe };
        let sample = Record {
            reference: RecordRef::vtiger("Leads", "10x1"),
            version: "v".into(),
            fields: [("rating".into(), Value::Choice("Tepid".into()))].into(),
        };
        lone_words(&mapping.units[0], schemas, &Settings::new(), (&[sample.clone(), sample], &[]))
            .into_iter()
            .map(|lone| (lone.system, lone.word, lone.sampled, lone.failure.code))
            .collect()
    }

    #[test]
    fn words_that_the_other_list_lacks_are_found_on_both_sides() {
        let found = lone("\"rating\"", &["Hot", "Cold"], &["Hot", "Open"]);
        let expected = [
            (System::Vtiger, "Cold".to_owned(), 0, "value.not_a_choice".to_owned()),
            (System::Vtiger, "Tepid".to_owned(), 2, "value.not_a_choice".to_owned()),
            (System::Frappe, "Open".to_owned(), 0, "value.not_a_choice".to_owned()),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_map_that_covers_them_leaves_none_alone() {
        let rule = r#"{ vtiger = "rating", transform = { map = { Hot = "Open", Cold = "Replied", Tepid = "Passive" } } }"#;
        assert!(lone(rule, &["Hot", "Cold", "Tepid"], &["Open", "Replied", "Passive"]).is_empty());
        let found = lone(rule, &["Hot", "Cold", "Tepid", "Dead"], &["Open", "Replied", "Passive"]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].1.as_str(), found[0].3.as_str()), ("Dead", "transform.unknown_word"));
    }
}
