//! Every setting that pages know: its key, its tab, what it holds, what it needs beside it.

use std::collections::BTreeMap;

use cs_companies::company::KeepTest;
use cs_domain::mapping::parse_with;

use crate::companies;
use crate::config::{Config, MOST_ATTEMPTS, MOST_MINUTES, TASK_LIMITS, reference_fields};
use crate::mappings::Editions;

/// What a setting holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A line of text.
    Text(Check),
    /// A whole number between these.
    Number(u32, u32),
    /// On or off.
    Switch,
    /// One of these; where nothing is said, what the program does by itself.
    Choice(&'static [&'static str]),
    /// Text that is never shown again.
    Secret,
    /// An address that holds a secret, as those of webhooks do: only its host is shown again.
    SecretUrl,
    /// Lines, each an entry.
    List(Check),
    /// Lines of `key = value`, each an entry below the setting's key; of a section, what is named stands in it.
    Pairs(Option<&'static str>),
}

impl Form {
    /// Whether it is kept sealed.
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self, Self::Secret | Self::SecretUrl)
    }
}

/// What must hold of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// Nothing more than being a line.
    Line,
    /// `https://crm.example.test`, without a user or a password.
    Url,
    /// A time zone.
    Zone,
    /// A machine's name or address.
    Host,
    /// `ana@example.test`.
    Mail,
}

/// A setting.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) key: String,
    pub(crate) tab: &'static str,
    pub(crate) form: Form,
    /// What it is where nothing is said.
    pub(crate) default: Option<String>,
    /// What only this installation has, in its own words: label and help.
    pub(crate) own: Option<(String, String)>,
}

/// The tabs, in the order of pages, and the connection that each tells of.
pub(crate) const TABS: [&str; 11] = [
    "general",
    "vtiger",
    "database",
    "frappe",
    "mapping",
    "companies",
    "brokers",
    "reviews",
    "reconciliation",
    "notifications",
    "retention",
];

/// Settings that belong together: where one of them is said, those named must be.
pub(crate) const GROUPS: [(&str, &[&str]); 4] = [
    ("vtiger.", &["vtiger.url", "vtiger.user", "vtiger.access_key"]),
    ("frappe.", &["frappe.url", "frappe.api_key", "frappe.api_secret"]),
    ("database.", &["database.host", "database.user", "database.password", "database.name"]),
    (
        "notifications.email.",
        &["notifications.email.host", "notifications.email.from", "notifications.email.to"],
    ),
];

/// The settings that every installation has.
const FIXED: [(&str, &str, Form); 69] = {
    use Check::{Host, Line, Mail, Url, Zone};
    use Form::{Choice, List, Number, Pairs, Secret, SecretUrl, Switch, Text};
    [
        ("general", "time_zone", Text(Zone)),
        ("general", "language", Choice(&["en", "es"])),
        ("general", "public_url", Text(Url)),
        ("general", "tasks.minutes", Number(1, MOST_MINUTES)),
        ("general", "tasks.attempts", Number(1, MOST_ATTEMPTS)),
        ("vtiger", "vtiger.url", Text(Url)),
        ("vtiger", "vtiger.user", Text(Line)),
        ("vtiger", "vtiger.access_key", Secret),
        ("vtiger", "vtiger.time_zone", Text(Zone)),
        ("vtiger", "vtiger.requests_per_minute", Number(1, 100_000)),
        ("vtiger", "vtiger.concurrency", Number(1, 64)),
        ("vtiger", "hints.vtiger_secret", Secret),
        ("database", "database.type", Choice(&["mariadb", "mysql"])),
        ("database", "database.host", Text(Host)),
        ("database", "database.port", Number(1, 65_535)),
        ("database", "database.user", Text(Line)),
        ("database", "database.password", Secret),
        ("database", "database.name", Text(Line)),
        ("database", "reconciliation.view.name", Text(Line)),
        ("frappe", "frappe.url", Text(Url)),
        ("frappe", "frappe.api_key", Text(Line)),
        ("frappe", "frappe.api_secret", Secret),
        ("frappe", "frappe.site", Text(Host)),
        ("frappe", "frappe.time_zone", Text(Zone)),
        ("frappe", "frappe.requests_per_second", Number(1, 10_000)),
        ("frappe", "frappe.concurrency", Number(1, 64)),
        ("frappe", "hints.frappe_secret", Secret),
        ("companies", "companies", Pairs(Some("name"))),
        ("brokers", "reconciliation.brokers", Pairs(None)),
        ("reviews", "reconciliation.rules.reviews", List(Line)),
        ("reconciliation", "reconciliation.language", Choice(&["en", "es"])),
        ("reconciliation", "reconciliation.plan_year", Number(2000, 2100)),
        ("reconciliation", "reconciliation.fields.module", Text(Line)),
        ("reconciliation", "reconciliation.fields.number", Text(Line)),
        ("reconciliation", "reconciliation.fields.member_id", Text(Line)),
        ("reconciliation", "reconciliation.fields.company", Text(Line)),
        ("reconciliation", "reconciliation.fields.broker", Text(Line)),
        ("reconciliation", "reconciliation.fields.status", Text(Line)),
        ("reconciliation", "reconciliation.fields.effective_date", Text(Line)),
        ("reconciliation", "reconciliation.fields.termination_date", Text(Line)),
        ("reconciliation", "reconciliation.fields.paid_through", Text(Line)),
        ("reconciliation", "reconciliation.fields.problem", Text(Line)),
        ("reconciliation", "reconciliation.fields.payment_type", Text(Line)),
        ("reconciliation", "reconciliation.fields.payment_day", Text(Line)),
        ("reconciliation", "reconciliation.fields.broker_note", Text(Line)),
        ("reconciliation", "reconciliation.rules.not_in_portal_problems", List(Line)),
        ("reconciliation", "reconciliation.rules.payment_problems", List(Line)),
        ("reconciliation", "reconciliation.rules.termination_problems", List(Line)),
        ("reconciliation", "reconciliation.rules.waiting_payment_types", List(Line)),
        ("reconciliation", "reconciliation.rules.waiting_business_days", Number(0, 60)),
        ("reconciliation", "reconciliation.rules.paid_month_before_from_day", Number(1, 31)),
        ("reconciliation", "reconciliation.rules.paid_years_ahead", Number(0, 50)),
        ("reconciliation", "reconciliation.rules.not_ours_notes", List(Line)),
        ("reconciliation", "reconciliation.watched", List(Line)),
        ("notifications", "notifications.run_failed", Switch),
        ("notifications", "notifications.brake", Switch),
        ("notifications", "notifications.drift", Switch),
        ("notifications", "notifications.invalid_share", Switch),
        ("notifications", "notifications.email.host", Text(Host)),
        ("notifications", "notifications.email.port", Number(1, 65_535)),
        ("notifications", "notifications.email.security", Choice(&["starttls", "tls", "none"])),
        ("notifications", "notifications.email.user", Text(Line)),
        ("notifications", "notifications.email.password", Secret),
        ("notifications", "notifications.email.from", Text(Mail)),
        ("notifications", "notifications.email.to", List(Mail)),
        ("notifications", "notifications.webhook.url", SecretUrl),
        ("notifications", "notifications.progress.url", SecretUrl),
        ("notifications", "notifications.progress.desk_method", Text(Line)),
        ("retention", "retention.days", Number(7, 36_500)),
    ]
};

/// Every setting of this installation: those that all have, its mappings' and its companies'.
pub(crate) fn all(editions: &Editions<'_>) -> Vec<Known> {
    let defaults = defaults();
    let fixed = FIXED.into_iter().map(|(tab, key, form)| Known {
        key: key.to_owned(),
        tab,
        form,
        default: defaults.get(key).cloned(),
        own: None,
    });
    fixed.chain(of_mappings(editions)).chain(of_companies(editions.config())).collect()
}

/// What holds where nothing is said, for settings where that is worth showing.
fn defaults() -> BTreeMap<String, String> {
    let rules = cs_companies::reconcile::Settings::default();
    let lines = |list: &[String]| list.join("\n");
    let told = ["run_failed", "brake", "drift", "invalid_share"];
    let told = told.map(|event| (format!("notifications.{event}"), "true".to_owned()));
    let mut all = BTreeMap::from(told);
    let known = [
        ("language", "en".to_owned()),
        ("tasks.minutes", (TASK_LIMITS.time_limit / 60).to_string()),
        ("tasks.attempts", TASK_LIMITS.attempts.to_string()),
        ("database.type", "mariadb".to_owned()),
        ("database.port", "3306".to_owned()),
        ("notifications.email.security", "starttls".to_owned()),
        ("reconciliation.language", "en".to_owned()),
        ("reconciliation.rules.reviews", lines(&rules.reviews)),
        ("reconciliation.rules.not_in_portal_problems", lines(&rules.not_in_portal_problems)),
        ("reconciliation.rules.payment_problems", lines(&rules.payment_problems)),
        ("reconciliation.rules.termination_problems", lines(&rules.termination_problems)),
        ("reconciliation.rules.waiting_payment_types", lines(&rules.waiting_payment_types)),
        ("reconciliation.rules.waiting_business_days", rules.waiting_business_days.to_string()),
        ("reconciliation.rules.paid_month_before_from_day", rules.paid_month_before_from_day.to_string()),
        ("reconciliation.rules.paid_years_ahead", rules.paid_years_ahead.to_string()),
        ("reconciliation.rules.not_ours_notes", lines(&rules.not_ours_notes)),
    ];
    all.extend(known.map(|(key, value)| (key.to_owned(), value)));
    all.extend(reference_fields());
    all
}

/// The settings that mappings ask for. A mapping that cannot be read is told of elsewhere.
fn of_mappings(editions: &Editions<'_>) -> Vec<Known> {
    let mut all = Vec::new();
    for name in editions.known() {
        let Ok(source) = editions.source(&name) else { continue };
        let Ok(parsed) = parse_with(&source.text, &editions.config().extensions.transforms) else { continue };
        for (setting, spec) in parsed.mapping.settings {
            all.push(Known {
                key: format!("mapping.{name}.settings.{setting}"),
                tab: "mapping",
                form: Form::Text(Check::Line),
                default: spec.default,
                own: Some((format!("{name}: {setting}"), spec.help)),
            });
        }
    }
    all
}

/// The settings that companies' definitions name: passwords, and what they compare cells with.
fn of_companies(config: &Config) -> Vec<Known> {
    let Ok(companies) = companies::all(config) else { return Vec::new() };
    let mut all = Vec::new();
    for company in companies.into_values().map(|known| known.company) {
        let compared = company.keep.iter().filter_map(|keep| match &keep.test {
            KeepTest::IsSetting(name) => Some((name, Form::Text(Check::Line))),
            KeepTest::Is(_) | KeepTest::IsNot(_) => None,
        });
        let password = company.password_setting.iter().map(|name| (name, Form::Secret));
        for (key, form) in password.chain(compared) {
            let Some(setting) = key.strip_prefix(&format!("companies.{}.", company.key)) else { continue };
            let own = Some((format!("{}: {setting}", company.name), String::new()));
            all.push(Known { key: key.clone(), tab: "companies", form, default: None, own });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Flags};

    fn config() -> Config {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("none.toml");
        std::fs::write(&file, "").unwrap();
        Config::load(&Flags { file: Some(file), ..Flags::default() }, &Environment::of(&[])).unwrap()
    }

    #[test]
    fn every_setting_has_a_tab_and_every_tab_a_setting() {
        let config = config();
        let all = all(&Editions::of_files(&config));
        let tabs: Vec<&str> = all.iter().map(|known| known.tab).collect();
        assert!(TABS.iter().all(|tab| tabs.contains(tab)) && tabs.iter().all(|tab| TABS.contains(tab)));
        let keys: std::collections::BTreeSet<&str> = all.iter().map(|known| known.key.as_str()).collect();
        assert_eq!(keys.len(), all.len(), "a key stands twice");
        for (_, needed) in GROUPS {
            assert!(needed.iter().all(|key| keys.contains(key)), "{needed:?}");
        }
        for own in [
            "mapping.policy.settings.company",
            "companies.ambetter.password",
            "companies.ambetter.payable_agent",
        ] {
            assert!(keys.contains(own), "{own}");
        }
    }
}
