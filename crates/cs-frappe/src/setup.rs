//! Preparing a site for the product: a Custom Field for the external id, a DocType that the mapping needs. Both want
//! the System Manager role and are live at once (facts/FRAPPE.md, "Writing").

use cs_domain::{Kind, Record, RecordRef};
use cs_ports::{WriteOutcome, Written};
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::answer::Answer;
use crate::client::FrappeClient;
use crate::error::FrappeError;
use crate::list::text;
use crate::transport::Call;

/// A field to be added to a DocType, or a field of a new one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CustomField {
    /// API name.
    pub fieldname: String,
    /// What people call it.
    pub label: String,
    /// `Data`, `Date`, `Link`, ...
    pub fieldtype: String,
    /// The DocType of a Link, the lines of a Select.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<String>,
    /// Length of a Data field; 140 where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// Whether two documents cannot hold the same value; makes it an idempotency key (facts/FRAPPE.md, trap 3).
    #[serde(serialize_with = "flag")]
    pub unique: bool,
    /// Whether people cannot change it in a form; the REST interface still can.
    #[serde(serialize_with = "flag")]
    pub read_only: bool,
    /// Whether a copy of the document goes without it: an external id belongs to one document.
    #[serde(serialize_with = "flag")]
    pub no_copy: bool,
    /// Whether a document without it is refused.
    #[serde(rename = "reqd", serialize_with = "flag")]
    pub mandatory: bool,
    /// The field it stands behind in the form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insert_after: Option<String>,
}

/// A DocType to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomDoctype {
    /// Its name.
    pub name: String,
    /// How its documents are named: `hash`, `field:bank_name`, `BC-.#####`.
    pub autoname: String,
    /// Its fields.
    pub fields: Vec<CustomField>,
    /// The roles that may read, write and create.
    pub roles: Vec<String>,
}

impl CustomField {
    /// Exactly what is sent to add it to a DocType, for people to see before.
    pub fn definition(&self, doctype: &Kind) -> Json {
        // Names, numbers and flags: there is nothing in them that JSON cannot say.
        custom_field(doctype, self).unwrap_or_default()
    }
}

impl CustomDoctype {
    /// Exactly what is sent to create it, for people to see before.
    pub fn definition(&self) -> Json {
        custom_doctype(self).unwrap_or_default()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn flag<S: serde::Serializer>(flag: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(u8::from(*flag))
}

impl FrappeClient {
    /// Adds a field to a DocType. Applied is the Custom Field's own document, without fields.
    pub async fn create_custom_field(&self, doctype: &Kind, field: &CustomField) -> WriteOutcome {
        let body = custom_field(doctype, field);
        let outcome = self.create_raw("Custom Field", body).await;
        self.forget_schema(doctype).await;
        outcome
    }

    /// Creates a DocType of the module Custom. Applied is the DocType's own document, without fields.
    pub async fn create_doctype(&self, doctype: &CustomDoctype) -> WriteOutcome {
        self.create_raw("DocType", custom_doctype(doctype)).await
    }

    async fn create_raw(&self, kind: &str, body: Result<Json, FrappeError>) -> WriteOutcome {
        let operation = format!("create {kind}");
        let call = match body.and_then(|body| Call::create(kind, body)) {
            Ok(call) => call,
            Err(error) => return WriteOutcome::Rejected(error.into_peer(operation)),
        };
        match self.transport.send(&call).await {
            Answer::Done(payload) => match created(kind, &payload.value) {
                Ok(record) => WriteOutcome::Applied(Written { record, untouched: false }),
                Err(error) => WriteOutcome::Unknown(error.into_peer(operation)),
            },
            Answer::NotDone(error) => WriteOutcome::Rejected(error.into_peer(operation)),
            Answer::Unknown(error) => WriteOutcome::Unknown(error.into_peer(operation)),
        }
    }
}

fn created(kind: &str, document: &Json) -> Result<Record, FrappeError> {
    let document = document.as_object().ok_or(FrappeError::Shape { what: "a document" })?;
    Ok(Record {
        reference: RecordRef::frappe(kind, text(document, "name")?),
        version: text(document, "modified")?.into(),
        fields: cs_domain::Fields::new(),
    })
}

fn custom_field(doctype: &Kind, field: &CustomField) -> Result<Json, FrappeError> {
    let mut body = serde_json::to_value(field).map_err(|_| FrappeError::Shape { what: "a field" })?;
    if let Json::Object(body) = &mut body {
        body.insert("dt".to_owned(), json!(doctype));
    }
    Ok(body)
}

fn custom_doctype(doctype: &CustomDoctype) -> Result<Json, FrappeError> {
    let fields =
        serde_json::to_value(&doctype.fields).map_err(|_| FrappeError::Shape { what: "the fields" })?;
    let permissions: Vec<Json> = doctype
        .roles
        .iter()
        .map(|role| json!({"role": role, "read": 1, "write": 1, "create": 1, "report": 1}))
        .collect();
    Ok(json!({
        "name": doctype.name,
        "module": "Custom",
        "custom": 1,
        "autoname": doctype.autoname,
        "fields": fields,
        "permissions": permissions,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_takes_frappes_form() {
        let field = CustomField {
            fieldname: "vtiger_id".into(),
            label: "VTiger ID".into(),
            fieldtype: "Data".into(),
            unique: true,
            ..CustomField::default()
        };
        assert_eq!(
            custom_field(&"Contact".into(), &field).unwrap(),
            json!({"fieldname": "vtiger_id", "label": "VTiger ID", "fieldtype": "Data", "unique": 1, "read_only": 0,
                   "no_copy": 0, "reqd": 0, "dt": "Contact"})
        );
    }

    #[test]
    fn a_doctype_takes_frappes_form() {
        let body = custom_doctype(&CustomDoctype {
            name: "Bank Card".into(),
            autoname: "hash".into(),
            fields: vec![CustomField::default()],
            roles: vec!["System Manager".into()],
        })
        .unwrap();
        assert_eq!(body["custom"], json!(1));
        assert_eq!(body["permissions"][0]["role"], json!("System Manager"));
        assert_eq!(body["fields"].as_array().unwrap().len(), 1);
    }
}
