//! Scripted faults: what goes wrong, on which requests, written down as values.
//!
//! A fault file is TOML; each `[[fault]]` names the requests it is about and which of them it hits. The counters make
//! it a law: the same requests in the same order meet the same faults. Faults are applied by [`crate::server`], around
//! either system, so that *before* means that nothing was done and *after* that the work was done and only its answer
//! is lost (facts/VTIGER.md, trap 4: "500 does not mean not done").

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;

/// One of the two systems that the sandbox stands in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SystemName {
    /// VTiger CRM.
    Vtiger,
    /// Frappe/ERPNext.
    Frappe,
}

/// What a fault does to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The request waits `delay_ms` and is then served as usual.
    Delay,
    /// Nothing is done; the system's own kind of 500.
    ErrorBefore,
    /// The work is done; the system's own kind of 500.
    ErrorAfter,
    /// Nothing is done; the connection closes without a byte of answer.
    DropBefore,
    /// The work is done; the connection closes without a byte of answer.
    DropAfter,
    /// Nothing is done; a page of HTML with status 200.
    Html,
    /// The work is done; a page of HTML with status 200.
    HtmlAfter,
    /// Nothing is done; the session is forgotten and the answer says so.
    SessionExpired,
    /// Nothing is done; 429.
    RateLimited,
    /// The work is done; the answer breaks off in the middle and the connection closes.
    Truncated,
}

impl FaultKind {
    /// Whether the system does the work before this fault spoils its answer.
    pub fn comes_after_the_work(self) -> bool {
        matches!(self, Self::ErrorAfter | Self::DropAfter | Self::HtmlAfter | Self::Truncated)
    }
}

/// Which of the matching requests a fault hits, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Each n-th one.
    Every(u64),
    /// The n-th one only.
    Nth(u64),
    /// The first n.
    First(u64),
}

impl Turn {
    fn hits(self, count: u64) -> bool {
        match self {
            Self::Every(n) => count.is_multiple_of(n),
            Self::Nth(n) => count == n,
            Self::First(n) => count <= n,
        }
    }
}

/// One scripted fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The system that it happens in; none: both.
    pub system: Option<SystemName>,
    /// The operation that it happens to (VTiger: the operation's name; Frappe: `create`, `update`, `get`, `list`,
    /// `delete`, `method`); none: any.
    pub operation: Option<String>,
    /// The module or `DocType` that it happens to; none: any.
    pub target: Option<String>,
    /// Which of the matching requests are hit. Each kind of request (system and operation) is counted by itself.
    pub turn: Turn,
    /// What happens.
    pub kind: FaultKind,
    /// How long a [`FaultKind::Delay`] waits; zero for the others.
    pub delay: Duration,
}

impl Fault {
    fn matches(&self, system: SystemName, operation: &str, target: Option<&str>) -> bool {
        self.system.is_none_or(|wanted| wanted == system)
            && self.operation.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(operation))
            && self.target.as_deref().is_none_or(|wanted| Some(wanted) == target)
    }
}

/// What a request has to suffer: first the wait, then the blow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdict {
    /// How long it waits before anything else.
    pub delay: Duration,
    /// What goes wrong; never [`FaultKind::Delay`].
    pub blow: Option<FaultKind>,
}

type Counters = BTreeMap<(usize, SystemName, String), u64>;

/// A script of faults together with its counters. Clones share the counters.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    script: Arc<[Fault]>,
    counters: Arc<Mutex<Counters>>,
}

impl Faults {
    /// No faults.
    pub fn none() -> Self {
        Self::default()
    }

    /// A script made in code.
    pub fn new(script: Vec<Fault>) -> Self {
        Self { script: script.into(), counters: Arc::default() }
    }

    /// Reads a fault file. `file` is what errors call it.
    pub fn parse(text: &str, file: &str) -> Result<Self, FaultFileError> {
        let wrong = |offset: usize, problem: String, remedy: &str| FaultFileError {
            file: file.to_owned(),
            line: line_of(text, offset),
            problem,
            remedy: remedy.to_owned(),
        };
        let parsed: FileForm = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            wrong(offset, error.message().to_owned(), REMEDY_FORM)
        })?;
        let script = parsed.fault.into_iter().map(|form| {
            let offset = form.span().start;
            form.into_inner().check().map_err(|(problem, remedy)| wrong(offset, problem, remedy))
        });
        Ok(Self::new(script.collect::<Result<_, _>>()?))
    }

    /// Counts one request and says what happens to it. All matching faults count it; waits add up, and of the others
    /// the first in the file wins.
    pub fn next(&self, system: SystemName, operation: &str, target: Option<&str>) -> Verdict {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let mut verdict = Verdict::default();
        for (index, fault) in self.script.iter().enumerate() {
            if !fault.matches(system, operation, target) {
                continue;
            }
            let count = counters.entry((index, system, operation.to_ascii_lowercase())).or_default();
            *count += 1;
            if !fault.turn.hits(*count) {
                continue;
            }
            match fault.kind {
                FaultKind::Delay => verdict.delay += fault.delay,
                kind => verdict.blow = verdict.blow.or(Some(kind)),
            }
        }
        verdict
    }
}

/// A fault file that cannot be used: where, what and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {problem}; {remedy}")]
pub struct FaultFileError {
    /// The file, as it was named to [`Faults::parse`].
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
    /// What would be right.
    pub remedy: String,
}

const REMEDY_FORM: &str = "each fault is a [[fault]] table with kind, one of every/nth/first, and where wanted system \
    (\"vtiger\" or \"frappe\"), operation, target and delay_ms";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileForm {
    #[serde(default)]
    fault: Vec<toml::Spanned<FaultForm>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultForm {
    system: Option<SystemName>,
    operation: Option<String>,
    target: Option<String>,
    every: Option<u64>,
    nth: Option<u64>,
    first: Option<u64>,
    kind: FaultKind,
    delay_ms: Option<u64>,
}

impl FaultForm {
    fn check(self) -> Result<Fault, (String, &'static str)> {
        let turn = match (self.every, self.nth, self.first) {
            (Some(n), None, None) => Turn::Every(n),
            (None, Some(n), None) => Turn::Nth(n),
            (None, None, Some(n)) => Turn::First(n),
            (None, None, None) => {
                return Err((
                    "the fault does not say which requests it hits".to_owned(),
                    "add every = 7, nth = 3 or first = 2",
                ));
            }
            _ => {
                return Err((
                    "the fault has more than one of every, nth and first".to_owned(),
                    "keep one of them; write a second [[fault]] for the other",
                ));
            }
        };
        if matches!(turn, Turn::Every(0) | Turn::Nth(0) | Turn::First(0)) {
            return Err(("requests are counted from 1, so 0 hits none".to_owned(), "write 1 or more"));
        }
        let delay = match (self.kind, self.delay_ms) {
            (FaultKind::Delay, Some(ms)) => Duration::from_millis(ms),
            (FaultKind::Delay, None) => {
                return Err(("a delay without delay_ms".to_owned(), "add delay_ms = 200"));
            }
            (_, None) => Duration::ZERO,
            (_, Some(_)) => {
                return Err((
                    "delay_ms belongs to kind = \"delay\" only".to_owned(),
                    "remove it, or write a second [[fault]] with kind = \"delay\"",
                ));
            }
        };
        let any = |name: String| (name != "*").then_some(name);
        Ok(Fault {
            system: self.system,
            operation: self.operation.and_then(any),
            target: self.target.and_then(any),
            turn,
            kind: self.kind,
            delay,
        })
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Faults, String> {
        Faults::parse(text, "faults.toml").map_err(|error| error.to_string())
    }

    #[test]
    fn each_kind_of_request_is_counted_by_itself() {
        let faults = parse("[[fault]]\nevery = 2\nkind = \"error_before\"").unwrap();
        let hit = |operation| faults.next(SystemName::Vtiger, operation, None).blow.is_some();
        assert_eq!([hit("query"), hit("revise"), hit("query"), hit("revise")], [false, false, true, true]);
        assert_eq!(
            faults.next(SystemName::Frappe, "query", None).blow,
            None,
            "the other system has its own count"
        );
    }

    #[test]
    fn target_and_operation_narrow_it_down() {
        let text = "[[fault]]\nsystem = \"frappe\"\noperation = \"create\"\ntarget = \"Contact\"\nnth = 1\nkind = \"drop_after\"";
        let faults = parse(text).unwrap();
        assert_eq!(faults.next(SystemName::Frappe, "create", Some("Bank")).blow, None);
        assert_eq!(faults.next(SystemName::Frappe, "update", Some("Contact")).blow, None);
        assert_eq!(faults.next(SystemName::Vtiger, "create", Some("Contact")).blow, None);
        assert_eq!(
            faults.next(SystemName::Frappe, "create", Some("Contact")).blow,
            Some(FaultKind::DropAfter)
        );
        assert_eq!(faults.next(SystemName::Frappe, "create", Some("Contact")).blow, None);
    }

    #[test]
    fn waits_add_up_and_the_first_blow_wins() {
        let text = "[[fault]]\nfirst = 1\nkind = \"delay\"\ndelay_ms = 20\n[[fault]]\nfirst = 1\nkind = \"html\"\n\
                    [[fault]]\nfirst = 2\nkind = \"truncated\"\n[[fault]]\noperation = \"*\"\nfirst = 1\nkind = \"delay\"\ndelay_ms = 5";
        let faults = parse(text).unwrap();
        let first = faults.next(SystemName::Vtiger, "query", None);
        assert_eq!(first, Verdict { delay: Duration::from_millis(25), blow: Some(FaultKind::Html) });
        let second = faults.next(SystemName::Vtiger, "query", None);
        assert_eq!(second, Verdict { delay: Duration::ZERO, blow: Some(FaultKind::Truncated) });
    }

    #[test]
    fn a_wrong_file_names_line_and_remedy() {
        let missing = parse("\n\n[[fault]]\nkind = \"html\"").unwrap_err();
        assert!(missing.starts_with("faults.toml:3: the fault does not say which"), "{missing}");
        assert!(missing.contains("add every = 7"), "{missing}");
        let kind = parse("[[fault]]\nevery = 2\nkind = \"explode\"").unwrap_err();
        assert!(kind.starts_with("faults.toml:3: unknown variant `explode`"), "{kind}");
        let key = parse("[[fault]]\nevery = 2\nkind = \"html\"\nmodule = \"Contacts\"").unwrap_err();
        assert!(key.starts_with("faults.toml:4: unknown field `module`"), "{key}");
        let two = parse("[[fault]]\nevery = 2\nnth = 2\nkind = \"html\"").unwrap_err();
        assert!(two.contains("more than one"), "{two}");
        assert!(parse("[[fault]]\nevery = 0\nkind = \"html\"").unwrap_err().contains("counted from 1"));
        assert!(parse("[[fault]]\nevery = 1\nkind = \"delay\"").unwrap_err().contains("delay_ms = 200"));
        assert!(parse("[[fault]\n").unwrap_err().starts_with("faults.toml:1: "));
    }
}
