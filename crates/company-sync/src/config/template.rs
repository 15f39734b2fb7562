//! The file that `config init` writes.

/// A configuration to fill in, every key explained.
pub(crate) const TEMPLATE: &str = r#"# company-sync: how to reach your systems.
# Every key can be overruled by an environment variable: vtiger.url by COMPANY_SYNC_VTIGER_URL, and so on.

# Where the program keeps what it remembers (links, journal, log). Relative paths start at this file.
data_dir = "company-sync-data"

# Where the agency is: decides what "today" means.
time_zone = "America/New_York"

# What the pages of `company-sync serve` speak to people who chose no language, and where people reach them.
# language = "en"                 # or "es"
# public_url = "https://sync.example.test"

[vtiger]
url = "https://crm.example.test"
user = "sync"
# My Preferences > Access Key. Write it on the first line of a file beside this one, which only you and the program can read
# (chmod 600 vtiger.key); or say it here as access_key.
access_key_file = "vtiger.key"
# access_key = "..."
# requests_per_minute = 60        # VTiger's cloud edition meters requests
# concurrency = 4                 # requests under way at once
# time_zone = "America/Bogota"    # $default_timezone in config.inc.php, where it is not UTC

[frappe]
url = "https://erp.example.test"
api_key = "..."
api_secret_file = "frappe.secret"   # a file of the same kind, for the secret that belongs to the key
# api_secret = "..."
# site = "erp.example.test"       # where several sites share the address
# time_zone = "America/Mexico_City"  # where the user may not read System Settings
# requests_per_second = 5
# concurrency = 4

# What the mappings need to know; `company-sync mapping show policy` lists the settings. The first two are required:
# put your own values in place of "..." (which counts as nothing said).
[mapping.policy.settings]
company = "..."                   # the ERPNext Company that the Sales Orders belong to
delivery_date = "..."             # the delivery date that ERPNext wants on every Sales Order: 2026-12-31
# effective_date = 2026-01-01     # only policies effective on this day
# sales_from = 2025-11-01         # only policies sold on or after this day

# Company reports (`company-sync reconcile`): what the CRM calls the brokers, and the four fields that nobody can guess
# ("" where the CRM has none).
# [reconciliation.brokers]
# BS = "BROKER SUR"
# [reconciliation.fields]
# problem = "cf_..."
# payment_type = "cf_..."
# payment_day = "cf_..."
# broker_note = "cf_..."
# [companies.oscar]
# password_file = "oscar.password"  # of its protected workbooks

# VTiger's database, read only: where [reconciliation.view] names a view in it, orders are read there.
# [database]
# type = "mariadb"                # or "mysql"
# host = "db.example.test"
# port = 3306
# user = "reader"
# password_file = "database.password"
# name = "vtiger"

# Who is told when something needs a person (`company-sync serve`); each event can be switched off.
# [notifications]
# run_failed = true               # a run ended in an error or ran out of time
# brake = true                    # a run stopped before too many deletes
# drift = true                    # a report looks unlike earlier ones, or a field that a mapping uses has changed
# invalid_share = true            # a report has too many rows that cannot be read
# [notifications.email]
# host = "mail.example.test"
# port = 587
# security = "starttls"           # or "tls", or "none" for a mail server on this machine
# user = "sync@example.test"
# password_file = "mail.password"
# from = "sync@example.test"
# to = ["ana@example.test"]
# [notifications.webhook]
# url = "https://hooks.example.test/sync"
# Who is told how runs come along while they run, once a second at most (docs/EXTENDING.md, "An observer").
# [notifications.progress]
# url = "https://hooks.example.test/progress"
# desk_method = "agency.desk.progress"   # a whitelisted method of the Frappe site's

# After how many days old lines of the log, ended tasks and unused files go. Links, runs and findings always stay.
# [retention]
# days = 365

# Secrets that Frappe's webhooks and VTiger's workflows show, so that what changed is looked at sooner (README, "Hints"): 16
# random characters or more. Without one, that door is closed.
# [hints]
# frappe_secret_file = "frappe.hints"
# vtiger_secret_file = "vtiger.hints"

# What people ask for on pages: how long it may take, and how often it is begun before an error is its end.
# [tasks]
# minutes = 120
# attempts = 3

# A mapping of your own in place of the shipped one:
# [mapping.policy]
# file = "my-policy.toml"
"#;

#[cfg(test)]
mod tests {
    use super::super::file::ConfigFile;
    use super::TEMPLATE;

    #[test]
    fn the_template_is_a_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("company-sync.toml");
        std::fs::write(&path, TEMPLATE).unwrap();
        let (file, _) = ConfigFile::read(&path).unwrap();
        assert!(file.vtiger.is_some() && file.frappe.is_some());
        // What a mapping requires has its line.
        let text = cs_domain::mapping::shipped_text("policy").unwrap();
        let policy = cs_domain::mapping::parse(text).unwrap().mapping;
        let required = policy.settings.iter().filter(|(_, spec)| spec.required).map(|(name, _)| name);
        assert!(file.mapping["policy"].settings.keys().eq(required), "{:?}", file.mapping["policy"].settings);
    }
}
