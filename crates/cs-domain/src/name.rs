//! Names that must not be mistaken for one another.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text as it is.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}

names! {
    /// A kind of record: a VTiger module (`SalesOrder`) or a Frappe DocType (`Sales Order`).
    Kind;
    /// A field's API name: `cf_2293` in VTiger, `first_name` in Frappe.
    FieldName;
    /// What a system calls one record: `6x231` in VTiger, the document's `name` in Frappe.
    RecordId;
    /// The part a document plays in a unit: `owner`, `spouse`, `home`.
    Role;
    /// A mapping's name, the one its file states.
    MappingName;
    /// A unit's name within its mapping.
    UnitName;
    /// A system's own stamp of a record's state: `modifiedtime` in VTiger (whole seconds), `modified` in Frappe
    /// (microseconds). Compared for equality and, within one system and one record, for order; never against a clock.
    Version;
}
