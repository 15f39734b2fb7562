//! What environment variables say: `COMPANY_SYNC_` and the key, `COMPANY_SYNC_VTIGER_URL` for `vtiger.url`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use cs_domain::mapping::{did_you_mean, shipped};

use super::ConfigError;
use super::file::ConfigFile;
use super::{reconciliation, service};

const PREFIX: &str = "COMPANY_SYNC_";

/// Every variable there is, without the prefix, but for those of mappings' settings.
const KNOWN: [&str; 20] = [
    "CONFIG",
    "KEY",
    "KEY_FILE",
    "DATA_DIR",
    "TIME_ZONE",
    "VTIGER_URL",
    "VTIGER_USER",
    "VTIGER_ACCESS_KEY",
    "VTIGER_ACCESS_KEY_FILE",
    "VTIGER_REQUESTS_PER_MINUTE",
    "VTIGER_CONCURRENCY",
    "VTIGER_TIME_ZONE",
    "FRAPPE_URL",
    "FRAPPE_API_KEY",
    "FRAPPE_API_SECRET",
    "FRAPPE_API_SECRET_FILE",
    "FRAPPE_SITE",
    "FRAPPE_TIME_ZONE",
    "FRAPPE_REQUESTS_PER_SECOND",
    "FRAPPE_CONCURRENCY",
];

/// The variables that concern the program, without their prefix.
#[derive(Clone, Default)]
pub(crate) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Those of this process.
    pub(crate) fn of_process() -> Self {
        let ours = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.to_str()?.strip_prefix(PREFIX)?.to_owned();
            Some((name, value.into_string().ok()?))
        });
        Self(ours.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// These besides; what is there already stays.
    pub(crate) fn with(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        for (name, value) in variables {
            if let Some(name) = name.strip_prefix(PREFIX) {
                self.0.entry(name.to_owned()).or_insert(value);
            }
        }
        self
    }

    /// These.
    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        let named = variables
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_owned(), (*value).to_owned())));
        Self(named.collect())
    }

    /// A path.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.get(name).map(PathBuf::from)
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The variable that says a key (`vtiger.url`), or that names the file of a secret, or one of the names under it.
    pub(super) fn names_for(&self, key: &str) -> Option<String> {
        let known = spelt_key(key);
        let listed = key == BROKERS;
        let says = |name: &&String| match name.strip_prefix(&known) {
            Some(rest) => matches!(rest, "" | "_FILE") || (listed && rest.starts_with('_')),
            None => false,
        };
        self.0.keys().find(says).map(|name| format!("{PREFIX}{name}"))
    }

    /// What the variables say of a key, as a file would say it.
    pub(super) fn said(&self, key: &str) -> Option<toml::Value> {
        let known = spelt_key(key);
        if key == BROKERS {
            let entries = self.0.iter().filter_map(|(name, value)| {
                let code = name.strip_prefix(&known)?.strip_prefix('_')?;
                Some((code.to_owned(), toml::Value::from(value.as_str())))
            });
            let entries: toml::Table = entries.collect();
            return (!entries.is_empty()).then_some(toml::Value::Table(entries));
        }
        self.0.get(&known).map(|value| toml::Value::from(value.as_str()))
    }

    pub(super) fn parsed<T: FromStr>(
        &self,
        name: &str,
        expected: &'static str,
    ) -> Result<Option<T>, ConfigError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        value.parse().map(Some).map_err(|_| ConfigError::Variable {
            variable: format!("{PREFIX}{name}"),
            value: value.clone(),
            expected,
        })
    }

    /// Puts what the environment says in place of what the file says.
    pub(super) fn overrule(&self, file: &mut ConfigFile) -> Result<(), ConfigError> {
        let names = mapping_names(file);
        self.refuse_unknown(&names)?;
        if let Some(path) = self.path("DATA_DIR") {
            // Relative to where the program was started, not to the file: that is where the variable was written.
            file.data_dir = Some(std::path::absolute(&path).unwrap_or(path));
        }
        overrule(&mut file.time_zone, self.0.get("TIME_ZONE").cloned());
        if self.names("VTIGER_") {
            let vtiger = file.vtiger.get_or_insert_default();
            overrule(&mut vtiger.url, self.0.get("VTIGER_URL").cloned());
            overrule(&mut vtiger.user, self.0.get("VTIGER_USER").cloned());
            overrule(&mut vtiger.access_key, self.0.get("VTIGER_ACCESS_KEY").cloned().map(Into::into));
            overrule(&mut vtiger.access_key_file, self.path("VTIGER_ACCESS_KEY_FILE"));
            let limit = self.parsed("VTIGER_REQUESTS_PER_MINUTE", "whole number")?;
            overrule(&mut vtiger.requests_per_minute, limit);
            overrule(&mut vtiger.concurrency, self.parsed("VTIGER_CONCURRENCY", "whole number")?);
            overrule(&mut vtiger.time_zone, self.0.get("VTIGER_TIME_ZONE").cloned());
        }
        if self.names("FRAPPE_") {
            let frappe = file.frappe.get_or_insert_default();
            overrule(&mut frappe.url, self.0.get("FRAPPE_URL").cloned());
            overrule(&mut frappe.api_key, self.0.get("FRAPPE_API_KEY").cloned());
            overrule(&mut frappe.api_secret, self.0.get("FRAPPE_API_SECRET").cloned().map(Into::into));
            overrule(&mut frappe.api_secret_file, self.path("FRAPPE_API_SECRET_FILE"));
            overrule(&mut frappe.site, self.0.get("FRAPPE_SITE").cloned());
            overrule(&mut frappe.time_zone, self.0.get("FRAPPE_TIME_ZONE").cloned());
            let limit = self.parsed("FRAPPE_REQUESTS_PER_SECOND", "whole number above 0")?;
            overrule(&mut frappe.requests_per_second, limit);
            overrule(&mut frappe.concurrency, self.parsed("FRAPPE_CONCURRENCY", "whole number")?);
        }
        self.overrule_settings(file, &names);
        reconciliation::overrule(file, self)
    }

    /// A variable that nobody reads is a slip: what it was to say would silently not hold.
    fn refuse_unknown(&self, mappings: &[String]) -> Result<(), ConfigError> {
        let unknown = |name: &&String| {
            !KNOWN.contains(&name.as_str())
                && setting_of(name, mappings).is_none()
                && !reconciliation::is_variable(name)
                && !service::variables().any(|known| known == **name)
        };
        let Some(name) = self.0.keys().find(unknown) else { return Ok(()) };
        let about = name.strip_prefix("MAPPING_").and_then(|rest| rest.split_once('_'));
        let known: Vec<String> = if let Some((_, setting)) = about {
            mappings.iter().map(|mapping| format!("MAPPING_{}_{setting}", spelt(mapping))).collect()
        } else {
            let fixed = KNOWN.iter().copied().chain(reconciliation::variables()).map(str::to_owned);
            fixed.chain(service::variables()).collect()
        };
        // Compared without the prefix, which would make distant names look near.
        let hint = did_you_mean(name, known.iter().map(String::as_str));
        Err(ConfigError::UnknownVariable { variable: format!("{PREFIX}{name}"), hint })
    }

    /// `COMPANY_SYNC_MAPPING_POLICY_SALES_FROM` is the setting `sales_from` of the mapping `policy`.
    fn overrule_settings(&self, file: &mut ConfigFile, mappings: &[String]) {
        for (name, value) in &self.0 {
            let Some((mapping, setting)) = setting_of(name, mappings) else { continue };
            let section = file.mapping.entry(mapping.to_owned()).or_default();
            section.variables.insert(setting.clone(), format!("{PREFIX}{name}"));
            section.settings.insert(setting, toml::Value::String(value.clone()));
        }
    }

    fn names(&self, start: &str) -> bool {
        self.0.keys().any(|name| name.starts_with(start))
    }
}

/// The mappings that a variable can be about.
fn mapping_names(file: &ConfigFile) -> Vec<String> {
    let shipped = shipped().iter().map(|(name, _)| (*name).to_owned());
    let mut names: Vec<String> = shipped.chain(file.mapping.keys().cloned()).collect();
    // Of `crm` and `crm_west` the longer one is meant where both fit.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.dedup();
    names
}

/// Which mapping's which setting a variable (without the prefix) is about.
fn setting_of<'a>(variable: &str, mappings: &'a [String]) -> Option<(&'a str, String)> {
    let rest = variable.strip_prefix("MAPPING_")?;
    mappings.iter().find_map(|mapping| {
        let setting = rest.strip_prefix(&spelt(mapping))?.strip_prefix('_')?;
        Some((mapping.as_str(), setting.to_lowercase()))
    })
}

/// The one key whose entries have a variable each.
const BROKERS: &str = "reconciliation.brokers";

/// A key as variables spell it: `mapping.policy.settings.company` is `MAPPING_POLICY_COMPANY`.
fn spelt_key(key: &str) -> String {
    match key.strip_prefix("mapping.").and_then(|rest| rest.split_once(".settings.")) {
        Some((mapping, setting)) => format!("MAPPING_{}_{}", spelt(mapping), spelt(setting)),
        None => spelt(&key.replace('.', "_")),
    }
}

/// A name as variables spell it.
pub(super) fn spelt(name: &str) -> String {
    name.replace('-', "_").to_uppercase()
}

fn overrule<T>(said: &mut Option<T>, now: Option<T>) {
    if now.is_some() {
        *said = now;
    }
}
