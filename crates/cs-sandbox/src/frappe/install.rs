//! Ready-made sites: the recorded one (`lab`) and the one that the default mapping needs (`agency`).

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::catalogue::{self, CatalogueError};
use super::rules::with_field;
use super::site::Site;
use super::values::Row;

/// How an agency's site is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyOptions {
    /// Whether the custom fields and the `DocType` Bank Card are there. Without them the site is as ERPNext comes, and
    /// a check of it must name what is missing.
    pub prepared: bool,
    /// What random names come from.
    pub seed: u64,
    /// The site's time zone.
    pub time_zone: String,
}

impl Default for AgencyOptions {
    fn default() -> Self {
        Self { prepared: true, seed: 1, time_zone: "America/Mexico_City".to_owned() }
    }
}

/// What a company's site begins with.
struct Ground<'a> {
    company: &'a str,
    abbreviation: &'a str,
    country: &'a str,
    currency: &'a str,
    time_zone: &'a str,
}

const SYNC_ROLES: [&str; 9] = [
    "System Manager",
    "Sales Manager",
    "Sales User",
    "Sales Master Manager",
    "Accounts Manager",
    "Accounts User",
    "Item Manager",
    "Stock Manager",
    "Stock User",
];

/// The recorded site: users `sync` (many roles), `reader`, `nobody` and `narrow` with the keys of the recordings, their
/// contacts, and the custom `DocType`s of the recordings.
pub fn lab() -> Result<Site, CatalogueError> {
    let ground = Ground {
        company: "Empresa Prueba",
        abbreviation: "EP",
        country: "Mexico",
        currency: "MXN",
        time_zone: "America/Mexico_City",
    };
    let mut site = founded(7, &ground, "2026-11-22T01:39:00Z")?;
    site.install_doctypes(catalogue::lab()?);
    for (name, user, when) in [
        ("Admin Lab", "admin", "2026-11-21 19:39:00.506927"),
        ("Sync", "sync", "2026-11-21 19:39:04.033123"),
        ("Reader", "reader", "2026-11-21 19:39:05.100000"),
        ("Nobody", "nobody", "2026-11-21 19:39:06.200000"),
    ] {
        let email = format!("{user}@example.invalid");
        site.stage(
            "Contact",
            row(json!({"name": name, "first_name": name, "full_name": name, "email_id": email,
            "user": email, "status": "Passive", "creation": when, "modified": when,
            "email_ids": [{"email_id": email, "is_primary": 1}], "phone_nos": [], "links": []})),
        );
    }
    Ok(site)
}

/// A site for an agency called `Agencia Prueba` (spec/DEFAULT-MAPPING.md), with the same users and keys as [`lab`].
pub fn agency(options: &AgencyOptions) -> Result<Site, CatalogueError> {
    let ground = Ground {
        company: "Agencia Prueba",
        abbreviation: "AP",
        country: "United States",
        currency: "USD",
        time_zone: &options.time_zone,
    };
    let mut site = founded(options.seed, &ground, "2025-01-01T00:00:00Z")?;
    if options.prepared {
        site.install_doctypes(catalogue::agency()?);
        for field in catalogue::agency_fields()? {
            stage_custom_field(&mut site, field);
        }
    }
    Ok(site)
}

/// Puts a Custom Field in place, live.
pub fn stage_custom_field(site: &mut Site, mut field: Row) {
    let part = |key: &str| field.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (doctype, fieldname) = (part("dt"), part("fieldname"));
    if let Some(meta) = site.doctype(&doctype) {
        let meta = with_field(&meta, &field);
        site.install_doctypes(vec![meta]);
    }
    field.insert("name".to_owned(), format!("{doctype}-{fieldname}").into());
    site.stage("Custom Field", field);
}

fn founded(seed: u64, ground: &Ground<'_>, began: &str) -> Result<Site, CatalogueError> {
    let mut site = Site::bare(seed)?;
    "lab_frappe".clone_into(&mut site.database);
    site.stage("System Settings", row(settings(ground)));
    site.stage_clock(began.parse().unwrap_or(Timestamp::UNIX_EPOCH));
    for (field, value) in [
        ("company", ground.company),
        ("country", ground.country),
        ("currency", ground.currency),
        ("language", "en"),
    ] {
        site.defaults.insert(field.to_owned(), value.to_owned());
    }
    site.apps = [
        ("frappe", json!({"title": "Frappe Framework", "branch": "master", "version": "15.55.1",
            "description": "Full stack web framework with Python, Javascript, MariaDB, Redis, Node"})),
        ("erpnext", json!({"title": "ERPNext", "description": "ERP made simple", "branch": "master", "version": "15.65.1"})),
    ]
    .map(|(app, facts)| (app.to_owned(), facts))
    .into();
    masters(&mut site, ground)?;
    users(&mut site, ground);
    Ok(site)
}

fn settings(ground: &Ground<'_>) -> Value {
    json!({"name": "System Settings", "owner": "Administrator", "modified": "2025-01-01 00:00:00.000000",
        "app_name": "ERPNext", "country": ground.country, "language": "en", "time_zone": ground.time_zone,
        "currency": ground.currency, "enable_onboarding": 1, "setup_complete": 1, "date_format": "dd-mm-yyyy",
        "time_format": "HH:mm:ss", "number_format": "#,###.##", "first_day_of_the_week": "Sunday",
        "float_precision": "3", "currency_precision": "", "rounding_method": "Banker's Rounding",
        "session_expiry": "170:00", "document_share_key_expiry": 30, "login_with_email_link": 1,
        "login_with_email_link_expiry": 10, "allow_consecutive_login_attempts": 10, "allow_login_after_fail": 60,
        "two_factor_method": "OTP App", "otp_issuer_name": "Frappe Framework", "logout_on_password_reset": 1,
        "reset_password_link_expiry_duration": "1200", "password_reset_limit": 3, "enable_password_policy": 1,
        "minimum_password_score": "2", "email_retry_limit": 3, "attach_view_link": 1,
        "store_attached_pdf_document": 1, "strip_exif_metadata_from_uploaded_images": 1, "backup_limit": 3,
        "max_auto_email_report_per_user": 20, "enable_scheduler": 1, "dormant_days": 4,
        "allow_error_traceback": 1, "link_field_results_limit": 10})
}

/// The documents that links need: of each kind, the field that holds the name, and the names.
fn masters(site: &mut Site, ground: &Ground<'_>) -> Result<(), CatalogueError> {
    let tables: BTreeMap<String, (String, Vec<String>)> = catalogue::ground()?;
    for (doctype, (field, names)) in tables {
        for name in names {
            let name = name
                .replace("{country}", ground.country)
                .replace("{company}", ground.company)
                .replace("{short}", ground.abbreviation);
            let mut facts = row(json!({"name": name}));
            facts.insert(field.clone(), name.into());
            facts.extend(belonging(&doctype, ground));
            site.stage(&doctype, facts);
        }
    }
    Ok(())
}

/// What ties a master document to the company.
fn belonging(doctype: &str, ground: &Ground<'_>) -> Row {
    let (company, currency) = (ground.company, ground.currency);
    row(match doctype {
        "Company" => {
            json!({"abbr": ground.abbreviation, "default_currency": currency, "country": ground.country})
        }
        "Price List" => json!({"currency": currency, "selling": 1}),
        "Warehouse" | "Cost Center" => json!({"company": company}),
        _ => Value::Null,
    })
}

fn users(site: &mut Site, ground: &Ground<'_>) {
    let people: [(&str, &[&str]); 5] = [
        ("admin", &["System Manager"]),
        ("sync", &SYNC_ROLES),
        ("reader", &["Reader"]),
        ("nobody", &[]),
        ("narrow", &["Narrow"]),
    ];
    site.stage("User", user("Administrator", "Administrator", &["System Manager"], ground));
    for (short, roles) in people {
        let email = format!("{short}@example.invalid");
        let mut name = short.to_owned();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        site.stage("User", user(&email, &name, roles, ground));
        let upper = short.to_uppercase();
        site.add_token(&format!("API_KEY_{upper}"), &format!("API_SECRET_{upper}"), &email);
    }
}

fn user(email: &str, name: &str, roles: &[&str], ground: &Ground<'_>) -> Row {
    let roles: Vec<Value> = roles.iter().map(|role| json!({"role": role})).collect();
    let upper = name.to_uppercase();
    row(json!({"name": email, "email": email, "first_name": name, "full_name": name,
        "username": name.to_lowercase(), "enabled": 1, "language": "en", "time_zone": ground.time_zone,
        "user_type": if roles.is_empty() { "Website User" } else { "System User" }, "api_key": format!("API_KEY_{upper}"),
        "api_secret": "***************", "new_password": "", "desk_theme": "Light", "document_follow_frequency": "Daily",
        "onboarding_status": "{}", "simultaneous_sessions": 2, "roles": roles, "user_emails": [], "defaults": [],
        "block_modules": [], "social_logins": [{"provider": "frappe", "userid": format!("{name}-id")}]}))
}

fn row(value: Value) -> Row {
    match value {
        Value::Object(row) => row,
        _ => Row::new(),
    }
}

/// A site behind a lock, as [`super::router`] takes it.
pub fn shared(site: Site) -> Arc<std::sync::Mutex<Site>> {
    Arc::new(std::sync::Mutex::new(site))
}
