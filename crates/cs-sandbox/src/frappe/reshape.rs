//! What an administrator does to a DocType's fields while the site runs, with Customize Form or by a new version of an app:
//! takes one away, gives it another label, type or length, makes it mandatory, locks it, takes entries out of its list.

use std::sync::Arc;

use super::catalogue::{DocType, Field};
use super::site::Site;

/// A change of one field. What documents hold stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldChange {
    /// It is no longer there.
    Removed,
    /// It is called otherwise.
    Labelled(String),
    /// It has another type: `Data`, `Int`, `Date`.
    Typed(String),
    /// A document without it is refused, or no longer.
    Mandatory(bool),
    /// People may not edit it.
    ReadOnly(bool),
    /// Its list has these entries.
    Listed(Vec<String>),
    /// It takes so many characters.
    Long(usize),
}

impl Site {
    /// Changes a field of a `DocType`; answers whether there is such a field.
    pub fn change_field(&mut self, doctype: &str, field: &str, change: &FieldChange) -> bool {
        let Some(mut changed) = self.doctype(doctype).map(|doctype| DocType::clone(&doctype)) else {
            return false;
        };
        let Some(at) = changed.fields.iter().position(|known| known.fieldname == field) else {
            return false;
        };
        if *change == FieldChange::Removed {
            changed.fields.remove(at);
        } else if let Some(field) = changed.fields.get_mut(at) {
            field.change(change);
        }
        self.install_doctypes(vec![Arc::new(changed)]);
        true
    }

    /// Takes a `DocType` away; gives it, to be installed again. Its documents stay where they are, unseen.
    pub fn remove_doctype(&mut self, doctype: &str) -> Option<Arc<DocType>> {
        let found = self.doctype(doctype)?;
        self.store.remove_doctype(doctype);
        self.store.commit();
        Some(found)
    }
}

impl Field {
    fn change(&mut self, change: &FieldChange) {
        match change {
            FieldChange::Removed => {}
            FieldChange::Labelled(label) => self.label.clone_from(label),
            FieldChange::Typed(fieldtype) => self.fieldtype.clone_from(fieldtype),
            FieldChange::Mandatory(mandatory) => self.reqd = u8::from(*mandatory),
            FieldChange::ReadOnly(read_only) => self.read_only = u8::from(*read_only),
            FieldChange::Listed(entries) => self.options = entries.join("\n"),
            FieldChange::Long(length) => self.length = *length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_changed_and_put_back() {
        let mut site = Site::bare(1).unwrap();
        let before = site.doctype("Contact").unwrap();
        assert!(site.change_field("Contact", "department", &FieldChange::Long(20)));
        assert!(site.change_field("Contact", "status", &FieldChange::Removed));
        assert!(!site.change_field("Contact", "status", &FieldChange::Removed));
        assert!(!site.change_field("No Such Type", "status", &FieldChange::Removed));
        let changed = site.doctype("Contact").unwrap();
        assert_eq!(changed.field("department").unwrap().length, 20);
        assert!(changed.field("status").is_none());
        assert!(site.remove_doctype("Contact").is_some() && site.doctype("Contact").is_none());
        site.install_doctypes(vec![Arc::clone(&before)]);
        assert_eq!(site.doctype("Contact"), Some(before));
    }
}
