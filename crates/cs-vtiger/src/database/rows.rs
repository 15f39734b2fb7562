//! Rows of the text protocol as records.

use std::sync::Arc;

use cs_domain::{FieldSchema, Fields, Record, RecordRef, Version};
use cs_ports::{FieldRequests, Guard};
use jiff::tz::TimeZone;
use sqlx::Row;
use sqlx::mysql::MySqlRow;

use super::layout::{Layout, References};
use crate::decode;
use crate::error::VtigerError;

/// A cell as the server wrote it; `None` for NULL. Bytes that are no UTF-8 are replaced, not refused: VTiger's tables
/// are utf8, what is not was broken before.
pub(super) fn raw(row: &MySqlRow, at: usize) -> Option<std::borrow::Cow<'_, str>> {
    let bytes: Option<&[u8]> = row.try_get_unchecked(at).ok().flatten();
    bytes.map(String::from_utf8_lossy)
}

/// A cell's text, empty for NULL.
pub(super) fn text(row: &MySqlRow, at: usize) -> String {
    raw(row, at).unwrap_or_default().into_owned()
}

/// Turns rows of [`super::sql::select_records`] into records.
pub(super) struct Decoder {
    layout: Arc<Layout>,
    references: Arc<References>,
    zone: TimeZone,
    fields: Vec<(FieldSchema, Guard)>,
}

impl Decoder {
    pub(super) fn new(
        layout: Arc<Layout>,
        references: Arc<References>,
        zone: TimeZone,
        wanted: &FieldRequests,
    ) -> Result<Self, VtigerError> {
        let fields: Result<Vec<_>, VtigerError> = wanted
            .0
            .iter()
            .map(|request| Ok((layout.place(&request.name)?.0.clone(), request.guard)))
            .collect();
        Ok(Self { layout, references, zone, fields: fields? })
    }

    pub(super) fn record(&self, row: &MySqlRow) -> Record {
        let described = &self.layout.described;
        let id = format!("{}x{}", described.prefix, raw(row, 0).unwrap_or_default());
        let mut fields = Fields::new();
        for (at, (field, guard)) in self.fields.iter().enumerate() {
            // Columns 0 and 1 are id and version.
            let cell = raw(row, at + 2);
            let cell = if field.name.as_str() == "id" { Some(id.as_str().into()) } else { cell };
            let value = decode::value(field, cell.as_deref(), *guard, &self.zone, self.references.as_ref());
            fields.insert(field.name.clone(), value);
        }
        Record {
            version: Version::new(text(row, 1)),
            reference: RecordRef::vtiger(described.kind().clone(), id),
            fields,
        }
    }
}
