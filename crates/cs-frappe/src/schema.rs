//! A DocType as the site describes it, and what the connector has to know beyond the domain's schema: the form each
//! field has on the wire and what Frappe checks on it.
//!
//! The description comes from `/api/v2/doctype/<DocType>/meta` (`fixtures/frappe/v2_meta.json`): one request, open to
//! every user, with Custom Fields and property setters merged in. `/api/resource/DocType/<DocType>` needs the right to
//! read DocTypes and leaves both out.

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::{FieldName, FieldSchema, FieldType, Kind, KindSchema};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::error::FrappeError;

/// The length of a Data field (facts/FRAPPE.md, "Writing").
const DATA_LENGTH: u32 = 140;
/// Currency, Float and Percent are decimal(21,9).
pub(crate) const SCALE: u32 = 9;

/// A DocType, as far as the connector needs it.
#[derive(Debug)]
pub(crate) struct DocSchema {
    pub(crate) kind: KindSchema,
    forms: BTreeMap<FieldName, Form>,
    checks: BTreeMap<FieldName, Check>,
    /// Fields that the document's name is made of.
    naming: BTreeSet<FieldName>,
    /// Fields that every document has and only Frappe sets.
    standard: BTreeSet<FieldName>,
    /// Fields that Frappe works out when a document is saved: whatever is sent for them does not last.
    derived: BTreeSet<FieldName>,
    pub(crate) is_table: bool,
}

/// How a field looks on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Integer,
    Decimal,
    Check,
    Date,
    DateTime,
    Select,
    Link(Kind),
    /// The field that holds the DocType.
    DynamicLink(FieldName),
    Rows(Kind),
    Verbatim,
}

/// What Frappe checks or rewrites in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// Sanitised as a whole where it holds a tag.
    Plain,
    /// Only these signs pass.
    Phone,
    /// Holds HTML, or is never sanitised.
    Any,
}

impl DocSchema {
    pub(crate) fn field(&self, name: &FieldName) -> Result<(&FieldSchema, &Form), FrappeError> {
        match (self.kind.fields.get(name), self.forms.get(name)) {
            (Some(field), Some(form)) => Ok((field, form)),
            _ => Err(FrappeError::NoSuchField { kind: self.kind.kind.clone(), field: name.clone() }),
        }
    }

    pub(crate) fn check(&self, name: &FieldName) -> Check {
        self.checks.get(name).copied().unwrap_or(Check::Any)
    }

    pub(crate) fn names_the_document(&self, field: &FieldName) -> bool {
        self.naming.contains(field)
    }

    pub(crate) fn only_frappe_sets(&self, field: &FieldName) -> bool {
        self.standard.contains(field)
    }

    /// Whether Frappe fills the field by itself: `link_title` of a link's row follows the title of the document that is
    /// linked to (`fixtures/frappe/put_address_bumps_customer.json`).
    pub(crate) fn is_derived(&self, field: &FieldName) -> bool {
        self.derived.contains(field)
    }

    /// The fields that hold data of the document itself, in no particular order: a child row's columns.
    pub(crate) fn data_fields(&self) -> impl Iterator<Item = (&FieldName, &Form)> {
        self.forms.iter().filter(|(name, form)| {
            !self.standard.contains(*name) && name.as_str() != "docstatus" && !matches!(form, Form::Rows(_))
        })
    }

    /// All fields that hold data, tables among them, as Frappe's own *Amend* copies them: neither what Frappe sets by itself
    /// nor what ties the document to its own past.
    pub(crate) fn amended_fields(&self) -> impl Iterator<Item = (&FieldName, &Form)> {
        const OWN: [&str; 4] = ["docstatus", "amended_from", "amendment_date", "cancel_reason"];
        self.forms
            .iter()
            .filter(|(name, _)| !self.standard.contains(*name) && !OWN.contains(&name.as_str()))
            // "Cancelled"; the recorded amendments leave it out too (`fixtures/frappe/so_amend.json`).
            .filter(|(name, _)| !(name.as_str() == "status" && self.is_derived(name)))
    }

    /// Reads the site's description.
    pub(crate) fn from_meta(kind: &Kind, meta: Json) -> Result<Self, FrappeError> {
        let meta: Meta = serde_json::from_value(meta)
            .map_err(|_| FrappeError::Shape { what: "a DocType's description" })?;
        let mut schema = Self::empty(kind, &meta);
        for field in &meta.fields {
            schema.add(field);
        }
        schema.naming = naming(kind, &meta);
        Ok(schema)
    }

    fn empty(kind: &Kind, meta: &Meta) -> Self {
        let mut schema = Self {
            kind: KindSchema {
                kind: kind.clone(),
                label: meta.name.clone(),
                creatable: false,
                updatable: false,
                submittable: meta.is_submittable.is_set(),
                fields: BTreeMap::new(),
            },
            forms: BTreeMap::new(),
            checks: BTreeMap::new(),
            naming: BTreeSet::new(),
            standard: BTreeSet::new(),
            derived: BTreeSet::new(),
            is_table: meta.istable.is_set(),
        };
        let standard = [
            ("name", "ID", Form::Text, FieldType::Text),
            ("owner", "Created By", Form::Text, FieldType::Text),
            ("creation", "Created On", Form::DateTime, FieldType::DateTime),
            ("modified", "Last Updated On", Form::DateTime, FieldType::DateTime),
            ("modified_by", "Last Updated By", Form::Text, FieldType::Text),
            ("idx", "Index", Form::Integer, FieldType::Integer),
        ];
        for (name, label, form, field_type) in standard {
            let name = FieldName::new(name);
            schema.standard.insert(name.clone());
            schema.put(plain_field(name, label, field_type, false), form);
        }
        let submits = schema.kind.submittable;
        let docstatus = plain_field("docstatus".into(), "Document Status", FieldType::Integer, submits);
        schema.put(FieldSchema { allow_on_submit: true, ..docstatus }, Form::Integer);
        schema
    }

    fn put(&mut self, field: FieldSchema, form: Form) {
        self.forms.insert(field.name.clone(), form);
        self.kind.fields.insert(field.name.clone(), field);
    }

    fn add(&mut self, meta: &MetaField) {
        let Some((form, field_type)) = meta.form() else {
            return;
        };
        let name = FieldName::new(meta.fieldname.as_str());
        if self.standard.contains(&name) {
            return;
        }
        if meta.is_derived() {
            self.derived.insert(name.clone());
        }
        let text = matches!(form, Form::Text | Form::Select | Form::Link(_) | Form::DynamicLink(_));
        let field = FieldSchema {
            label: meta.label.clone().unwrap_or_else(|| meta.fieldname.clone()),
            mandatory: meta.reqd.is_set() && meta.default.as_deref().unwrap_or_default().is_empty(),
            // `read_only` is about Frappe's forms; the server does not enforce it, and a custom field for an external
            // id is made read-only so that people leave it alone (fixtures/frappe/custom_field_create.json).
            writable: form != Form::Verbatim && (!meta.read_only.is_set() || meta.is_custom()),
            max_chars: if text { meta.max_chars() } else { None },
            unique: meta.unique.is_set(),
            allow_on_submit: meta.allow_on_submit.is_set(),
            ..plain_field(name.clone(), "", field_type, true)
        };
        self.checks.insert(name, meta.check());
        self.put(field, form);
    }
}

fn plain_field(name: FieldName, label: &str, field_type: FieldType, writable: bool) -> FieldSchema {
    FieldSchema {
        name,
        label: label.to_owned(),
        field_type,
        mandatory: false,
        writable,
        max_chars: None,
        bmp_only: false,
        unique: false,
        allow_on_submit: false,
    }
}

/// The fields a new document's name is made of. Frappe refuses `<` and `>` in names with 409 `NameError`; DocTypes whose
/// code makes the name do not say from what, so those of the default mapping are listed.
fn naming(kind: &Kind, meta: &Meta) -> BTreeSet<FieldName> {
    let autoname = meta.autoname.as_deref().unwrap_or_default();
    let told = match autoname.split_once(':') {
        Some((rule, field)) if rule.eq_ignore_ascii_case("field") => vec![field],
        Some((rule, format)) if rule.eq_ignore_ascii_case("format") => {
            format.split('{').filter_map(|part| part.split_once('}').map(|(field, _)| field)).collect()
        }
        _ => match kind.as_str() {
            "Contact" => vec!["first_name", "last_name"],
            "Customer" => vec!["customer_name"],
            "Address" => vec!["address_title"],
            "Bank Account" => vec!["account_name"],
            "Item" => vec!["item_code"],
            _ => Vec::new(),
        },
    };
    told.into_iter().map(FieldName::from).collect()
}

#[derive(Deserialize)]
struct Meta {
    name: String,
    #[serde(default)]
    autoname: Option<String>,
    #[serde(default)]
    istable: Flag,
    #[serde(default)]
    is_submittable: Flag,
    fields: Vec<MetaField>,
}

#[derive(Deserialize)]
struct MetaField {
    fieldname: String,
    fieldtype: String,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    options: Option<String>,
    #[serde(default)]
    default: Option<String>,
    #[serde(default)]
    length: Option<u32>,
    #[serde(default)]
    reqd: Flag,
    #[serde(default)]
    read_only: Flag,
    #[serde(default)]
    unique: Flag,
    #[serde(default)]
    allow_on_submit: Flag,
    #[serde(default)]
    ignore_xss_filter: Flag,
    #[serde(default)]
    is_virtual: Flag,
    #[serde(default)]
    is_custom_field: Flag,
    /// `customer.territory`: taken from the linked document whenever this one is saved.
    #[serde(default)]
    fetch_from: Option<String>,
    /// Fetched only where it is empty, so that a value that was sent stays.
    #[serde(default)]
    fetch_if_empty: Flag,
    #[serde(flatten)]
    rest: Map<String, Json>,
}

/// 0, 1, true, false or null.
#[derive(Deserialize, Default)]
#[serde(transparent)]
struct Flag(Json);

impl Flag {
    fn is_set(&self) -> bool {
        match &self.0 {
            Json::Bool(flag) => *flag,
            Json::Number(number) => number.as_i64() != Some(0),
            Json::String(text) => !matches!(text.as_str(), "" | "0"),
            _ => false,
        }
    }
}

impl MetaField {
    /// A Custom Field names the DocType it extends in `dt`, a standard one its `parent`.
    fn is_custom(&self) -> bool {
        self.is_custom_field.is_set() || self.rest.contains_key("dt")
    }

    fn is_derived(&self) -> bool {
        let fetched = self.fetch_from.as_deref().is_some_and(|from| !from.trim().is_empty());
        let fetched = fetched && !self.fetch_if_empty.is_set();
        fetched || (!self.is_custom() && (self.read_only.is_set() || self.fieldtype == "Read Only"))
    }

    fn max_chars(&self) -> Option<u32> {
        let long = matches!(
            self.fieldtype.as_str(),
            "Small Text"
                | "Text"
                | "Long Text"
                | "Text Editor"
                | "HTML Editor"
                | "Markdown Editor"
                | "Code"
                | "Attach"
                | "Attach Image"
                | "Signature"
        );
        match self.length {
            Some(length) if length > 0 => Some(length),
            _ if long => None,
            _ => Some(DATA_LENGTH),
        }
    }

    fn check(&self) -> Check {
        let options = self.options.as_deref().unwrap_or_default();
        match self.fieldtype.as_str() {
            "Data" if options == "Phone" => Check::Phone,
            "Phone" => Check::Phone,
            _ if self.ignore_xss_filter.is_set() => Check::Any,
            "Data" | "Small Text" | "Text" | "Long Text" | "Read Only" | "Autocomplete" => Check::Plain,
            _ => Check::Any,
        }
    }

    /// The field's form, or `None` where it holds nothing that is stored in the document's table, or a password.
    fn form(&self) -> Option<(Form, FieldType)> {
        if self.is_virtual.is_set() {
            return None;
        }
        let options = self.options.clone().unwrap_or_default();
        let kind = Kind::new(options.trim());
        Some(match self.fieldtype.as_str() {
            "Data" | "Small Text" | "Text" | "Long Text" | "Text Editor" | "HTML Editor"
            | "Markdown Editor" | "Code" | "Phone" | "Autocomplete" | "Read Only" | "Attach"
            | "Attach Image" | "Color" | "Barcode" | "Icon" => (Form::Text, FieldType::Text),
            "Select" => (Form::Select, select(&options)),
            "Link" => (Form::Link(kind.clone()), FieldType::Reference { kinds: vec![kind] }),
            "Dynamic Link" => (
                Form::DynamicLink(FieldName::new(options.trim())),
                FieldType::Reference { kinds: Vec::new() },
            ),
            "Table" | "Table MultiSelect" => (Form::Rows(kind.clone()), FieldType::Rows { kind }),
            "Date" => (Form::Date, FieldType::Date),
            "Datetime" => (Form::DateTime, FieldType::DateTime),
            "Check" => (Form::Check, FieldType::Boolean),
            "Int" | "Long Int" => (Form::Integer, FieldType::Integer),
            "Float" | "Currency" | "Percent" => (Form::Decimal, FieldType::Decimal { scale: Some(SCALE) }),
            "Section Break" | "Column Break" | "Tab Break" | "HTML" | "Button" | "Heading" | "Fold"
            | "Image" | "Password" => return None,
            other => (Form::Verbatim, FieldType::Other { name: other.to_owned() }),
        })
    }
}

/// A Select is closed where it lists anything; the empty first line stands for "nothing".
fn select(options: &str) -> FieldType {
    let values: Vec<String> =
        options.lines().map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned).collect();
    FieldType::Choice { closed: !values.is_empty(), values }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    /// A DocType with one field of each form; other modules' tests use it too.
    pub(crate) fn card() -> DocSchema {
        let meta = json!({
            "name": "Bank Card", "is_submittable": 1, "autoname": "field:title",
            "fields": [
                {"fieldname": "sec", "fieldtype": "Section Break"},
                {"fieldname": "title", "fieldtype": "Data", "reqd": 1},
                {"fieldname": "last4", "fieldtype": "Data", "length": 4, "reqd": 1, "default": "0000"},
                {"fieldname": "customer", "fieldtype": "Link", "options": "Customer", "label": "Holder"},
                {"fieldname": "party_type", "fieldtype": "Link", "options": "DocType"},
                {"fieldname": "party", "fieldtype": "Dynamic Link", "options": "party_type"},
                {"fieldname": "brand", "fieldtype": "Select", "options": "\nVisa\nMastercard"},
                {"fieldname": "expires_on", "fieldtype": "Date", "allow_on_submit": 1},
                {"fieldname": "linked_at", "fieldtype": "Datetime"},
                {"fieldname": "amount", "fieldtype": "Currency"},
                {"fieldname": "n", "fieldtype": "Int"},
                {"fieldname": "active", "fieldtype": "Check"},
                {"fieldname": "phone", "fieldtype": "Data", "options": "Phone"},
                {"fieldname": "notes", "fieldtype": "Small Text"},
                {"fieldname": "body", "fieldtype": "Text Editor"},
                {"fieldname": "t", "fieldtype": "Time"},
                {"fieldname": "total", "fieldtype": "Currency", "read_only": 1},
                {"fieldname": "secret", "fieldtype": "Password"},
                {"fieldname": "vtiger_id", "fieldtype": "Data", "unique": 1, "read_only": 1, "dt": "Bank Card"},
                {"fieldname": "links", "fieldtype": "Table", "options": "Dynamic Link"},
            ],
        });
        DocSchema::from_meta(&"Bank Card".into(), meta).unwrap()
    }

    /// The rows of its table.
    pub(crate) fn link_row() -> DocSchema {
        let meta = json!({
            "name": "Dynamic Link", "istable": 1,
            "fields": [
                {"fieldname": "link_doctype", "fieldtype": "Link", "options": "DocType"},
                {"fieldname": "link_name", "fieldtype": "Dynamic Link", "options": "link_doctype"},
                {"fieldname": "link_title", "fieldtype": "Read Only"},
                {"fieldname": "total", "fieldtype": "Currency", "read_only": 1},
                {"fieldname": "territory", "fieldtype": "Data", "fetch_from": "link_name.territory"},
                {"fieldname": "note", "fieldtype": "Data", "fetch_from": "link_name.note", "fetch_if_empty": 1},
                {"fieldname": "vtiger_row", "fieldtype": "Data", "read_only": 1, "is_custom_field": 1},
            ],
        });
        DocSchema::from_meta(&"Dynamic Link".into(), meta).unwrap()
    }

    #[test]
    fn a_description_becomes_a_schema() {
        let schema = card();
        let field = |name: &str| schema.kind.fields.get(name).unwrap();
        assert_eq!(field("title").max_chars, Some(140));
        assert!(field("title").mandatory);
        assert_eq!(field("last4").max_chars, Some(4));
        // It has a default, so a document without it is not refused.
        assert!(!field("last4").mandatory);
        assert_eq!(
            field("brand").field_type,
            FieldType::Choice { values: vec!["Visa".into(), "Mastercard".into()], closed: true }
        );
        assert!(field("vtiger_id").unique && field("vtiger_id").writable);
        assert!(!field("total").writable && !field("t").writable && !field("name").writable);
        assert!(field("expires_on").allow_on_submit && field("docstatus").writable);
        assert!(!schema.kind.fields.contains_key("sec") && !schema.kind.fields.contains_key("secret"));
        assert_eq!(schema.kind.resolve("holder").unwrap().name.as_str(), "customer");
        assert!(schema.names_the_document(&"title".into()));
        assert!(link_row().is_table);
    }

    #[test]
    fn what_frappe_fills_by_itself_is_known() {
        let row = link_row();
        let derived: Vec<&str> = row
            .data_fields()
            .map(|(name, _)| name)
            .filter(|name| row.is_derived(name))
            .map(FieldName::as_str)
            .collect();
        assert_eq!(derived, ["link_title", "territory", "total"]);
    }
}
