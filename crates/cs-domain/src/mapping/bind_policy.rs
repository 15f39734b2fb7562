//! What a document's policies ask of its DocType: a field to mark, a document to amend.

use crate::mapping::bind_document::DocumentBinder;
use crate::mapping::place::DocumentPart;
use crate::mapping::{DocumentMapping, misfits};
use crate::policy::DeletePolicy;
use crate::record::{RecordRef, System};
use crate::schema::{FieldSchema, FieldType, KindSchema};
use crate::value::Value;

impl<'a> DocumentBinder<'_, 'a> {
    pub(super) fn policies(&mut self, schema: &'a KindSchema, document: &mut DocumentMapping) {
        if document.amend && !schema.submittable {
            let place = self.place(DocumentPart::Amend);
            self.binder.tell(place, misfits::not_submittable(&schema.kind));
        }
        if let DeletePolicy::Mark { field, value } = &mut document.deletes {
            let place = self.place(DocumentPart::Deletes);
            let found = self.binder.resolve(System::Frappe, schema, field, &place);
            let Some(found) = found else { return };
            if !found.writable {
                self.binder.tell(place, misfits::mark_not_writable(&found.name, &schema.kind));
            } else if let Some(why) = unfit(found, value) {
                self.binder.tell(place, misfits::mark_value(why));
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
