//! `mapping list|export|import|diff|publish|versions|rollback`: mappings as files, for version control and other
//! installations.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use cs_domain::mapping::compare::{Difference, compare};
use cs_domain::mapping::{OwnTransforms, sketch_with};
use cs_domain::{Mapping, MappingName};
use cs_engine::RetireError;
use cs_ports::{
    AuditEntry, Clock as _, MappingDraft, MappingStore as _, MappingVersion, PeopleStore as _,
    PublishedMapping, RetiredMapping,
};
use cs_store::SqliteStore;
use serde_json::{Value, json};

use super::configuration;
use crate::cli::Global;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::failure::{CommandError, Outcome};
use crate::mappings::{self, Editions, Source, shipped_source};
use crate::render::line;
use crate::user;
use crate::wiring::{Home, existing_store, open_store, store_if_there};

/// Why a mapping's text cannot be given or kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogueError {
    /// There is no such text.
    #[error("the mapping {mapping} has no {what}")]
    NoText {
        /// Of which mapping.
        mapping: String,
        /// What was asked for: `version 3`, `draft`.
        what: String,
    },
    /// It is another mapping's.
    #[error("the text says that it is the mapping {found}, not {mapping}")]
    OtherName {
        /// What it was to be.
        mapping: MappingName,
        /// What it says.
        found: MappingName,
    },
    /// A file of the configuration fixes the mapping.
    #[error("the configuration takes the mapping {mapping} from {}", file.display())]
    Fixed {
        /// Which mapping.
        mapping: MappingName,
        /// Which file.
        file: PathBuf,
    },
    /// It was retired.
    #[error("the mapping {} was retired by {} at {:.0}", retired.mapping, retired.who, retired.at)]
    Retired {
        /// Which, by whom and when.
        retired: RetiredMapping,
    },
    /// It cannot be retired or resumed.
    #[error(transparent)]
    Retirement(#[from] RetireError),
    /// There is a file already where a text is to go.
    #[error("{file} is there already")]
    There {
        /// Which.
        file: String,
    },
    /// Somebody else was quicker.
    #[error("somebody else changed or published the mapping {mapping} at the same time")]
    Moved {
        /// Which mapping.
        mapping: MappingName,
    },
}

impl CatalogueError {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoText { .. } => "mapping.no_text",
            Self::OtherName { .. } => "mapping.other_name",
            Self::Fixed { .. } => "mapping.fixed",
            Self::Retired { .. } => "mapping.retired",
            Self::Retirement(error) => error.code(),
            Self::There { .. } => "mapping.file_there",
            Self::Moved { .. } => "mapping.moved",
        }
    }

    /// What to do.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::NoText { .. } => {
                "Look at `company-sync mapping list` and `mapping versions NAME` for what there is."
            }
            Self::OtherName { .. } => "Correct the name in the text.",
            Self::Fixed { .. } => "Change that file, or take it out of the configuration.",
            Self::Retired { .. } => "Let it run again first: `company-sync mapping resume NAME`.",
            Self::Retirement(error) => error.remedy(),
            Self::There { .. } => "Name another file, or write over it with --force.",
            Self::Moved { .. } => "Look at it as it is now, and try again.",
        }
    }
}

/// Names every mapping, which text of it runs, and whether there is a draft.
pub(super) async fn list(global: &Global) -> Result<Outcome, CommandError> {
    let config = configuration(global).await?;
    let (editions, drafts) = match store_if_there(&config.data_dir).await? {
        Some(store) => {
            let editions = Editions::read(&config, &store).await?;
            let drafts = store.mapping_drafts().await?;
            store.close().await;
            (editions, drafts)
        }
        None => (Editions::of_files(&config), Vec::new()),
    };
    let mut names = editions.known();
    for draft in &drafts {
        if !names.iter().any(|name| name == draft.mapping.as_str()) {
            names.push(draft.mapping.as_str().to_owned());
        }
    }
    for name in names {
        let draft = drafts.iter().find(|draft| draft.mapping.as_str() == name);
        let runs = editions.source(&name).ok().map(|source| source.edition);
        if global.json {
            let draft = draft.map(|draft| json!({ "who": draft.who, "at": draft.at }));
            let retired = editions.retired(&name);
            line(&json!({ "mapping": name, "runs": runs, "draft": draft, "retired": retired }).to_string())?;
        } else {
            let runs = runs.map_or_else(|| "not published".to_owned(), |edition| edition.to_string());
            let draft = draft.map(|draft| format!("  draft by {}", draft.who)).unwrap_or_default();
            let retired = editions.retired(&name);
            let retired = retired.map(|one| format!("  retired by {}", one.who)).unwrap_or_default();
            line(&format!("{name}  {runs}{retired}{draft}"))?;
        }
    }
    Ok(Outcome::Done)
}

/// Prints or writes a mapping's text: what runs, a version, or the draft.
pub(super) async fn export(
    global: &Global,
    name: &str,
    version: Option<i64>,
    draft: bool,
    to: Option<Target<'_>>,
) -> Result<Outcome, CommandError> {
    let config = configuration(global).await?;
    let text = if version.is_none() && !draft {
        Editions::at_home(&config).await?.source(name)?.text
    } else {
        let nothing = || CatalogueError::NoText { mapping: name.to_owned(), what: asked_for(version) };
        let store = store_if_there(&config.data_dir).await?.ok_or_else(nothing)?;
        let text = kept(&store, name, version).await;
        store.close().await;
        text?
    };
    match to {
        None => line(text.trim_end())?,
        Some(target) => target.write(&text)?,
    }
    Ok(Outcome::Done)
}

/// A file that a text is written to.
pub(super) struct Target<'t> {
    pub(super) file: &'t Path,
    /// Whether it may take the place of what is there.
    pub(super) replace: bool,
}

impl Target<'_> {
    fn write(&self, text: &str) -> Result<(), CommandError> {
        let mut how = OpenOptions::new();
        how.write(true).truncate(true).create(true).create_new(!self.replace);
        let written = how.open(self.file).and_then(|mut out| out.write_all(text.as_bytes()));
        let file = self.file.display().to_string();
        written.map_err(|source| match source.kind() {
            ErrorKind::AlreadyExists => CatalogueError::There { file }.into(),
            _ => CommandError::File { doing: "write", file, source },
        })
    }
}

/// What is looked for in a store: a version, or (`None`) the draft.
fn asked_for(version: Option<i64>) -> String {
    version.map_or_else(|| "draft".to_owned(), |number| format!("version {number}"))
}

/// A version's text, or (`None`) the draft's.
async fn kept(store: &SqliteStore, name: &str, version: Option<i64>) -> Result<String, CommandError> {
    let mapping = MappingName::new(name);
    let text = match version {
        Some(number) => store.mapping_version(&mapping, number).await?.map(|published| published.text),
        None => store.mapping_draft(&mapping).await?.map(|draft| draft.text),
    };
    let nothing = || CatalogueError::NoText { mapping: name.to_owned(), what: asked_for(version) };
    Ok(text.ok_or_else(nothing)?)
}

/// Takes a file as a mapping's draft, in place of the one there is, or publishes it at once.
pub(super) async fn import(
    global: &Global,
    file: &Path,
    note: Option<&str>,
) -> Result<Outcome, CommandError> {
    let config = configuration(global).await?;
    let text = mappings::read(file)?;
    let called = file.display().to_string();
    let name = mappings::parsed(&global.extensions.transforms, &called, &text)?.mapping.name;
    let store = open_store(&config.data_dir).await?;
    expect_free(&config, &store, &name).await?;
    if let Some(note) = note {
        let number = publish_text(&store, &name, text, note, None, "mapping.publish").await?;
        line(&format!("{name}: version {number} is published."))?;
    } else {
        let revision = store.mapping_draft(&name).await?.map_or(0, |draft| draft.revision);
        let base = store.mapping_versions(&name).await?.first().map(|version| version.number);
        let draft = MappingDraft {
            mapping: name.clone(),
            revision,
            text,
            rejected: Vec::new(),
            base,
            who: who(),
            at: SystemClock.now(),
        };
        let put = store.put_mapping_draft(&draft).await?;
        put.ok_or_else(|| CatalogueError::Moved { mapping: name.clone() })?;
        note_down(&store, "mapping.draft", &name, json!({ "file": called })).await?;
        line(&format!(
            "{name}: the draft is {called}. Publish it with `mapping publish {name} --note ...`."
        ))?;
    }
    store.close().await;
    Ok(Outcome::Done)
}

/// Publishes the draft.
pub(super) async fn publish(global: &Global, name: &str, note: &str) -> Result<Outcome, CommandError> {
    let config = configuration(global).await?;
    let store = existing_store(&config.data_dir).await?;
    let mapping = MappingName::new(name);
    expect_free(&config, &store, &mapping).await?;
    let no_draft = || CatalogueError::NoText { mapping: name.to_owned(), what: "draft".to_owned() };
    let draft = store.mapping_draft(&mapping).await?.ok_or_else(no_draft)?;
    let own = &global.extensions.transforms;
    expect_name(own, &mapping, &draft.text)?;
    let seen = Some(draft.revision);
    let number = publish_text(&store, &mapping, draft.text, note, seen, "mapping.publish").await?;
    line(&format!("{name}: version {number} is published."))?;
    store.close().await;
    Ok(Outcome::Done)
}

/// Publishes an old text as a new version.
pub(super) async fn roll_back(
    global: &Global,
    name: &str,
    to: Option<i64>,
    note: Option<&str>,
) -> Result<Outcome, CommandError> {
    let config = configuration(global).await?;
    let store = open_store(&config.data_dir).await?;
    let mapping = MappingName::new(name);
    expect_free(&config, &store, &mapping).await?;
    let (text, what) = if let Some(number) = to {
        (kept(&store, name, Some(number)).await?, format!("version {number}"))
    } else {
        let none = || CatalogueError::NoText { mapping: name.to_owned(), what: "shipped text".to_owned() };
        (shipped_source(name).ok_or_else(none)?.text, "the text that came with the program".to_owned())
    };
    expect_name(&global.extensions.transforms, &mapping, &text)?;
    let said = note.map_or_else(|| format!("Back to {what}"), str::to_owned);
    let number = publish_text(&store, &mapping, text, &said, None, "mapping.rollback").await?;
    line(&format!("{name}: version {number} is published, with the text of {what}."))?;
    store.close().await;
    Ok(Outcome::Done)
}

/// Keeps a mapping from running.
pub(super) async fn retire(global: &Global, name: &str) -> Result<Outcome, CommandError> {
    let config = configuration(global).await?;
    let home = Home::enter(&config.data_dir).await?;
    let editions = Editions::read(&config, home.store.as_ref()).await?;
    // Of a name that is none, that is told.
    editions.source(name)?;
    let mapping = MappingName::new(name);
    let retired = RetiredMapping { mapping: mapping.clone(), who: who(), at: SystemClock.now() };
    let store = home.store.as_ref();
    cs_engine::retire(store, &retired, home.holder.name()).await.map_err(CatalogueError::from)?;
    note_down(store, "mapping.retire", &mapping, Value::Null).await?;
    line(&format!("{name} is retired: it does not run, and its schedules stand still. Its links stay."))?;
    store.close().await;
    Ok(Outcome::Done)
}

/// Lets a retired mapping run again.
pub(super) async fn resume(global: &Global, name: &str) -> Result<Outcome, CommandError> {
    let config = configuration(global).await?;
    let store = existing_store(&config.data_dir).await?;
    let mapping = MappingName::new(name);
    cs_engine::resume(&store, &mapping).await.map_err(CatalogueError::from)?;
    note_down(&store, "mapping.resume", &mapping, Value::Null).await?;
    line(&format!("{name} runs again, and its schedules from their next times on."))?;
    store.close().await;
    Ok(Outcome::Done)
}

/// A mapping's versions, the latest first.
pub(super) async fn versions(global: &Global, name: &str) -> Result<Outcome, CommandError> {
    let config = configuration(global).await?;
    let versions = match store_if_there(&config.data_dir).await? {
        Some(store) => {
            let versions = store.mapping_versions(&MappingName::new(name)).await?;
            store.close().await;
            versions
        }
        None => Vec::new(),
    };
    for version in &versions {
        line(&if global.json {
            json!(version).to_string()
        } else {
            format!("{}  {:.0}  {}  {}", version.number, version.at, version.who, version.note)
        })?;
    }
    if versions.is_empty() && !global.json {
        line("Nothing was published.")?;
    }
    Ok(Outcome::Done)
}

/// What a file says otherwise than what runs (or than another file): one line a part, `-` before, `+` after.
pub(super) async fn diff(
    global: &Global,
    file: &Path,
    against: Option<&Path>,
) -> Result<Outcome, CommandError> {
    let own = &global.extensions.transforms;
    let after = mapping_of(own, &file.display().to_string(), &mappings::read(file)?)?;
    let before = if let Some(other) = against {
        mapping_of(own, &other.display().to_string(), &mappings::read(other)?)?
    } else {
        let config = configuration(global).await?;
        let Source { file, text, .. } = Editions::at_home(&config).await?.source(after.name.as_str())?;
        mapping_of(own, &file, &text)?
    };
    let differences: Vec<Difference> = compare(&before, &after);
    if global.json {
        line(&json!({ "mapping": after.name, "differences": differences }).to_string())?;
    } else {
        for difference in &differences {
            line(&difference.to_string())?;
        }
    }
    // As `diff` does: something else than nothing is told by the exit code, too.
    Ok(if differences.is_empty() { Outcome::Done } else { Outcome::Partial })
}

/// A mapping as far as it can be made out; one that cannot is told of.
fn mapping_of(own: &OwnTransforms, file: &str, text: &str) -> Result<Mapping, CommandError> {
    match sketch_with(text, own).parsed {
        Some(parsed) => Ok(parsed.mapping),
        None => mappings::parsed(own, file, text).map(|parsed| parsed.mapping),
    }
}

/// A mapping that a file of the configuration fixes is not published over.
async fn expect_free(config: &Config, store: &SqliteStore, name: &MappingName) -> Result<(), CommandError> {
    let editions = Editions::read(config, store).await?;
    match editions.fixed_by(name.as_str()) {
        Some(file) => Err(CatalogueError::Fixed { mapping: name.clone(), file: file.to_owned() }.into()),
        None => Ok(()),
    }
}

/// What is published is right, and is the mapping it is published as.
fn expect_name(own: &OwnTransforms, name: &MappingName, text: &str) -> Result<(), CommandError> {
    let found = mappings::parsed(own, name.as_str(), text)?.mapping.name;
    if found == *name {
        return Ok(());
    }
    Err(CatalogueError::OtherName { mapping: name.clone(), found }.into())
}

/// Publishes a text as a mapping's next version, and notes who did. Answers its number.
pub(crate) async fn publish_text(
    store: &SqliteStore,
    name: &MappingName,
    text: String,
    note: &str,
    draft: Option<i64>,
    action: &str,
) -> Result<i64, CommandError> {
    let last = store.mapping_versions(name).await?;
    let version = MappingVersion {
        mapping: name.clone(),
        number: MappingVersion::next_number(&last),
        who: who(),
        at: SystemClock.now(),
        note: note.to_owned(),
    };
    let number = version.number;
    if !store.publish_mapping(&PublishedMapping { version, text }, draft).await? {
        return Err(CatalogueError::Moved { mapping: name.clone() }.into());
    }
    note_down(store, action, name, json!({ "runs": format!("version {number}"), "note": note })).await?;
    Ok(number)
}

async fn note_down(
    store: &SqliteStore,
    action: &str,
    name: &MappingName,
    after: Value,
) -> Result<(), CommandError> {
    let entry = AuditEntry {
        sequence: 0,
        at: SystemClock.now(),
        who: who(),
        action: action.to_owned(),
        object: format!("mapping {name}"),
        before: Value::Null,
        after,
    };
    Ok(store.record(&entry).await?)
}

/// Who sits at this terminal, as the audit log calls them.
pub(crate) fn who() -> String {
    user::name().map_or_else(|| "command line".to_owned(), |name| format!("command line ({name})"))
}
