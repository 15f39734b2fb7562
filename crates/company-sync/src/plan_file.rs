//! A plan in a file: what a dry run would do, kept for somebody to look at and to carry out as it is.
//!
//! One JSON document, a plan a line, so that a person can look through it and a damaged line is named by its number. Its
//! last line is the SHA-256 of everything before it: who approved a plan approved these very bytes, and a file that was
//! changed since is refused as a whole. It holds what both systems hold of people, so that nobody but its owner may read it.
//!
//! Numbers of accounts and cards show their last digits in it. A plan that has some besides is there a second time, whole and
//! sealed with the key of this installation's secrets: that one is what is carried out, and nobody else can read it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cs_domain::MappingName;
use cs_domain::digest::{digest, hexadecimal};
use cs_domain::guarded::Numbers;
use cs_domain::plan::Plan;
use cs_engine::Job;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::failure::CommandError;
use crate::office::Seal;

/// The form of the file; another one has another number.
const FORMAT: u64 = 3;

/// What the whole plans are sealed under.
const SEALED: &str = "plan";

/// What stands between the plans and their checksum.
const SEAL: &str = "\n],\"sha256\":";

/// Why a plan cannot be kept or used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanFileError {
    /// It cannot be read or written.
    #[error("cannot {doing} the plan {file}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// Which file.
        file: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It breaks off, or a line of it does not read.
    #[error("{file}:{line}:{column}: this is not a whole plan")]
    Damaged {
        /// Which file.
        file: String,
        /// Where.
        line: usize,
        /// Where in the line.
        column: usize,
        /// What is wrong there.
        #[source]
        source: serde_json::Error,
    },
    /// It is whole, and not as it was written.
    #[error("{file}: this plan was changed after it was made: its checksum does not fit")]
    Altered {
        /// Which file.
        file: String,
    },
    /// It is something else.
    #[error("{file}:1: this is not a plan")]
    Foreign {
        /// Which file.
        file: String,
    },
    /// Another version of the program made it.
    #[error("{file}:1: a plan of format {found}; this program knows {FORMAT}")]
    Format {
        /// Which file.
        file: String,
        /// What it says.
        found: u64,
    },
    /// It was made by another mapping, or other settings.
    #[error("{file}: mapping {mapping} or its settings have changed since this plan was made ({made:.0})")]
    Redefined {
        /// Which file.
        file: String,
        /// Of which mapping.
        mapping: MappingName,
        /// When it was made.
        made: Timestamp,
    },
    /// The part of a plan that is not to be read by anybody is not what it should be.
    #[error("{file}: the sealed part of a plan is damaged")]
    Sealed {
        /// Which file.
        file: String,
    },
    /// There is more than one mapping to plan for.
    #[error("a plan is of one mapping, and there are {}: {}", names.len(), names.join(", "))]
    Several {
        /// Which.
        names: Vec<String>,
    },
}

impl PlanFileError {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "plan.io",
            Self::Damaged { .. } => "plan.damaged",
            Self::Altered { .. } => "plan.altered",
            Self::Foreign { .. } => "plan.foreign",
            Self::Format { .. } => "plan.format",
            Self::Redefined { .. } => "plan.redefined",
            Self::Sealed { .. } => "plan.sealed",
            Self::Several { .. } => "plan.several_mappings",
        }
    }

    /// What to do.
    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::InvalidData => {
                "It is no text, and so no plan: name a file that `company-sync sync --dry-run --plan FILE` wrote.".into()
            }
            Self::Io { .. } => "Check the path and its permissions.".into(),
            Self::Several { .. } => "Say which: --mapping NAME.".into(),
            Self::Damaged { .. }
            | Self::Altered { .. }
            | Self::Foreign { .. }
            | Self::Format { .. }
            | Self::Sealed { .. }
            | Self::Redefined { .. } => {
                "Make a new plan with `company-sync sync --dry-run --plan FILE`, and look at it.".into()
            }
        }
    }
}

/// What of a mapping and its settings a plan follows from.
pub(crate) fn definition(job: &Job) -> String {
    digest(&json!([job.mapping, job.settings]).to_string())
}

/// How many deletes plans follow.
pub(crate) fn deletes_in(plans: &[Plan]) -> u64 {
    plans.iter().filter(|plan| plan.departure.is_some()).fold(0, |count, _| count + 1)
}

/// A plan file being written; until it is finished, nothing stands under its name.
pub(crate) struct PlanWriter {
    path: PathBuf,
    unfinished: PathBuf,
    out: BufWriter<File>,
    seen: Sha256,
    plans: u64,
    numbers: Numbers,
    seal: Seal,
}

impl PlanWriter {
    /// Begins one.
    pub(crate) fn begin(path: &Path, job: &Job, seal: Seal, now: Timestamp) -> Result<Self, PlanFileError> {
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(".unfinished");
        let unfinished = PathBuf::from(unfinished);
        let failed = |source| PlanFileError::Io { doing: "write", file: path.display().to_string(), source };
        let out = BufWriter::new(private(&unfinished).map_err(failed)?);
        let (path, seen, numbers) = (path.to_owned(), Sha256::new(), Numbers::of([&job.mapping]));
        let mut writer = Self { path, unfinished, out, seen, plans: 0, numbers, seal };
        let head = format!(
            "{{\"company_sync_plan\":{FORMAT},\"mapping\":{},\"definition\":{},\"made\":{},\"plans\":[",
            json!(job.mapping.name),
            json!(definition(job)),
            json!(now)
        );
        writer.write(&head)?;
        Ok(writer)
    }

    /// Adds a plan; one that does nothing is left out.
    pub(crate) fn add(&mut self, plan: &Plan) -> Result<(), CommandError> {
        if plan.steps.is_empty() && plan.vtiger.is_none() {
            return Ok(());
        }
        let before = if self.plans == 0 { "\n" } else { ",\n" };
        self.plans += 1;
        let shown = self.numbers.plan(plan);
        let mut line = json!(shown);
        if let (true, Some(fields)) = (shown != *plan, line.as_object_mut()) {
            let sealed = self.seal.seal(SEALED, &json!(plan).to_string().into())?;
            fields.insert("sealed".to_owned(), json!(STANDARD.encode(sealed)));
        }
        Ok(self.write(&format!("{before}{line}"))?)
    }

    /// Ends it, and gives it its name. Answers how many plans it holds.
    pub(crate) fn finish(mut self) -> Result<u64, PlanFileError> {
        let checksum = hexadecimal(&self.seen.clone().finalize());
        self.write(&format!("{SEAL}{}}}\n", json!(checksum)))?;
        let ended = self.out.flush().and_then(|()| std::fs::rename(&self.unfinished, &self.path));
        ended.map_err(|source| self.failed(source))?;
        Ok(self.plans)
    }

    fn write(&mut self, text: &str) -> Result<(), PlanFileError> {
        self.seen.update(text);
        self.out.write_all(text.as_bytes()).map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> PlanFileError {
        PlanFileError::Io { doing: "write", file: self.path.display().to_string(), source }
    }
}

impl Drop for PlanWriter {
    fn drop(&mut self) {
        // Once it has its name, nothing is left under the other one.
        let _ = std::fs::remove_file(&self.unfinished);
    }
}

/// A new file that nobody but its owner may read, where the operating system knows such a thing.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A plan that was kept.
#[derive(Debug, Deserialize)]
pub(crate) struct PlanFile {
    /// Of which mapping.
    pub(crate) mapping: MappingName,
    definition: String,
    made: Timestamp,
    sha256: String,
    plans: Vec<KeptPlan>,
}

/// A plan as it may be read, and, where that is not all of it, the whole of it.
#[derive(Debug, Deserialize)]
struct KeptPlan {
    #[serde(flatten)]
    shown: Plan,
    sealed: Option<String>,
}

#[derive(Deserialize)]
struct Head {
    company_sync_plan: Option<u64>,
}

impl PlanFile {
    /// Reads one.
    pub(crate) fn read(path: &Path) -> Result<Self, PlanFileError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| PlanFileError::Io {
            doing: "read",
            file: file.clone(),
            source,
        })?;
        Self::parse(&text, &file)
    }

    fn parse(text: &str, file: &str) -> Result<Self, PlanFileError> {
        let damaged = |source: serde_json::Error| PlanFileError::Damaged {
            file: file.to_owned(),
            line: source.line(),
            column: source.column(),
            source,
        };
        let foreign = || PlanFileError::Foreign { file: file.to_owned() };
        if !text.trim_start().starts_with('{') {
            return Err(foreign());
        }
        let head: Head = match serde_json::from_str(text) {
            Ok(head) => head,
            Err(source) if source.is_data() => return Err(foreign()),
            Err(source) => return Err(damaged(source)),
        };
        match head.company_sync_plan {
            None => Err(foreign()),
            Some(FORMAT) => {
                let plan: Self = serde_json::from_str(text).map_err(damaged)?;
                let sealed = text.rsplit_once(SEAL).map(|(before, _)| hexadecimal(&Sha256::digest(before)));
                if sealed.is_some_and(|sealed| sealed == plan.sha256) {
                    Ok(plan)
                } else {
                    Err(PlanFileError::Altered { file: file.to_owned() })
                }
            }
            Some(found) => Err(PlanFileError::Format { file: file.to_owned(), found }),
        }
    }

    /// Refuses to be carried out by a mapping or settings that it was not made with.
    pub(crate) fn expect_definition(&self, job: &Job, path: &Path) -> Result<(), PlanFileError> {
        if self.definition == definition(job) {
            return Ok(());
        }
        let (file, mapping, made) = (path.display().to_string(), self.mapping.clone(), self.made);
        Err(PlanFileError::Redefined { file, mapping, made })
    }

    /// What is to be done. The key is asked for where a part of it is sealed.
    pub(crate) fn plans(
        self,
        path: &Path,
        key: impl FnOnce() -> Result<Seal, CommandError>,
    ) -> Result<Vec<Plan>, CommandError> {
        let seal = self.plans.iter().any(|kept| kept.sealed.is_some()).then(key).transpose()?;
        let damaged = || PlanFileError::Sealed { file: path.display().to_string() };
        let whole = |kept: KeptPlan| match (&kept.sealed, &seal) {
            (Some(sealed), Some(seal)) => {
                let sealed = STANDARD.decode(sealed).map_err(|_| damaged())?;
                let opened = seal.open(SEALED, &sealed)?;
                Ok(serde_json::from_str(opened.expose_secret()).map_err(|_| damaged())?)
            }
            _ => Ok(kept.shown),
        };
        self.plans.into_iter().map(whole).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let error = PlanFile::parse(text, "plan.json").unwrap_err();
        format!("{}: {error}", error.code())
    }

    #[test]
    fn what_is_no_whole_plan_is_refused_with_its_place() {
        assert_eq!(told("name,age\n"), "plan.foreign: plan.json:1: this is not a plan");
        assert_eq!(told("{\"x\":1}"), "plan.foreign: plan.json:1: this is not a plan");
        assert_eq!(told("{\"company_sync_plan\":\"x\"}"), "plan.foreign: plan.json:1: this is not a plan");
        assert_eq!(
            told("{\"company_sync_plan\":1,\"plans\":[]}"),
            "plan.format: plan.json:1: a plan of format 1; this program knows 3"
        );
        let head = "{\"company_sync_plan\":3,\"mapping\":\"policy\",\"definition\":\"x\",\"made\":\"2026-01-01T00:00:00Z\",\"plans\":[";
        assert!(told(head).starts_with("plan.damaged: plan.json:1:"), "{}", told(head));
        let line = told(&format!("{head}\n{{\"subject\":{{}}}}\n],\"sha256\":\"0\"}}"));
        assert!(line.starts_with("plan.damaged: plan.json:2:"), "{line}");
        let sealed = hexadecimal(&Sha256::digest(head));
        let whole = format!("{head}{SEAL}\"{sealed}\"}}\n");
        assert!(PlanFile::parse(&whole, "plan.json").unwrap().plans.is_empty());
        for altered in [
            whole.replace("01-01T", "01-02T"),
            whole.replace("\"policy\"", " \"policy\""),
            whole.replace(&sealed, "0"),
        ] {
            assert!(told(&altered).starts_with("plan.altered: plan.json: "), "{altered}");
        }
    }
}
