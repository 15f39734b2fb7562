//! The companies an installation knows: the shipped ones, those of its folder, and those its configuration gives a file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cs_companies::company::{Company, Problem, shipped_files};
use secrecy::ExposeSecret;

use crate::config::Config;
use crate::failure::CommandError;
use crate::reconciliation_error::ReconciliationError;
use crate::render::aside;

/// A definition and where it comes from.
pub(crate) struct Known {
    /// The definition.
    pub(crate) company: Company,
    /// Its file; the shipped ones have a name only.
    pub(crate) file: String,
    /// Its text.
    pub(crate) text: String,
    /// Where it comes from.
    pub(crate) origin: Origin,
}

/// Where a definition comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It came with the program.
    Shipped,
    /// It was imported, and the store keeps it.
    Kept,
    /// A file of one's own.
    File,
}

/// Every company, by key; one that the program was built with takes the place of a shipped one of the same key, one that was
/// imported that of either, and a file of one's own that of all.
pub(crate) fn all(config: &Config) -> Result<BTreeMap<String, Known>, CommandError> {
    let mut known = BTreeMap::new();
    for (file, text) in shipped_files() {
        add(&mut known, file.to_owned(), text.to_owned(), Origin::Shipped)?;
    }
    for (file, text) in &config.extensions.companies {
        add(&mut known, file.clone(), text.clone(), Origin::Shipped)?;
    }
    for (key, said) in &config.companies {
        let Some(text) = &said.definition else { continue };
        add(&mut known, format!("{key}.toml (imported)"), text.clone(), Origin::Kept)?;
    }
    let named = config.companies.values().filter_map(|said| said.file.clone());
    for path in folder(config)?.into_iter().chain(named) {
        let text = read(&path)?;
        add(&mut known, path.display().to_string(), text, Origin::File)?;
    }
    Ok(known)
}

fn add(
    known: &mut BTreeMap<String, Known>,
    file: String,
    text: String,
    origin: Origin,
) -> Result<(), CommandError> {
    let company = parsed(&file, &text)?;
    known.insert(company.key.clone(), Known { company, file, text, origin });
    Ok(())
}

/// The definitions of the folder that the configuration names, in the order of their names.
fn folder(config: &Config) -> Result<Vec<PathBuf>, CommandError> {
    let Some(folder) = &config.reconciliation.companies else { return Ok(Vec::new()) };
    let failed = |source| CommandError::File { doing: "read", file: folder.display().to_string(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads a definition's text.
pub(crate) fn read(path: &Path) -> Result<String, CommandError> {
    fs::read_to_string(path).map_err(|source| CommandError::File {
        doing: "read",
        file: path.display().to_string(),
        source,
    })
}

/// A definition found to be right; where it is not, what is wrong with it is printed.
fn parsed(file: &str, text: &str) -> Result<Company, CommandError> {
    Company::from_toml(file, text).map_err(|problems| {
        tell(&problems);
        ReconciliationError::Definition { file: file.to_owned() }.into()
    })
}

/// Prints what is wrong with a definition.
pub(crate) fn tell(problems: &[Problem]) {
    for problem in problems {
        aside(&problem.to_string());
    }
}

/// One company. A key without a definition that the configuration gives a name is read as "any other company".
pub(crate) fn find(config: &Config, key: &str) -> Result<Known, CommandError> {
    let mut known = all(config)?;
    if let Some(found) = known.remove(key) {
        return Ok(found);
    }
    let said = config.companies.get(key).and_then(|said| said.settings.get("name"));
    if let (Some(name), Some(generic)) = (said, known.remove("generic")) {
        return Ok(Known { company: generic.company.named(key, name), ..generic });
    }
    let known = known.into_keys().collect();
    Err(ReconciliationError::NoCompany { key: key.to_owned(), known }.into())
}

/// The settings that definitions may look at, by the names they use (`companies.ambetter.payable_agent`). Passwords are not
/// among them.
pub(crate) fn settings(config: &Config) -> BTreeMap<String, String> {
    let all = config.companies.iter().flat_map(|(key, said)| {
        said.settings.iter().map(move |(name, value)| (format!("companies.{key}.{name}"), value.clone()))
    });
    all.collect()
}

/// Under whose name the configuration keeps the password that a company's definition names.
pub(crate) fn password_key(company: &Company) -> Option<String> {
    let setting = company.password_setting.as_deref()?;
    let (key, name) = setting.strip_prefix("companies.")?.rsplit_once('.')?;
    (name == "password").then(|| key.to_owned())
}

/// That password.
pub(crate) fn password<'c>(config: &'c Config, company: &Company) -> Option<&'c str> {
    let said = config.companies.get(&password_key(company)?)?;
    said.password.as_ref().map(ExposeSecret::expose_secret)
}
