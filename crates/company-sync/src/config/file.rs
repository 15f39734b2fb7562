//! The configuration file as it is written.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use toml::Table;

use super::reconciliation::{CompanySection, ReconciliationSection};
use super::service::{
    DatabaseSection, HintsSection, NotificationsSection, RetentionSection, SandboxConfig, SetupSection,
    TasksSection,
};
use super::{ConfigError, Frappe, Vtiger, zone};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigFile {
    pub(super) data_dir: Option<PathBuf>,
    pub(super) time_zone: Option<String>,
    pub(super) vtiger: Option<VtigerSection>,
    pub(super) frappe: Option<FrappeSection>,
    #[serde(default)]
    pub(super) mapping: BTreeMap<String, MappingSection>,
    #[serde(default)]
    pub(super) reconciliation: ReconciliationSection,
    #[serde(default)]
    pub(super) companies: BTreeMap<String, CompanySection>,
    pub(super) language: Option<cs_companies::Language>,
    pub(super) public_url: Option<String>,
    pub(super) database: Option<DatabaseSection>,
    #[serde(default)]
    pub(super) notifications: NotificationsSection,
    #[serde(default)]
    pub(super) retention: RetentionSection,
    #[serde(default)]
    pub(super) hints: HintsSection,
    #[serde(default)]
    pub(super) tasks: TasksSection,
    #[serde(default)]
    pub(super) setup: SetupSection,
    pub(super) sandbox: Option<SandboxConfig>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VtigerSection {
    pub(super) connector: Option<String>,
    pub(super) url: Option<String>,
    pub(super) user: Option<String>,
    pub(super) access_key: Option<SecretString>,
    pub(super) access_key_file: Option<PathBuf>,
    pub(super) requests_per_minute: Option<u32>,
    pub(super) concurrency: Option<usize>,
    pub(super) time_zone: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FrappeSection {
    pub(super) url: Option<String>,
    pub(super) api_key: Option<String>,
    pub(super) api_secret: Option<SecretString>,
    pub(super) api_secret_file: Option<PathBuf>,
    pub(super) site: Option<String>,
    pub(super) time_zone: Option<String>,
    pub(super) requests_per_second: Option<NonZeroU32>,
    pub(super) concurrency: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MappingSection {
    pub(super) file: Option<PathBuf>,
    #[serde(default)]
    pub(super) settings: BTreeMap<String, toml::Value>,
    /// The variables that said a setting, by setting.
    #[serde(skip)]
    pub(super) variables: BTreeMap<String, String>,
}

impl ConfigFile {
    /// The file as it is understood, and as it is written.
    pub(super) fn read(path: &Path) -> Result<(Self, Table), ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let malformed = |source: toml::de::Error| {
            let start = source.span().map_or(0, |span| span.start);
            let (line, column) = position(&text, start);
            ConfigError::Malformed {
                path: path.to_owned(),
                line,
                column,
                message: message(&text, start, source.message()),
            }
        };
        let understood = toml::from_str(&text).map_err(malformed)?;
        Ok((understood, toml::from_str(&text).map_err(malformed)?))
    }
}

/// What the TOML reader says, unless it might quote a secret.
fn message(text: &str, offset: usize, said: &str) -> String {
    let start = text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let key = line.split('=').next().unwrap_or_default();
    let secret =
        line.contains('=') && ["key", "secret", "password", "url"].iter().any(|word| key.contains(word));
    if secret && !said.starts_with("unknown field") {
        format!("{} takes a text in quotes", key.trim())
    } else {
        said.to_owned()
    }
}

/// Line and column of an offset into a text, counted from 1.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (line, column)
}

impl VtigerSection {
    pub(super) fn resolve(self, beside: &Path) -> Result<Vtiger, ConfigError> {
        let access_key = secret(self.access_key, self.access_key_file, beside)?;
        Ok(Vtiger {
            url: match &self.connector {
                // What stands in VTiger's place has addresses of its own form.
                Some(_) => said(self.url, "vtiger.url")?,
                None => address(self.url, "vtiger.url")?,
            },
            connector: self.connector,
            user: said(self.user, "vtiger.user")?,
            access_key: said(access_key, "vtiger.access_key")?,
            requests_per_minute: self.requests_per_minute,
            concurrency: self.concurrency,
            time_zone: self.time_zone.map(|name| zone("vtiger.time_zone", &name)).transpose()?,
        })
    }
}

impl FrappeSection {
    pub(super) fn resolve(self, beside: &Path) -> Result<Frappe, ConfigError> {
        let api_secret = secret(self.api_secret, self.api_secret_file, beside)?;
        Ok(Frappe {
            url: address(self.url, "frappe.url")?,
            api_key: said(self.api_key, "frappe.api_key")?,
            api_secret: said(api_secret, "frappe.api_secret")?,
            site: self.site,
            time_zone: self.time_zone,
            requests_per_second: self.requests_per_second,
            concurrency: self.concurrency,
        })
    }
}

/// The secret itself, or what the file that holds it says on its first line.
pub(super) fn secret(
    said: Option<SecretString>,
    file: Option<PathBuf>,
    beside: &Path,
) -> Result<Option<SecretString>, ConfigError> {
    match (said, file) {
        (Some(secret), _) => Ok(Some(secret).filter(|secret| !secret.expose_secret().trim().is_empty())),
        (None, Some(path)) => {
            let path = beside.join(path);
            let text = std::fs::read_to_string(&path)
                .map_err(|source| ConfigError::UnreadableSecret { path: path.clone(), source })?;
            let first = text.lines().next().unwrap_or_default().trim();
            if first.is_empty() {
                Err(ConfigError::EmptySecret { path })
            } else {
                Ok(Some(first.to_owned().into()))
            }
        }
        (None, None) => Ok(None),
    }
}

/// An address without a user and a password in it: addresses are shown, in output, in logs and in errors.
fn address(value: Option<String>, key: &'static str) -> Result<String, ConfigError> {
    let url = said(value, key)?;
    let after_scheme = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let authority = after_scheme.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') { Err(ConfigError::Credentials { key }) } else { Ok(url) }
}

pub(super) fn said<T>(value: Option<T>, key: &'static str) -> Result<T, ConfigError> {
    let variable = format!("COMPANY_SYNC_{}", key.replace('.', "_").to_uppercase());
    value.ok_or(ConfigError::Missing { key, variable })
}
