//! What a document's policies ask of its DocType: a field to mark, a document to amend.

use crate::mapping::DocumentMapping;
use crate::mapping::bind_document::DocumentBinder;
use crate::mapping::place::DocumentPart;
use crate::policy::DeletePolicy;
use crate::record::{RecordRef, System};
use crate::schema::{FieldSchema, FieldType, KindSchema};
use crate::value::Value;

impl<'a> DocumentBinder<'_, 'a> {
    pub(super) fn policies(&mut self, schema: &'a KindSchema, document: &mut DocumentMapping) {
        if document.amend && !schema.submittable {
            let place = self.place(DocumentPart::Amend);
            let message =
                format!("documents of {} are never submitted, so there is none to amend", schema.kind);
            self.binder.tell("bind.not_submittable", place, message, "Take `amend` out.");
        }
        if let DeletePolicy::Mark { field, value } = &mut document.deletes {
            let place = self.place(DocumentPart::Deletes);
            let found = self.binder.resolve(System::Frappe, schema, field, &place);
            let Some(found) = found else { return };
            if !found.writable {
                let message = format!("{} of {} cannot be written", found.name, schema.kind);
                self.binder.tell("bind.not_writable", place, message, "Mark another field.");
            } else if let Some(why) = unfit(found, value) {
                let remedy = "Name a value that the field takes, or another field.";
                self.binder.tell("bind.mark_value", place, why, remedy);
            }
        }
    }
}

/// Why the field does not take the text. Whether a document of that name is there is not asked.
fn unfit(field: &FieldSchema, text: &str) -> Option<String> {
    let value = match &field.field_type {
        FieldType::Reference { kinds } => match kinds.as_slice() {
            [kind] => Value::Reference(RecordRef::frappe(kind.clone(), text)),
            _ => Value::text(text),
        },
        _ => Value::text(text),
    };
    field.fit(value).err().map(|misfit| misfit.to_string())
}
