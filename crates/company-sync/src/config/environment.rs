//! What environment variables say: `COMPANY_SYNC_` and the key, `COMPANY_SYNC_VTIGER_URL` for `vtiger.url`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use super::ConfigError;
use super::file::ConfigFile;

const PREFIX: &str = "COMPANY_SYNC_";

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

    fn parsed<T: FromStr>(&self, name: &str, expected: &'static str) -> Result<Option<T>, ConfigError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        value.parse().map(Some).map_err(|_| ConfigError::Variable {
            variable: format!("{PREFIX}{name}"),
            value: value.clone(),
            expected,
        })
    }

    /// Puts what the environment says in place of what the file says.
    pub(super) fn overrule(&self, file: &mut ConfigFile) -> Result<(), ConfigError> {
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
        self.overrule_settings(file);
        Ok(())
    }

    /// `COMPANY_SYNC_MAPPING_POLICY_SALES_FROM` is the setting `sales_from` of the mapping `policy`.
    fn overrule_settings(&self, file: &mut ConfigFile) {
        for (name, value) in &self.0 {
            let Some((mapping, setting)) =
                name.strip_prefix("MAPPING_").and_then(|rest| rest.split_once('_'))
            else {
                continue;
            };
            let settings = &mut file.mapping.entry(mapping.to_lowercase()).or_default().settings;
            settings.insert(setting.to_lowercase(), toml::Value::String(value.clone()));
        }
    }

    fn names(&self, start: &str) -> bool {
        self.0.keys().any(|name| name.starts_with(start))
    }
}

fn overrule<T>(said: &mut Option<T>, now: Option<T>) {
    if now.is_some() {
        *said = now;
    }
}
