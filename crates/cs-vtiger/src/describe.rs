//! `describe` as VTiger answers it, and the schema that it becomes.

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::{FieldName, FieldSchema, FieldType, Kind, KindSchema};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value as Json;

use crate::answer::Payload;
use crate::error::VtigerError;
use crate::limits;

/// Modules whose records have line items (facts/VTIGER.md, traps 1, 3 and 8).
const INVENTORY: [&str; 4] = ["SalesOrder", "Quotes", "PurchaseOrder", "Invoice"];

/// What `describe` calls the columns of `vtiger_inventoryproductrel`; taxes are `tax1`, `tax2`, ... besides.
const ITEM_COLUMNS: [&str; 9] = [
    "productid",
    "quantity",
    "listprice",
    "comment",
    "discount_amount",
    "discount_percent",
    "image",
    "purchase_cost",
    "margin",
];

/// What VTiger computes or keeps by itself: a client's value is ignored, or worse, taken (totals).
const KEPT_BY_VTIGER: [&str; 16] = [
    "id",
    "createdtime",
    "modifiedtime",
    "modifiedby",
    "source",
    "starred",
    "tags",
    "hdnGrandTotal",
    "hdnSubTotal",
    "pre_tax_total",
    "hdnDiscountPercent",
    "hdnDiscountAmount",
    "hdnS_H_Amount",
    "hdnS_H_Percent",
    "txtAdjustment",
    "isconvertedfromlead",
];

/// The name that a line item's column has as a type: it is listed so that a mapping that names it is told why not.
pub(crate) const ITEM_TYPE: &str = "line item column";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireModule {
    name: String,
    #[serde(default)]
    label: String,
    #[serde(default)]
    createable: Flag,
    #[serde(default)]
    updateable: Flag,
    #[serde(default)]
    id_prefix: Json,
    /// Each is read by itself: one that makes no sense must not hide the module.
    fields: Vec<Json>,
}

/// Yes or no as VTiger's PHP writes it. The tax and currency fields of Products say `"editable":"1","mandatory":""`
/// (fixtures/vtiger: `002_describe_Products`), everything else says true and false.
#[derive(Clone, Copy, Default)]
struct Flag(bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let said = Json::deserialize(deserializer)?;
        let set = match &said {
            Json::Bool(flag) => Some(*flag),
            Json::Null => Some(false),
            Json::Number(number) => match number.as_i64() {
                Some(0) => Some(false),
                Some(1) => Some(true),
                _ => None,
            },
            Json::String(text) => match text.as_str() {
                "" | "0" | "false" => Some(false),
                "1" | "true" => Some(true),
                _ => None,
            },
            Json::Array(_) | Json::Object(_) => None,
        };
        set.map(Self).ok_or_else(|| de::Error::custom("neither yes nor no"))
    }
}

#[derive(Deserialize)]
struct WireField {
    name: String,
    #[serde(default)]
    label: String,
    #[serde(default)]
    mandatory: Flag,
    #[serde(default)]
    editable: Flag,
    #[serde(default)]
    isunique: Flag,
    #[serde(rename = "type")]
    wire_type: WireType,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireType {
    name: String,
    #[serde(default)]
    refers_to: Vec<String>,
    #[serde(default)]
    picklist_values: Vec<WireChoice>,
    /// Characters; cloud editions send it, 7.5 to 8.3 do not.
    #[serde(default)]
    length: Option<Json>,
}

#[derive(Deserialize)]
struct WireChoice {
    #[serde(default)]
    value: Json,
}

/// A module as this server describes it to this user.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) schema: KindSchema,
    /// The first part of its records' ids, `6` in `6x231`.
    pub(crate) prefix: String,
    /// Text fields that somebody added and whose columns may be shorter than their limit here.
    pub(crate) guessed: BTreeSet<FieldName>,
}

impl Described {
    /// Reads the answer of `describe`. A field that cannot be read is left out: the module is as if it had none such.
    pub(crate) fn read(payload: Payload) -> Result<Self, VtigerError> {
        let wire: WireModule =
            serde_json::from_value(payload.0).map_err(|source| VtigerError::Description { source })?;
        let prefix = match &wire.id_prefix {
            Json::String(text) => text.clone(),
            Json::Number(number) => number.to_string(),
            _ => {
                return Err(VtigerError::Shape { what: "a module's id prefix" });
            }
        };
        let module = wire.name;
        let wired: Vec<WireField> =
            wire.fields.into_iter().filter_map(|field| readable(&module, field)).collect();
        let guessed = wired.iter().filter(|field| is_guessed(field));
        let guessed = guessed.map(|field| FieldName::from(field.name.as_str())).collect();
        let fields = wired
            .into_iter()
            .map(|field| (FieldName::from(field.name.as_str()), field_schema(&module, field)))
            .collect::<BTreeMap<_, _>>();
        Ok(Self {
            schema: KindSchema {
                kind: Kind::new(module),
                label: entities_decoded(&wire.label),
                creatable: wire.createable.0,
                updatable: wire.updateable.0,
                submittable: false,
                fields,
            },
            prefix,
            guessed,
        })
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.schema.kind
    }

    /// A field that may stand in a query.
    pub(crate) fn column(&self, name: &FieldName) -> Result<&FieldSchema, VtigerError> {
        let field = self
            .schema
            .fields
            .get(name)
            .ok_or_else(|| VtigerError::NoSuchField { kind: self.kind().clone(), field: name.clone() })?;
        let plain = name.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !plain || is_item_column(field) {
            return Err(VtigerError::ItemColumn { kind: self.kind().clone(), field: name.clone() });
        }
        Ok(field)
    }

    /// Whether its records carry a version.
    pub(crate) fn has_version(&self) -> bool {
        self.schema.fields.contains_key("modifiedtime")
    }

    /// Whether its records have line items.
    pub(crate) fn has_items(&self) -> bool {
        INVENTORY.contains(&self.kind().as_str())
    }
}

/// Whether nothing but VTiger's database tells how long the field's column is.
fn is_guessed(field: &WireField) -> bool {
    field.wire_type.length.is_none() && limits::is_guessed(&field.name, &field.wire_type.name)
}

fn readable(module: &str, field: Json) -> Option<WireField> {
    let name = field.get("name").and_then(Json::as_str).unwrap_or("a field without a name").to_owned();
    serde_json::from_value(field)
        .inspect_err(|error| tracing::debug!(module, name, %error, "a field's description cannot be read"))
        .ok()
}

fn is_item_column(field: &FieldSchema) -> bool {
    matches!(&field.field_type, FieldType::Other { name } if name == ITEM_TYPE)
}

fn names_item_column(module: &str, field: &str) -> bool {
    let tax = field
        .strip_prefix("tax")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()));
    INVENTORY.contains(&module)
        && (ITEM_COLUMNS.contains(&field)
            || tax
            || field.starts_with("shipping_&_handling")
            || field == "LineItems")
}

fn field_schema(module: &str, wire: WireField) -> FieldSchema {
    let item = names_item_column(module, &wire.name);
    let wire_type = wire.wire_type.name.clone();
    let length = wire.wire_type.length.as_ref().and_then(|json| match json {
        Json::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
        Json::String(text) => text.parse().ok(),
        _ => None,
    });
    let field_type = if item {
        FieldType::Other { name: ITEM_TYPE.to_owned() }
    } else {
        field_type(module, &wire.name, wire.wire_type)
    };
    let texts = matches!(field_type, FieldType::Text | FieldType::Choice { .. });
    FieldSchema {
        label: entities_decoded(&wire.label),
        mandatory: wire.mandatory.0 && !item,
        writable: wire.editable.0
            && !KEPT_BY_VTIGER.contains(&wire.name.as_str())
            && !matches!(field_type, FieldType::Other { .. }),
        max_chars: if texts {
            length.filter(|length| *length > 0).or_else(|| limits::max_chars(module, &wire.name, &wire_type))
        } else {
            None
        },
        field_type,
        // The tables are utf8mb3 (facts/VTIGER.md, "Values").
        bmp_only: true,
        unique: wire.isunique.0,
        allow_on_submit: false,
        name: FieldName::new(wire.name),
    }
}

fn field_type(module: &str, name: &str, wire: WireType) -> FieldType {
    match wire.name.as_str() {
        "integer" => FieldType::Integer,
        "double" | "currency" => FieldType::Decimal { scale: limits::scale(module, name) },
        "boolean" => FieldType::Boolean,
        "date" => FieldType::Date,
        "datetime" => FieldType::DateTime,
        // Values are taken unchecked by VTiger ("Values"): the list is a hint.
        "picklist" => FieldType::Choice {
            values: wire
                .picklist_values
                .iter()
                .filter_map(|choice| choice.value.as_str())
                .map(str::to_owned)
                .collect(),
            closed: false,
        },
        "reference" => FieldType::Reference { kinds: wire.refers_to.into_iter().map(Kind::new).collect() },
        "owner" => FieldType::Reference { kinds: vec![Kind::from("Users"), Kind::from("Groups")] },
        "image" | "file" | "password" => FieldType::Other { name: wire.name },
        // string, text, phone, email, url, time, skype, autogenerated, and multipicklist, whose choices are joined
        // by ` |##| `.
        _ => FieldType::Text,
    }
}

pub(crate) fn entities_decoded(text: &str) -> String {
    html_escape::decode_html_entities(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn described() -> Described {
        Described::read(Payload(json!({
            "label": "Sales Order", "name": "SalesOrder", "createable": true, "updateable": true, "idPrefix": "6",
            "fields": [
                {"name": "subject", "label": "Subject", "mandatory": true, "editable": true, "type": {"name": "string"}},
                {"name": "productid", "label": "Item Name", "mandatory": true, "editable": true,
                 "type": {"name": "reference", "refersTo": ["Products", "Services"]}},
                {"name": "tax2", "label": "Sales", "editable": true, "type": {"name": "string"}},
                {"name": "shipping_&_handling", "label": "Shipping &amp; Handling", "editable": true, "type": {"name": "double"}},
                {"name": "hdnGrandTotal", "label": "Total", "editable": true, "type": {"name": "currency"}},
                {"name": "assigned_user_id", "label": "Assigned To", "mandatory": true, "editable": true, "type": {"name": "owner"}},
                {"name": "cf_1", "label": "Estado", "editable": true,
                 "type": {"name": "picklist", "picklistValues": [{"label": "A", "value": "A & B"}]}},
                {"name": "modifiedtime", "label": "Modified Time", "editable": false, "type": {"name": "datetime"}},
            ]
        })))
        .unwrap()
    }

    #[test]
    fn types_limits_and_rights_are_read() {
        let described = described();
        let field = |name: &str| &described.schema.fields[name];
        assert_eq!(field("subject").max_chars, Some(100));
        assert!(field("subject").writable && field("subject").mandatory && field("subject").bmp_only);
        assert_eq!(field("hdnGrandTotal").field_type, FieldType::Decimal { scale: Some(8) });
        assert!(!field("hdnGrandTotal").writable, "totals are VTiger's");
        assert_eq!(
            field("cf_1").field_type,
            FieldType::Choice { values: vec!["A & B".into()], closed: false }
        );
        assert_eq!(field("cf_1").max_chars, Some(255));
        assert_eq!(described.schema.fields["shipping_&_handling"].label, "Shipping & Handling");
    }

    #[test]
    fn item_columns_are_told_apart_from_fields_that_are_not_there() {
        let described = described();
        for name in ["productid", "tax2", "shipping_&_handling"] {
            let error = described.column(&name.into()).unwrap_err();
            assert_eq!(error.code(), "vtiger.item_column", "{name}");
        }
        assert_eq!(described.column(&"nope".into()).unwrap_err().code(), "vtiger.no_such_field");
        assert!(described.column(&"cf_1".into()).is_ok());
        assert!(!described.schema.fields["productid"].mandatory);
    }

    #[test]
    fn yes_and_no_come_in_several_forms_and_one_odd_field_does_not_hide_the_module() {
        let field = |name: &str, editable: Json, mandatory: Json| {
            json!({"name": name, "label": "L", "nullable": "1", "editable": editable, "mandatory": mandatory,
                   "type": {"name": "double"}})
        };
        let described = Described::read(Payload(json!({
            "label": "Products", "name": "Products", "createable": "1", "updateable": 0, "idPrefix": "14",
            "fields": [
                field("tax1", json!("1"), json!("")),
                field("a", json!(1), json!("0")),
                field("b", json!("0"), json!(true)),
                field("odd", json!("perhaps"), json!("")),
                {"name": "untyped", "editable": true},
                "no field at all",
            ]
        })))
        .unwrap();
        let said: Vec<(&str, bool, bool)> = described
            .schema
            .fields
            .values()
            .map(|field| (field.name.as_str(), field.writable, field.mandatory))
            .collect();
        assert_eq!(said, [("a", true, false), ("b", false, true), ("tax1", true, false)]);
        assert!(described.schema.creatable && !described.schema.updatable);
    }

    #[test]
    fn a_description_that_is_none_keeps_its_cause() {
        let error = Described::read(Payload(json!({"name": "Products"}))).unwrap_err();
        assert_eq!(error.code(), "vtiger.shape");
        let source = std::error::Error::source(&error).expect("the parser's words");
        assert!(source.to_string().contains("fields"), "{source}");
    }

    #[test]
    fn every_recorded_description_is_read_whole() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/vtiger");
        let Ok(entries) = std::fs::read_dir(&folder) else {
            println!("skipped: no recorded answers in {}", folder.display());
            return;
        };
        let mut seen = Vec::new();
        for path in entries.map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if !name.contains("_describe_") {
                continue;
            }
            let recording: Json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let body = &recording["response"]["body"];
            let body: Json = body.as_str().map_or(body.clone(), |text| serde_json::from_str(text).unwrap());
            if body["success"] != true {
                continue;
            }
            let fields = body["result"]["fields"].as_array().unwrap().len();
            let described = Described::read(Payload(body["result"].clone()))
                .unwrap_or_else(|error| panic!("{name}: {error:?}"));
            assert_eq!(described.schema.fields.len(), fields, "{name}");
            seen.push(described.kind().to_string());
        }
        for module in ["Accounts", "Contacts", "Products", "SalesOrder", "LineItem", "Users", "Currency"] {
            assert!(seen.iter().any(|kind| kind == module), "{module} is not among the recordings: {seen:?}");
        }
    }
}
