//! What the configuration says of the service: language, address, VTiger's database, notifications, retention, the sandbox.

use std::path::{Path, PathBuf};

use cs_companies::Language;
use cs_domain::System;
use cs_web::office::TaskLimits;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use toml::{Table, Value};

use super::document::put;
use super::file::{said, secret};
use super::{ConfigError, Environment, Lacks};

/// What a variable holds.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Number,
    Switch,
    /// Separated by commas.
    List,
}

/// The keys of the service that variables can say.
const KEYS: [(&str, Form); 31] = [
    ("language", Form::Text),
    ("public_url", Form::Text),
    ("database.type", Form::Text),
    ("database.host", Form::Text),
    ("database.port", Form::Number),
    ("database.user", Form::Text),
    ("database.password", Form::Text),
    ("database.password_file", Form::Text),
    ("database.name", Form::Text),
    ("notifications.run_failed", Form::Switch),
    ("notifications.brake", Form::Switch),
    ("notifications.drift", Form::Switch),
    ("notifications.invalid_share", Form::Switch),
    ("notifications.email.host", Form::Text),
    ("notifications.email.port", Form::Number),
    ("notifications.email.security", Form::Text),
    ("notifications.email.user", Form::Text),
    ("notifications.email.password", Form::Text),
    ("notifications.email.password_file", Form::Text),
    ("notifications.email.from", Form::Text),
    ("notifications.email.to", Form::List),
    ("notifications.webhook.url", Form::Text),
    ("notifications.progress.url", Form::Text),
    ("notifications.progress.desk_method", Form::Text),
    ("retention.days", Form::Number),
    ("hints.frappe_secret", Form::Text),
    ("hints.frappe_secret_file", Form::Text),
    ("hints.vtiger_secret", Form::Text),
    ("hints.vtiger_secret_file", Form::Text),
    ("tasks.minutes", Form::Number),
    ("tasks.attempts", Form::Number),
];

/// `[database]` as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DatabaseSection {
    #[serde(rename = "type")]
    kind: Option<DatabaseKind>,
    host: Option<String>,
    port: Option<u16>,
    user: Option<String>,
    password: Option<SecretString>,
    password_file: Option<PathBuf>,
    name: Option<String>,
}

/// Which server VTiger's database runs on; both speak the same protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DatabaseKind {
    /// What most installations run on.
    #[default]
    Mariadb,
    /// The one that it descends from.
    Mysql,
}

/// VTiger's database, read only.
#[derive(Debug)]
pub(crate) struct DatabaseConnection {
    pub(crate) kind: DatabaseKind,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: SecretString,
    pub(crate) name: String,
}

/// `[notifications]`: who is told of what.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NotificationsSection {
    run_failed: Option<bool>,
    brake: Option<bool>,
    drift: Option<bool>,
    invalid_share: Option<bool>,
    email: Option<EmailSection>,
    webhook: Option<WebhookSection>,
    #[serde(default)]
    progress: ProgressTold,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct EmailSection {
    host: Option<String>,
    port: Option<u16>,
    #[serde(default)]
    security: EmailSecurity,
    user: Option<String>,
    password: Option<SecretString>,
    password_file: Option<PathBuf>,
    from: Option<String>,
    #[serde(default)]
    to: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookSection {
    url: Option<String>,
}

/// How a connection to a mail server is kept from others' eyes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EmailSecurity {
    /// Begins in plain text and turns to TLS (port 587).
    #[default]
    Starttls,
    /// TLS from the first byte (port 465).
    Tls,
    /// Plain text: for a mail server on the same machine.
    None,
}

/// Who is told of what.
#[derive(Debug)]
pub(crate) struct Notifications {
    /// A run ended in an error or ran out of time.
    pub(crate) run_failed: bool,
    /// A run stopped before too many deletes.
    pub(crate) brake: bool,
    /// A report looked unlike the company's earlier ones, and was held.
    pub(crate) drift: bool,
    /// A report has too many rows that cannot be read.
    pub(crate) invalid_share: bool,
    /// By e-mail.
    pub(crate) email: Option<Email>,
    /// By a request to this address.
    pub(crate) webhook: Option<String>,
    /// Who is told how tasks come along while they run.
    pub(crate) progress: ProgressTold,
}

/// Who is told how tasks come along while they run.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProgressTold {
    /// By a request to this address.
    pub(crate) url: Option<String>,
    /// People at Frappe's desk, by this whitelisted method of the site's.
    pub(crate) desk_method: Option<String>,
}

/// How e-mail is sent, and to whom.
#[derive(Debug)]
pub(crate) struct Email {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: EmailSecurity,
    /// Where the server asks who sends.
    pub(crate) login: Option<(String, SecretString)>,
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
}

/// `[retention]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RetentionSection {
    days: Option<u32>,
}

/// `[hints]`: the secrets that the two systems show when they say that a record changed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HintsSection {
    frappe_secret: Option<SecretString>,
    frappe_secret_file: Option<PathBuf>,
    vtiger_secret: Option<SecretString>,
    vtiger_secret_file: Option<PathBuf>,
}

/// The secrets of hints; where there is none, nobody is heard.
#[derive(Debug, Default)]
pub(crate) struct HintSecrets {
    frappe: Option<SecretString>,
    vtiger: Option<SecretString>,
}

impl HintSecrets {
    /// The one that was agreed on with this system.
    pub(crate) fn of(&self, system: System) -> Option<&SecretString> {
        match system {
            System::Frappe => self.frappe.as_ref(),
            System::Vtiger => self.vtiger.as_ref(),
        }
    }
}

/// `[tasks]`: what holds for what people ask for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TasksSection {
    minutes: Option<u32>,
    attempts: Option<u32>,
}

/// What people ask for may take two hours, and is begun three times, unless something else is said.
pub(crate) const TASK_LIMITS: TaskLimits = TaskLimits { time_limit: 2 * 60 * 60, attempts: 3 };

/// The most minutes that a task may be given: a week.
pub(crate) const MOST_MINUTES: u32 = 7 * 24 * 60;

/// How often a task may be begun, at most.
pub(crate) const MOST_ATTEMPTS: u32 = 10;

/// `[setup]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetupSection {
    #[serde(default)]
    finished: bool,
}

/// `[sandbox]`: the stand-ins that the service starts with itself, where it is to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SandboxConfig {
    /// The port of VTiger's stand-in.
    pub(crate) vtiger_port: u16,
    /// The port of Frappe's.
    pub(crate) frappe_port: u16,
    /// Which agency is invented.
    #[serde(default = "first_agency")]
    pub(crate) seed: u64,
    /// How many Sales Orders it has.
    #[serde(default = "small_agency")]
    pub(crate) orders: usize,
}

fn first_agency() -> u64 {
    1
}

fn small_agency() -> usize {
    360
}

/// What the service is to be like.
#[derive(Debug)]
pub(crate) struct ServiceConfig {
    /// The language of people who chose none.
    pub(crate) language: Language,
    /// Where people reach the pages: `https://sync.example.test`.
    pub(crate) public_url: Option<String>,
    /// VTiger's database.
    pub(crate) database: Option<DatabaseConnection>,
    /// Who is told of what.
    pub(crate) notifications: Notifications,
    /// After how many days old things go; never where it is not said.
    pub(crate) retention_days: Option<u32>,
    /// The secrets of hints.
    pub(crate) hints: HintSecrets,
    /// What holds for what people ask for.
    pub(crate) tasks: TaskLimits,
    /// Whether somebody finished the setup wizard.
    pub(crate) set_up: bool,
    /// The sandbox that the service runs.
    pub(crate) sandbox: Option<SandboxConfig>,
}

impl ServiceConfig {
    /// Whether people reach the pages by HTTPS.
    pub(crate) fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

impl Default for Notifications {
    fn default() -> Self {
        Self {
            run_failed: true,
            brake: true,
            drift: true,
            invalid_share: true,
            email: None,
            webhook: None,
            progress: ProgressTold::default(),
        }
    }
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            language: Language::En,
            public_url: None,
            database: None,
            notifications: Notifications::default(),
            retention_days: None,
            hints: HintSecrets::default(),
            tasks: TASK_LIMITS,
            set_up: false,
            sandbox: None,
        }
    }
}

/// The port that both kinds of server listen on unless they are told otherwise.
const DATABASE_PORT: u16 = 3306;

impl DatabaseSection {
    pub(super) fn resolve(self, beside: &Path) -> Result<DatabaseConnection, ConfigError> {
        let password = secret(self.password, self.password_file, beside)?;
        Ok(DatabaseConnection {
            kind: self.kind.unwrap_or_default(),
            host: said(self.host, "database.host")?,
            port: self.port.unwrap_or(DATABASE_PORT),
            user: said(self.user, "database.user")?,
            password: said(password, "database.password")?,
            name: said(self.name, "database.name")?,
        })
    }
}

impl DatabaseKind {
    /// What people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mariadb => "MariaDB",
            Self::Mysql => "MySQL",
        }
    }
}

impl DatabaseConnection {
    /// `mysql://user:password@host:port/name`; both kinds of server are reached so.
    pub(crate) fn url(&self) -> SecretString {
        let part = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let (user, password) = (part(&self.user), part(self.password.expose_secret()));
        // An address of IPv6 has colons of its own.
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!("mysql://{user}:{password}@{host}:{}/{}", self.port, part(&self.name)).into()
    }
}

impl NotificationsSection {
    pub(super) fn resolve(self, beside: &Path, lacks: Lacks) -> Result<Notifications, ConfigError> {
        let email = self.email.map(|email| email.resolve(beside)).transpose();
        let told = Notifications::default();
        Ok(Notifications {
            run_failed: self.run_failed.unwrap_or(told.run_failed),
            brake: self.brake.unwrap_or(told.brake),
            drift: self.drift.unwrap_or(told.drift),
            invalid_share: self.invalid_share.unwrap_or(told.invalid_share),
            email: lacks.forgive(email)?,
            webhook: self.webhook.and_then(|webhook| webhook.url),
            progress: self.progress,
        })
    }
}

impl EmailSection {
    fn resolve(self, beside: &Path) -> Result<Email, ConfigError> {
        let password = secret(self.password, self.password_file, beside)?;
        let login = match self.user {
            Some(user) => Some((user, said(password, "notifications.email.password")?)),
            None => None,
        };
        let to = Some(self.to).filter(|to| !to.is_empty());
        Ok(Email {
            host: said(self.host, "notifications.email.host")?,
            port: self.port.unwrap_or(match self.security {
                EmailSecurity::Starttls => 587,
                EmailSecurity::Tls => 465,
                EmailSecurity::None => 25,
            }),
            security: self.security,
            login,
            from: said(self.from, "notifications.email.from")?,
            to: said(to, "notifications.email.to")?,
        })
    }
}

impl HintsSection {
    pub(super) fn resolve(self, beside: &Path) -> Result<HintSecrets, ConfigError> {
        Ok(HintSecrets {
            frappe: secret(self.frappe_secret, self.frappe_secret_file, beside)?,
            vtiger: secret(self.vtiger_secret, self.vtiger_secret_file, beside)?,
        })
    }
}

impl TasksSection {
    /// What is out of bounds is brought within them: a file that says 0 minutes means none that could be kept.
    pub(super) fn limits(&self) -> TaskLimits {
        let minutes = self.minutes.map(|minutes| minutes.clamp(1, MOST_MINUTES) * 60);
        TaskLimits {
            time_limit: minutes.unwrap_or(TASK_LIMITS.time_limit),
            attempts: self.attempts.map_or(TASK_LIMITS.attempts, |number| number.clamp(1, MOST_ATTEMPTS)),
        }
    }
}

impl RetentionSection {
    pub(super) fn days(&self) -> Option<u32> {
        self.days
    }
}

impl SetupSection {
    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }
}

/// The variables of these keys, without their prefix.
pub(super) fn variables() -> impl Iterator<Item = String> {
    KEYS.into_iter().map(|(key, _)| variable(key))
}

fn variable(key: &str) -> String {
    key.replace('.', "_").to_uppercase()
}

/// Puts what the environment says in place of what the layers below say.
pub(super) fn overrule(whole: &mut Table, environment: &Environment) -> Result<(), ConfigError> {
    for (key, form) in KEYS {
        let name = variable(key);
        let value = match form {
            Form::Text => environment.parsed::<String>(&name, "text")?.map(Value::from),
            Form::Number => environment.parsed::<u32>(&name, "whole number")?.map(Value::from),
            Form::Switch => environment.parsed::<bool>(&name, "word of true and false")?.map(Value::from),
            Form::List => environment.parsed::<String>(&name, "list")?.map(|list| {
                let parts = list.split(',').map(str::trim).filter(|part| !part.is_empty());
                Value::from(parts.collect::<Vec<_>>())
            }),
        };
        if let Some(value) = value {
            put(whole, key, value);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_the_database_holds_any_password() {
        let section: DatabaseSection =
            toml::from_str("host = 'db.example.test'\nuser = 'sync'\npassword = 'a@b:c/d'\nname = 'vtiger'")
                .unwrap();
        let database = section.resolve(Path::new("")).unwrap();
        assert_eq!(database.url().expose_secret(), "mysql://sync:a%40b%3Ac%2Fd@db.example.test:3306/vtiger");
        assert!(!format!("{database:?}").contains("a@b"), "{database:?}");
    }

    #[test]
    fn variables_say_what_files_say() {
        let environment = Environment::of(&[
            ("COMPANY_SYNC_NOTIFICATIONS_EMAIL_TO", "ana@example.test, luis@example.test"),
            ("COMPANY_SYNC_NOTIFICATIONS_DRIFT", "false"),
            ("COMPANY_SYNC_DATABASE_PORT", "3307"),
        ]);
        let mut whole: Table = toml::from_str("[database]\nport = 1\nhost = 'h'").unwrap();
        overrule(&mut whole, &environment).unwrap();
        let expected = "[database]\nport = 3307\nhost = 'h'\n[notifications]\ndrift = false\n[notifications.email]\n\
                        to = ['ana@example.test', 'luis@example.test']";
        assert_eq!(whole, toml::from_str(expected).unwrap());
        let wrong = Environment::of(&[("COMPANY_SYNC_DATABASE_PORT", "many")]);
        assert_eq!(overrule(&mut whole, &wrong).unwrap_err().code(), "config.variable");
    }
}
