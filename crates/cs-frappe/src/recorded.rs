//! Every recorded answer of a real site (`shared/fixtures/frappe`) against what it means. Skipped, and said so, where
//! the folder is not there.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value as Json};

use crate::answer::{Answer, Effect, Notice, Payload, Received, classify};
use crate::error::FrappeError;
use crate::schema::DocSchema;
use crate::subject::Subject;

/// Nothing was changed, with this code. Every recording that is not listed here or below is a success.
const NOT_DONE: &[(&str, &[&str])] = &[
    ("frappe.csrf", &["cookie_plus_token_post", "csrf_cookie_post_without_token"]),
    ("frappe.credentials", &["auth_malformed_token", "auth_wrong_key", "auth_wrong_secret", "notrace_auth"]),
    (
        "frappe.permission",
        &[
            "auth_none_method",
            "auth_none_resource",
            "delete_perm",
            "deleted_document_perm",
            "list_child_direct_noparent",
            "method_not_whitelisted",
            "narrow_custom_field",
            "narrow_system_settings",
            "perm_create_403",
            "perm_get_403",
            "v2_perm_err",
        ],
    ),
    (
        "frappe.missing",
        &[
            "client_get_missing",
            "client_save_unknown_name",
            "doc_unknown_get",
            "doctype_unknown_list",
            "err_no_accept",
            "get_deleted",
            "put_name_change_ignored",
            "rename_customer",
            "rename_get_old",
            "route_unknown",
            "set_value_missing",
            "so_bad_customer",
            "v2_bulk_delete",
            "v2_bulk_update",
            "v2_get_404",
        ],
    ),
    ("frappe.unknown_site", &["site_unknown_host"]),
    (
        "frappe.duplicate",
        &[
            "bank_account_dup",
            "doctype_custom_create_dup_409",
            "dup_entry_409_case",
            "insert_many_same_name",
            "notrace_dup",
        ],
    ),
    (
        "frappe.name",
        &[
            "contact_html_designation_only",
            "create_contact_html",
            "create_contact_html_fields",
            "create_customer_ampersand",
        ],
    ),
    ("frappe.constant", &["put_owner_creation"]),
    (
        "frappe.too_long",
        &[
            "card_last4_long",
            "card_n_big",
            "create_contact_name_over_140",
            "create_contact_too_long",
            "name_len",
        ],
    ),
    ("frappe.data", &["list_bad_filter_field", "card_amount_big"]),
    ("frappe.docstatus", &["so_put_back_to_draft"]),
    ("frappe.email", &["card_bad_email", "create_contact_bad_email"]),
    ("frappe.phone", &["card_bad_phone", "create_contact_bad_phone", "create_contact_phone_formats"]),
    ("frappe.link_exists", &["delete_cancelled_so", "delete_customer_linked_so"]),
    (
        "frappe.link_validation",
        &[
            "create_contact_bad_dynamic_link",
            "create_contact_bad_link",
            "insert_many_third_fails",
            "lang_es_link",
            "v2_create_bad_link",
            "webhook_failed_tx",
        ],
    ),
    (
        "frappe.mandatory",
        &[
            "card_mandatory_empty",
            "card_mandatory_null",
            "card_mandatory_put_null",
            "create_address_mandatory",
            "create_customer_mandatory",
            "lang_es",
            "notrace_mandatory",
            "put_child_keep_by_name_and_add",
            "so_put_after_submit_items",
        ],
    ),
    (
        "frappe.timestamp_mismatch",
        &[
            "client_save_partial_no_modified",
            "client_save_stale",
            "client_submit_partial",
            "notrace_timestamp",
            "put_full_roundtrip_stale",
            "put_modified_trunc",
            "put_stale_modified",
            "v2_update_stale",
        ],
    ),
    (
        "frappe.unique",
        &[
            "card_unique_ws",
            "custom_field_unique_create",
            "custom_field_unique_violation",
            "notrace_unique",
            "notrace_v2",
        ],
    ),
    ("frappe.update_after_submit", &["so_put_after_submit_forbidden"]),
    (
        "frappe.validation",
        &[
            "bank_account_bad_iban",
            "card_bad_url",
            "card_select_case",
            "create_address_no_title",
            "create_contact_bad_select",
            "create_contact_two_primary",
            "custom_field_create_dup",
            "list_bad_operator",
            "method_unknown",
            "rename_conflict",
            "set_value_std",
            "so_bad_date",
            "so_put_cancelled",
        ],
    ),
    ("frappe.rate_limited", &["rate_limited_429", "rate_limited_429_post", "rate_limited_429_v2"]),
    ("frappe.doctype_missing", &["doctype_unknown_get"]),
    ("frappe.server_error", &["list_bad_fields_json", "list_bad_json", "so_zero_date"]),
    (
        "frappe.bad_value",
        &[
            "card_date_bad",
            "card_date_invalid",
            "card_datetime_iso_off",
            "card_datetime_iso_z",
            "so_date_dmy",
        ],
    ),
    // With tracebacks off nothing tells which database error it was.
    ("frappe.database", &["notrace_bad_date"]),
    ("frappe.database_down", &["fault_db_down_get"]),
    ("frappe.locked", &["delete_locked", "put_lock_wait_timeout"]),
    ("frappe.read_only", &["fault_maintenance_reads_post"]),
    ("frappe.maintenance", &["fault_maintenance_get", "fault_maintenance_post"]),
    // HTML over a read: it changed nothing, whatever it was.
    ("frappe.garbled", &["err_html_accept"]),
];

/// HTML over a write: the DELETE had been done, the POST had not.
const UNKNOWN: &[&str] = &["fault_db_down_post", "fault_redisq_delete"];

struct Recording {
    name: String,
    method: String,
    path: String,
    status: u16,
    content_type: String,
    body: Json,
}

fn recordings() -> Option<Vec<Recording>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/frappe");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: {} is not there", folder.display());
        return None;
    };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    Some(files.iter().filter_map(|file| recording(file)).collect())
}

/// The two files with a layout of their own are none.
fn recording(file: &Path) -> Option<Recording> {
    let json: Json = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let (request, response) = (json.get("request")?.as_object()?, json.get("response")?.as_object()?);
    let headers = response.get("headers")?.as_object()?;
    let content_type = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    Some(Recording {
        name: file.file_stem()?.to_str()?.to_owned(),
        method: request.get("method")?.as_str()?.to_owned(),
        path: request.get("path")?.as_str()?.to_owned(),
        status: u16::try_from(response.get("status")?.as_u64()?).ok()?,
        content_type: content_type.map_or("", |(_, value)| value.as_str().unwrap()).to_owned(),
        body: response.get("body").cloned().unwrap_or_default(),
    })
}

impl Recording {
    fn answer(&self) -> Answer {
        let body = match &self.body {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        let reads = self.method == "GET"
            || ["get_list", "get_count"].iter().any(|method| self.path.ends_with(method));
        let received = Received {
            status: self.status,
            content_type: &self.content_type.to_ascii_lowercase(),
            retry_after: None,
            body: body.as_bytes(),
        };
        classify(if reads { Effect::Read } else { Effect::Write }, &received)
    }

    fn error(&self) -> FrappeError {
        match self.answer() {
            Answer::NotDone(error) | Answer::Unknown(error) => error,
            Answer::Done(_) => panic!("{} is a success", self.name),
        }
    }

    fn payload(&self) -> Payload {
        match self.answer() {
            Answer::Done(payload) => payload,
            other => panic!("{}: {other:?}", self.name),
        }
    }
}

fn by_name() -> Option<BTreeMap<String, Recording>> {
    Some(recordings()?.into_iter().map(|recording| (recording.name.clone(), recording)).collect())
}

#[test]
fn each_recorded_answer_means_what_it_meant() {
    let Some(recordings) = recordings() else {
        return;
    };
    let codes: BTreeMap<&str, &str> =
        NOT_DONE.iter().flat_map(|(code, names)| names.iter().map(move |name| (*name, *code))).collect();
    let mut wrong = Vec::new();
    for recording in &recordings {
        let name = recording.name.as_str();
        let right = match recording.answer() {
            Answer::Done(_) => !codes.contains_key(name) && !UNKNOWN.contains(&name),
            Answer::NotDone(error) => codes.get(name) == Some(&error.code()),
            Answer::Unknown(_) => UNKNOWN.contains(&name),
        };
        if !right {
            wrong.push(format!("{name}: {:?}", recording.answer()));
        }
    }
    println!("{} recordings, {} wrong", recordings.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let listed = codes.len() + UNKNOWN.len();
    let failures = recordings.iter().filter(|recording| recording.status >= 300).count();
    assert_eq!(listed, failures, "the table lists recordings that are not there");
}

#[test]
fn recorded_messages_are_told_without_tags_and_name_their_subject() {
    let Some(recordings) = recordings() else {
        return;
    };
    for recording in recordings.iter().filter(|recording| recording.status >= 400) {
        let error = recording.error();
        let text = format!("{error} {:?}", error.remedy());
        for tag in ["<strong>", "<br>", "<a ", "<details>", "Traceback"] {
            assert!(!text.contains(tag), "{}: {text}", recording.name);
        }
        assert!(!error.to_string().is_empty(), "{}", recording.name);
    }
    let subject = |name: &str| -> Subject {
        let recording = recordings.iter().find(|recording| recording.name == name).unwrap();
        match recording.error() {
            FrappeError::Refused { subject, .. } => subject,
            other => panic!("{name}: {other:?}"),
        }
    };
    let expected = [
        ("create_address_mandatory", Some("address_line1, city"), Some("Address T-Billing")),
        ("notrace_mandatory", Some("Address Line 1"), Some("Address")),
        ("create_contact_bad_link", Some("Gender"), Some("NoExiste")),
        ("create_contact_bad_dynamic_link", Some("Link Name"), Some("No Existe SA")),
        ("custom_field_unique_create", Some("vtiger_id"), None),
        ("notrace_unique", Some("Vtiger ID"), None),
        ("notrace_dup", None, Some("Bank Banco Prueba MX")),
        ("card_last4_long", Some("Last 4"), Some("Bank Card Lab BC-00002")),
        ("so_put_after_submit_forbidden", Some("Date"), None),
        ("so_bad_customer", None, Some("Customer No Existe")),
        ("v2_create_bad_link", Some("Gender"), Some("NoExiste")),
        ("narrow_system_settings", None, Some("System Settings")),
        ("narrow_custom_field", None, Some("Custom Field")),
        ("deleted_document_perm", None, Some("Deleted Document")),
        ("perm_get_403", None, Some("User")),
        ("perm_create_403", None, Some("Customer")),
        ("auth_none_resource", None, Some("Contact")),
        ("v2_perm_err", None, Some("Customer")),
    ];
    for (name, field, document) in expected {
        let told = subject(name);
        assert_eq!((told.field.as_deref(), told.document.as_deref()), (field, document), "{name}");
    }
}

#[test]
fn a_recorded_duplicate_is_noticed() {
    let Some(recordings) = by_name() else {
        return;
    };
    assert_eq!(
        recordings["create_customer_dup"].payload().notices,
        [Notice::NameTaken { wanted: "Cliente Prueba SA".into(), given: "Cliente Prueba SA - 1".into() }]
    );
    assert_eq!(recordings["create_customer"].payload().notices, []);
}

#[test]
fn a_recorded_put_tells_of_single_fields_what_a_get_shows_afterwards() {
    let Some(recordings) = by_name() else {
        return;
    };
    // Pairs of a PUT and a GET of the same document in the same version: why an update is not read back.
    for (put, get) in [
        ("custom_field_values", "v2_get"),
        ("webhook_contact_update", "fault_db_recovered"),
        ("put_child_keep_by_name_full", "get_child_after_keep_full"),
        ("put_child_null", "get_child_after_clear"),
        ("put_child_bogus_name", "get_child_after_bogus"),
    ] {
        let (told, stored) = (singles(&recordings[put]), singles(&recordings[get]));
        assert_eq!(told.get("modified"), stored.get("modified"), "{put} is not what {get} read");
        assert_eq!(told, stored, "{put} {get}");
    }
    // And why it is read back when rows were sent: a row that is told and not stored.
    let rows = |name: &str| recordings[name].payload().value["email_ids"].as_array().unwrap().len();
    assert_eq!((rows("put_child_bogus_name"), rows("get_child_after_bogus")), (1, 0));
}

/// The fields of a recorded document that are no tables.
fn singles(recording: &Recording) -> Map<String, Json> {
    let Json::Object(document) = recording.payload().value else {
        panic!("{} is no document", recording.name);
    };
    document.into_iter().filter(|(_, value)| !value.is_array()).collect()
}

#[test]
fn the_recorded_description_of_a_doctype_is_read() {
    let Some(recordings) = by_name() else {
        return;
    };
    let schema = DocSchema::from_meta(&"Contact".into(), recordings["v2_meta"].payload().value).unwrap();
    assert_eq!(schema.kind.fields.get("first_name").unwrap().label, "First Name");
    assert!(!schema.kind.submittable && !schema.kind.fields.contains_key("contact_section"));
}
