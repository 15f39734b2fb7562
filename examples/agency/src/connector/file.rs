//! A module's file: its fields, its records, and the count of its changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use cs_domain::guarded::last_digits;
use cs_domain::{FieldSchema, FieldType, Fields, Kind, KindSchema, RecordId, Value, Version};
use cs_ports::{Criterion, FieldRequest, Guard};
use serde::{Deserialize, Serialize};

/// A module as it stands in its file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ModuleFile {
    /// What people call it.
    label: String,
    /// Its fields and what people call them; all of them hold text.
    fields: BTreeMap<String, String>,
    /// How many changes there were.
    #[serde(default)]
    changes: u64,
    /// The number of the last record.
    #[serde(default)]
    last: u64,
    /// Its records.
    #[serde(default)]
    pub(super) records: BTreeMap<String, Entry>,
}

/// A record as it stands in the file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The number of its last change.
    pub(super) changed: u64,
    /// What it holds.
    values: BTreeMap<String, String>,
}

impl Entry {
    pub(super) fn version(&self) -> Version {
        Version::from(self.changed.to_string())
    }

    /// A field's value. Of card and account numbers only the last four digits leave the connector.
    pub(super) fn value(&self, asked: &FieldRequest) -> Value {
        let text = self.text(asked.name.as_str());
        match asked.guard {
            Guard::None => Value::text(text),
            Guard::LastFour => Value::text(last_digits(text)),
        }
    }

    /// Whether the field holds one of the values; case does not count.
    pub(super) fn meets(&self, criterion: &Criterion) -> bool {
        let held = self.text(criterion.field.as_str()).to_lowercase();
        criterion.any_of.iter().any(|value| value.plain().to_lowercase() == held)
    }

    fn text(&self, field: &str) -> &str {
        self.values.get(field).map(String::as_str).unwrap_or_default()
    }
}

fn path(folder: &Path, kind: &Kind) -> PathBuf {
    // A module's name comes from a mapping file and must not lead out of the folder.
    let name: String = kind.as_str().chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    folder.join(format!("{name}.json"))
}

impl ModuleFile {
    pub(super) fn read(folder: &Path, kind: &Kind) -> io::Result<Self> {
        let text = fs::read_to_string(path(folder, kind))?;
        serde_json::from_str(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    pub(super) fn write(&self, folder: &Path, kind: &Kind) -> io::Result<()> {
        let (file, beside) = (path(folder, kind), path(folder, kind).with_extension("new"));
        let text = serde_json::to_string_pretty(self)?;
        fs::write(&beside, text)?;
        fs::rename(beside, file)
    }

    /// Adds a record, and answers its id.
    pub(super) fn add(&mut self, fields: &Fields) -> RecordId {
        self.last += 1;
        let id = RecordId::from(self.last.to_string());
        self.put(&id, fields);
        id
    }

    /// Changes these fields of a record, and no others.
    pub(super) fn put(&mut self, id: &RecordId, fields: &Fields) {
        self.changes += 1;
        let entry = self.records.entry(id.to_string()).or_default();
        entry.changed = self.changes;
        entry.values.extend(fields.iter().map(|(name, value)| (name.to_string(), value.plain())));
    }

    pub(super) fn schema(&self, kind: &Kind) -> KindSchema {
        let fields = self.fields.iter().map(|(name, label)| {
            let field = FieldSchema {
                name: name.as_str().into(),
                label: label.clone(),
                field_type: FieldType::Text,
                mandatory: false,
                writable: true,
                max_chars: None,
                bmp_only: false,
                unique: false,
                allow_on_submit: false,
            };
            (field.name.clone(), field)
        });
        KindSchema {
            kind: kind.clone(),
            label: self.label.clone(),
            creatable: true,
            updatable: true,
            submittable: false,
            fields: fields.collect(),
        }
    }
}
