//! Settings as people change them: held against what each setting takes and what belongs together, all of it or nothing.

use std::collections::{BTreeMap, BTreeSet};

use cs_web::office::{SettingsChange, Slip};
use jiff::tz::TimeZone;
use secrecy::SecretString;
use toml::{Table, Value};

use super::catalogue::{Check, Form, GROUPS, Known};
use super::settings::{fixed_by, text, written};
use crate::config::document::{at, put, take};
use crate::config::{Config, ConfigError, Kept, Lacks, Layers};

/// What pages ask for: a value by key, or none to take the page's value back.
pub(crate) type Changes = BTreeMap<String, Option<String>>;

/// What a change comes to, before anything is kept.
pub(crate) struct Changed {
    /// What people set on pages, then.
    pub(crate) kept: Kept,
    /// The secrets that are new, or gone.
    pub(crate) secrets: BTreeMap<String, Option<SecretString>>,
    /// What all layers come to, then.
    pub(crate) config: Config,
    /// What was and what is, without secrets.
    pub(crate) told: SettingsChange,
    /// The secrets that are still to be typed.
    pub(crate) lacking: BTreeSet<String>,
}

/// The longest text that a setting takes.
const LONGEST: usize = 10_000;

/// Where a change comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AskedBy {
    /// A page, which sends back what it was shown.
    Page,
    /// A file of settings. It has no secrets: those that belong to what it sets are typed after it.
    File,
}

/// Works out what a change comes to, or names every setting that cannot be so.
pub(crate) fn worked_out(
    all: &[Known],
    layers: &Layers,
    kept: &Kept,
    changes: &Changes,
    asked_by: AskedBy,
) -> Result<Changed, Vec<Slip>> {
    let mut slips = Vec::new();
    let mut after = Draft { kept: kept.clone(), secrets: BTreeMap::new() };
    let (mut touched, mut lacking) = (Vec::new(), BTreeSet::new());
    for (key, value) in changes {
        let Some(known) = all.iter().find(|known| known.key == *key) else {
            slips.push(slip(key, "There is no such setting."));
            continue;
        };
        if asked_by == AskedBy::Page && is_as_it_was(known, layers, kept, value.as_deref()) {
            continue;
        }
        let place = fixed_by(known, layers);
        let fixed = place.map(|place| format!("{place} fixes it; change it there, or take it out."));
        let taken = match fixed {
            Some(fixed) => Err(fixed),
            None => after.set(known, value.as_deref().filter(|value| !value.trim().is_empty())),
        };
        slips.extend(taken.err().map(|message| slip(key, message)));
        touched.push(known);
    }
    if slips.is_empty() {
        slips = what_is_missing(all, layers, &after.kept, &touched);
        let later = |slip: &mut Slip| asked_by == AskedBy::File && is_secret(all, &slip.field);
        lacking.extend(slips.extract_if(.., later).map(|slip| slip.field));
        slips.extend(what_would_leave(layers, kept, &after));
    }
    if !slips.is_empty() {
        return Err(slips);
    }
    let told = told(&touched, layers, kept, &after.kept);
    let keys: BTreeSet<&str> = touched.iter().map(|known| known.key.as_str()).collect();
    let resolved = match resolved(layers, &after.kept, &keys) {
        Err(ConfigError::Missing { key, .. }) if asked_by == AskedBy::File && is_secret(all, key) => {
            layers.resolve(&after.kept, Lacks::Forgiven)
        }
        resolved => resolved,
    };
    match resolved {
        Ok(config) => Ok(Changed { kept: after.kept, secrets: after.secrets, config, told, lacking }),
        Err(error) => Err(vec![as_slip(&error, &touched)]),
    }
}

fn is_secret(all: &[Known], key: &str) -> bool {
    all.iter().any(|known| known.key == key && known.form.is_secret())
}

/// Puts what is said of settings into a document, in the form that configurations have. What is no value of its setting is
/// put as it is: whoever reads it tells what is wrong with it.
pub(crate) fn document_of(all: &[Known], said: &BTreeMap<String, String>) -> Table {
    let mut document = Table::new();
    for known in all {
        let Some(text) = said.get(&known.key) else { continue };
        match (&known.form, pairs(text)) {
            (Form::Pairs(leaf), Ok(entries)) => set_pairs(&mut document, &known.key, *leaf, entries),
            (form, _) => {
                let value = understood(form, text).unwrap_or_else(|_| Value::from(text.as_str()));
                put(&mut document, &known.key, value);
            }
        }
    }
    document
}

/// A value as pages write it, whatever way somebody wrote it. What is no value of its setting stays.
pub(crate) fn as_pages_write(form: &Form, text: &str) -> String {
    let normal = |text: &str| match (form, pairs(text)) {
        (Form::Pairs(_), Ok(mut entries)) => {
            entries.sort();
            entries.iter().map(|(key, name)| format!("{key} = {name}")).collect::<Vec<_>>().join("\n")
        }
        (Form::Pairs(_), Err(_)) => text.to_owned(),
        (form, _) => understood(form, text).map_or_else(|_| text.to_owned(), |value| written(&value, form)),
    };
    if text.trim().is_empty() { String::new() } else { normal(text) }
}

/// What people set on pages, while it changes.
struct Draft {
    kept: Kept,
    secrets: BTreeMap<String, Option<SecretString>>,
}

impl Draft {
    fn set(&mut self, known: &Known, value: Option<&str>) -> Result<(), String> {
        let key = &known.key;
        match (&known.form, value) {
            (form @ (Form::Secret | Form::SecretUrl), value) => {
                let value = value.map(str::trim);
                if let (Form::SecretUrl, Some(address)) = (form, value) {
                    checked(Check::Url, address)?;
                }
                let secret: Option<SecretString> = value.map(Into::into);
                // Where it stood in the open.
                take(&mut self.kept.document, key);
                match &secret {
                    Some(secret) => drop(self.kept.secrets.insert(key.clone(), secret.clone())),
                    None => drop(self.kept.secrets.remove(key)),
                }
                self.secrets.insert(key.clone(), secret);
            }
            (Form::Pairs(leaf), value) => {
                set_pairs(&mut self.kept.document, key, *leaf, pairs(value.unwrap_or_default())?);
            }
            (form, Some(value)) => put(&mut self.kept.document, key, understood(form, value)?),
            (_, None) => take(&mut self.kept.document, key),
        }
        Ok(())
    }
}

/// What all layers come to. What is described in part is refused where the change is about it.
fn resolved(layers: &Layers, kept: &Kept, touched: &BTreeSet<&str>) -> Result<Config, ConfigError> {
    match layers.resolve(kept, Lacks::Refused) {
        Err(ConfigError::Missing { key, variable }) => {
            let section = key.rsplit_once('.').map_or(key, |(section, _)| section);
            if touched.iter().any(|touched| touched.starts_with(section)) {
                Err(ConfigError::Missing { key, variable })
            } else {
                layers.resolve(kept, Lacks::Forgiven)
            }
        }
        resolved => resolved,
    }
}

fn as_slip(error: &ConfigError, touched: &[&Known]) -> Slip {
    let named = match error {
        ConfigError::Missing { key: "reconciliation.view.url", .. } => {
            return slip("database.host", "The view is read in VTiger's database: say where that is.");
        }
        ConfigError::Missing { key, .. }
        | ConfigError::Credentials { key }
        | ConfigError::Zone { key, .. } => Some((*key).to_owned()),
        _ => None,
    };
    let field = named.or_else(|| touched.first().map(|known| known.key.clone())).unwrap_or_default();
    Slip { field, message: format!("{error}. {}", error.remedy()) }
}

fn slip(field: &str, message: impl Into<String>) -> Slip {
    Slip { field: field.to_owned(), message: message.into() }
}

/// Whether a page sends back what it was shown. A secret is never shown, so an empty one is none to keep, and none to forget.
fn is_as_it_was(known: &Known, layers: &Layers, kept: &Kept, value: Option<&str>) -> bool {
    match (&known.form, value) {
        (form, Some(value)) if form.is_secret() => value.trim().is_empty(),
        (form, None) if form.is_secret() => {
            !kept.secrets.contains_key(&known.key) && at(&kept.document, &known.key).is_none()
        }
        (_, Some(value)) if !value.trim().is_empty() => {
            let said = text(known, layers, &kept.document);
            let shown = said.or_else(|| known.default.clone()).unwrap_or_default();
            lines(value) == lines(&shown)
        }
        (Form::Pairs(_), _) => text(known, layers, &kept.document).is_none(),
        (_, _) => at(&kept.document, &known.key).is_none(),
    }
}

/// Browsers end lines in their own way.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

/// A value as configurations hold it, or why it cannot be one.
fn understood(form: &Form, text: &str) -> Result<Value, String> {
    let text = lines(text);
    if text.len() > LONGEST {
        return Err(format!("It is longer than {LONGEST} characters."));
    }
    match form {
        Form::Text(check) => checked(*check, &text).map(Value::from),
        Form::Number(least, most) => match text.parse::<u32>() {
            Ok(number) if (*least..=*most).contains(&number) => Ok(Value::from(number)),
            _ => Err(format!("Write a whole number from {least} to {most}.")),
        },
        Form::Switch => match text.as_str() {
            "true" | "on" | "yes" | "1" => Ok(Value::from(true)),
            "false" | "off" | "no" | "0" => Ok(Value::from(false)),
            _ => Err("Say on or off.".to_owned()),
        },
        Form::Choice(choices) => match choices.iter().find(|choice| **choice == text) {
            Some(choice) => Ok(Value::from(*choice)),
            None => Err(format!("Choose one of: {}.", choices.join(", "))),
        },
        Form::List(check) => {
            let entries = text.lines().map(str::trim).filter(|line| !line.is_empty());
            entries
                .map(|line| checked(*check, line).map(Value::from))
                .collect::<Result<Vec<_>, _>>()
                .map(Value::from)
        }
        Form::Secret | Form::SecretUrl | Form::Pairs(_) => Ok(Value::from(text)),
    }
}

fn checked(check: Check, text: &str) -> Result<String, String> {
    if text.chars().any(char::is_control) {
        return Err("Write it in one line.".to_owned());
    }
    let wrong = match check {
        Check::Line => None,
        Check::Url => wrong_address(text),
        Check::Zone => TimeZone::get(text)
            .is_err()
            .then_some("There is no such time zone. Write it like America/New_York."),
        Check::Host => {
            let stands =
                |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']' | '/');
            (!text.chars().all(stands)).then_some("Write a machine's name or address, like db.example.test.")
        }
        Check::Mail => {
            let address = text.rsplit_once('<').map_or(text, |(_, rest)| rest.trim_end_matches('>'));
            let whole = address.split_once('@').is_some_and(|(name, host)| {
                !name.is_empty() && host.contains('.') && !host.contains('@') && !address.contains(' ')
            });
            (!whole).then_some("Write an e-mail address, like ana@example.test.")
        }
    };
    wrong.map_or_else(|| Ok(text.to_owned()), |wrong| Err(wrong.to_owned()))
}

fn wrong_address(text: &str) -> Option<&'static str> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Some("Write a whole address, like https://crm.example.test.");
    };
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    if !matches!(scheme, "http" | "https") || authority.is_empty() || text.contains(' ') {
        Some("Write a whole address, like https://crm.example.test.")
    } else if authority.contains('@') {
        Some("Write the address alone; user, key and secret have fields of their own.")
    } else {
        None
    }
}

/// `BS = BROKER SUR`, line by line.
fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut entries: Vec<(String, String)> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let Some((key, name)) = line.split_once('=').map(|(key, name)| (key.trim(), name.trim())) else {
            return Err(format!("\u{201c}{line}\u{201d} is no line of the form CODE = Name."));
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if key.is_empty() || key.len() > 40 || !key.chars().all(plain) {
            return Err(format!("\u{201c}{key}\u{201d} is no code: use letters, digits and hyphens."));
        }
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(format!("{key} has no name."));
        }
        if entries.iter().any(|(known, _)| known.eq_ignore_ascii_case(key)) {
            return Err(format!("{key} stands twice."));
        }
        entries.push((key.to_owned(), name.to_owned()));
    }
    Ok(entries)
}

/// Replaces the entries below a key; what else stands in their sections stays.
fn set_pairs(document: &mut Table, key: &str, leaf: Option<&str>, entries: Vec<(String, String)>) {
    let below = |entry: &str| match leaf {
        Some(leaf) => format!("{key}.{entry}.{leaf}"),
        None => format!("{key}.{entry}"),
    };
    let before: Vec<String> = at(document, key)
        .and_then(Value::as_table)
        .map(|table| table.keys().cloned().collect())
        .unwrap_or_default();
    for entry in before {
        take(document, &below(&entry));
    }
    for (entry, name) in entries {
        put(document, &below(&entry), Value::from(name));
    }
}

/// A slip for every setting that must be there beside those that were changed, and is not.
fn what_is_missing(all: &[Known], layers: &Layers, after: &Kept, touched: &[&Known]) -> Vec<Slip> {
    let is_said = |key: &str| {
        let said = layers.value(&after.document, key);
        said.is_some() || after.secrets.contains_key(key) || layers.fixed_by(key).is_some()
    };
    let mut slips = Vec::new();
    for (start, needed) in GROUPS {
        if !touched.iter().any(|known| known.key.starts_with(start)) {
            continue;
        }
        // All of a group taken away is a system taken away.
        let left = all.iter().any(|known| known.key.starts_with(start) && is_said(&known.key));
        let lacking = needed.iter().filter(|key| left && !is_said(key));
        slips.extend(lacking.map(|key| slip(key, "It is needed.")));
    }
    let (user, password) = ("notifications.email.user", "notifications.email.password");
    if touched.iter().any(|known| known.key.starts_with("notifications.email."))
        && is_said(user)
        && !is_said(password)
    {
        slips.push(slip(password, "It is needed."));
    }
    slips
}

/// Where a secret is sent.
const ADDRESSES: [(&str, &str); 4] = [
    ("vtiger.url", "vtiger.access_key"),
    ("frappe.url", "frappe.api_secret"),
    ("database.host", "database.password"),
    ("notifications.email.host", "notifications.email.password"),
];

/// A slip for every secret that would be sent to another address than it was typed for: who may change an address need not
/// know the secret, and shall not learn it so.
fn what_would_leave(layers: &Layers, before: &Kept, after: &Draft) -> Vec<Slip> {
    let moved = |(address, secret): &(&str, &str)| {
        let was = layers.value(&before.document, address);
        let is = layers.value(&after.kept.document, address);
        let stays = before.secrets.contains_key(*secret) && !after.secrets.contains_key(*secret);
        stays && is.is_some() && was != is
    };
    let moved = ADDRESSES.into_iter().filter(moved);
    moved.map(|(_, secret)| slip(secret, "Type it again: it would be sent to another address.")).collect()
}

/// What was and what is, as the audit log keeps it.
fn told(touched: &[&Known], layers: &Layers, before: &Kept, after: &Kept) -> SettingsChange {
    let is_set = |known: &Known, kept: &Kept| {
        kept.secrets.contains_key(&known.key) || at(&kept.document, &known.key).is_some()
    };
    let says = |known: &Known, kept: &Kept| match known.form.is_secret() {
        true if is_set(known, kept) => "(set)".to_owned(),
        true => String::new(),
        false => text(known, layers, &kept.document).unwrap_or_default(),
    };
    let mut told = SettingsChange::default();
    for known in touched {
        told.before.insert(known.key.clone(), says(known, before));
        let replaced = known.form.is_secret() && is_set(known, before) && is_set(known, after);
        let now = if replaced { "(replaced)".to_owned() } else { says(known, after) };
        told.after.insert(known.key.clone(), now);
    }
    told
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::config::{Environment, Flags};
    use crate::mappings::Editions;
    use crate::office::catalogue;

    /// An installation with this file and these variables.
    struct Ground {
        layers: Layers,
        folder: tempfile::TempDir,
    }

    impl Ground {
        fn new(file: &str, variables: &[(&str, &str)]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("company-sync.toml");
            std::fs::write(&path, file).unwrap();
            let flags = Flags { file: Some(path), ..Flags::default() };
            Self { layers: Layers::read(&flags, &Environment::of(variables)).unwrap(), folder }
        }

        fn change(&self, kept: &Kept, changes: &[(&str, Option<&str>)]) -> Result<Changed, Vec<Slip>> {
            let config = self.layers.resolve(kept, Lacks::Forgiven).unwrap();
            let changes = changes.iter().map(|(key, value)| ((*key).to_owned(), value.map(str::to_owned)));
            worked_out(
                &catalogue::all(&Editions::of_files(&config)),
                &self.layers,
                kept,
                &changes.collect(),
                AskedBy::Page,
            )
        }

        fn slips(&self, kept: &Kept, changes: &[(&str, Option<&str>)]) -> Vec<String> {
            let slips = self.change(kept, changes).err().unwrap_or_default();
            slips.into_iter().map(|slip| slip.field).collect()
        }
    }

    const VTIGER: [(&str, Option<&str>); 3] = [
        ("vtiger.url", Some("https://crm.example.test")),
        ("vtiger.user", Some("sync")),
        ("vtiger.access_key", Some("whispered")),
    ];

    #[test]
    fn a_whole_system_is_taken_and_its_secret_is_in_nothing_that_is_told() {
        let ground = Ground::new("", &[]);
        let changed = ground.change(&Kept::default(), &VTIGER).ok().unwrap();
        let vtiger = changed.config.vtiger.as_ref().unwrap();
        assert_eq!((vtiger.user.as_str(), vtiger.access_key.expose_secret()), ("sync", "whispered"));
        assert!(!changed.kept.document.to_string().contains("whispered"));
        assert_eq!(changed.told.after["vtiger.access_key"], "(set)");
        assert_eq!(changed.told.before["vtiger.url"], "");
        // An empty secret is none to keep: pages never show the one there is.
        let again = [("vtiger.user", Some("other")), ("vtiger.access_key", Some(""))];
        let again = ground.change(&changed.kept, &again).ok().unwrap();
        assert_eq!(again.told.after.keys().collect::<Vec<_>>(), ["vtiger.user"]);
        assert_eq!(again.config.vtiger.unwrap().access_key.expose_secret(), "whispered");
        // Who moves the address types the secret again, or none leaves.
        let moved = [("vtiger.url", Some("https://other.example.test"))];
        assert_eq!(ground.slips(&changed.kept, &moved), ["vtiger.access_key"]);
        assert!(ground.change(&changed.kept, &[moved[0], ("vtiger.access_key", Some("again"))]).is_ok());
        let gone = [("vtiger.url", None), ("vtiger.user", None), ("vtiger.access_key", None)];
        let gone = ground.change(&changed.kept, &gone).ok().unwrap();
        assert!(gone.config.vtiger.is_none() && gone.kept.document.is_empty(), "{}", gone.kept.document);
        assert!(gone.secrets["vtiger.access_key"].is_none());
    }

    #[test]
    fn every_slip_is_named_and_nothing_is_taken() {
        let ground = Ground::new("", &[]);
        let wrong = [
            ("vtiger.url", Some("https://sync:hush@crm.example.test")),
            ("vtiger.requests_per_minute", Some("many")),
            ("frappe.url", Some("erp.example.test")),
            ("time_zone", Some("Bogota")),
            ("language", Some("fr")),
            ("notifications.email.to", Some("ana@example.test\nnobody")),
            ("reconciliation.brokers", Some("BS BROKER SUR")),
            ("retention.days", Some("0")),
            ("vtiger.urll", Some("x")),
        ];
        let mut slips = ground.slips(&Kept::default(), &wrong);
        slips.sort();
        let mut expected: Vec<&str> = wrong.iter().map(|(key, _)| *key).collect();
        expected.sort_unstable();
        assert_eq!(slips, expected);
        let errors = ground.change(&Kept::default(), &wrong).err().unwrap();
        assert!(!format!("{errors:?}").contains("hush"));
        assert_eq!(ground.slips(&Kept::default(), &VTIGER[..2]), ["vtiger.access_key"]);
        let optional = [("vtiger.concurrency", Some("2"))];
        assert_eq!(ground.slips(&Kept::default(), &optional).len(), 3, "a number alone is no system");
        let view = [("reconciliation.view.name", Some("orders"))];
        assert_eq!(ground.slips(&Kept::default(), &view), ["database.host"]);
    }

    #[test]
    fn what_a_file_or_a_variable_says_is_not_the_pages_to_change() {
        let file =
            "[vtiger]\nurl = 'https://crm.example.test'\naccess_key_file = 'key'\n[frappe]\nsite = 'one'";
        let ground = Ground::new(file, &[("COMPANY_SYNC_FRAPPE_API_SECRET_FILE", "key")]);
        std::fs::write(ground.folder.path().join("key"), "from the file").unwrap();
        let fixed = [
            ("vtiger.url", Some("https://other.example.test")),
            ("vtiger.access_key", Some("typed")),
            ("frappe.api_secret", Some("typed")),
        ];
        assert_eq!(
            ground.slips(&Kept::default(), &fixed),
            ["frappe.api_secret", "vtiger.access_key", "vtiger.url"]
        );
        let errors = ground.change(&Kept::default(), &fixed).err().unwrap();
        assert!(errors[0].message.contains("COMPANY_SYNC_FRAPPE_API_SECRET_FILE"), "{errors:?}");
        assert!(errors[2].message.contains("company-sync.toml"), "{errors:?}");
        // Sent back as it was shown, it is no change; and pages complete what a file begins.
        let rest = [("vtiger.url", Some("https://crm.example.test")), ("vtiger.user", Some("sync"))];
        let changed = ground.change(&Kept::default(), &rest).ok().unwrap();
        assert_eq!(changed.told.after.keys().collect::<Vec<_>>(), ["vtiger.user"]);
        assert_eq!(changed.config.vtiger.unwrap().access_key.expose_secret(), "from the file");
        // What is half said elsewhere does not stand in the way.
        assert!(ground.change(&Kept::default(), &[("time_zone", Some("America/Bogota"))]).is_ok());
    }

    #[test]
    fn brokers_of_variables_are_shown_and_fixed() {
        let file = "[reconciliation.brokers]\nBS = 'BROKER SUR'\n";
        let ground = Ground::new(file, &[("COMPANY_SYNC_RECONCILIATION_BROKERS_ADC", "BROKER ALTO")]);
        let config = ground.layers.resolve(&Kept::default(), Lacks::Forgiven).unwrap();
        let tabs = crate::office::settings::tabs(
            &catalogue::all(&Editions::of_files(&config)),
            &ground.layers,
            &Kept::default(),
        );
        let brokers =
            tabs.iter().flat_map(|tab| &tab.settings).find(|one| one.key == "reconciliation.brokers");
        let brokers = brokers.unwrap();
        assert_eq!(brokers.value, "ADC = BROKER ALTO\nBS = BROKER SUR");
        assert_eq!(brokers.fixed_by.as_deref(), Some("COMPANY_SYNC_RECONCILIATION_BROKERS_ADC"));
    }

    #[test]
    fn lists_and_names_are_lines() {
        let ground = Ground::new("[companies.oscar]\nname = 'Oscar'\n", &[]);
        let changes = [
            ("reconciliation.brokers", Some("BS = BROKER SUR\r\nADC=BROKER ALTO\r\n")),
            ("reconciliation.rules.reviews", Some("Paid\r\nAsk again")),
            ("companies", Some("norte = Seguros del Norte")),
            ("notifications.drift", Some("false")),
            ("mapping.policy.settings.company", Some("Agencia Prueba")),
        ];
        let changed = ground.change(&Kept::default(), &changes).ok().unwrap();
        let config = &changed.config;
        assert_eq!(config.reconciliation.rules.brokers["ADC"], "BROKER ALTO");
        assert_eq!(config.reconciliation.rules.reviews, ["Paid", "Ask again"]);
        assert_eq!(config.companies["norte"].settings["name"], "Seguros del Norte");
        assert!(!config.service.notifications.drift && config.service.notifications.brake);
        assert_eq!(config.mappings["policy"].settings["company"], "Agencia Prueba");
        assert_eq!(changed.told.after["reconciliation.brokers"], "ADC = BROKER ALTO\nBS = BROKER SUR");
        let fewer = [("reconciliation.brokers", Some("BS = BROKER SUR")), ("companies", Some(""))];
        let fewer = ground.change(&changed.kept, &fewer).ok().unwrap();
        assert_eq!(fewer.config.reconciliation.rules.brokers.len(), 1);
        assert!(!fewer.config.companies.contains_key("norte"), "{:?}", fewer.config.companies);
    }
}
