//! What happened in runs, newest first; the first page is kept up while things happen.

use askama::Template;
use axum::extract::Query;
use cs_domain::RunId;
use cs_ports::{LogEntry, LogFilter};
use serde::Deserialize;

use super::query;
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::pages::runs::told::{Line, line};
use crate::visit::{Answer, Visit, fragment, page};
use crate::words::Words;

/// Lines of a page.
const LINES: u32 = 100;

/// Kinds of events that can be asked for, as the log has them, in the order in which people meet them.
const KINDS: [&str; 15] = [
    "run_started",
    "recovered",
    "redefined",
    "drifted",
    "pulled",
    "counted",
    "expecting",
    "written",
    "recorded",
    "given_up",
    "renamed",
    "adopted",
    "unit_done",
    "retrying",
    "run_ended",
];

/// What the filters say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    run: String,
    kind: String,
    text: String,
    /// Lines before this one.
    before: String,
}

impl Asked {
    fn filter(&self) -> LogFilter {
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let kind = KINDS.into_iter().find(|kind| *kind == self.kind);
        LogFilter {
            run: said(&self.run).map(RunId),
            kinds: kind.map(|kind| vec![kind.to_owned()]),
            text: said(&self.text),
        }
    }

    fn address(&self, path: &str, before: &str) -> String {
        let said = [("run", &*self.run), ("kind", &*self.kind), ("text", &*self.text), ("before", before)];
        query(path, &said)
    }
}

/// A line with the run it is of.
struct Row {
    run: RunId,
    line: Line,
}

impl Row {
    fn of(words: &Words, entry: &LogEntry) -> Self {
        Self { run: entry.run.clone(), line: line(words, entry) }
    }
}

/// Lines that answer what was asked, and the address of those before them.
struct Rows {
    rows: Vec<Row>,
    older: Option<String>,
}

impl Rows {
    async fn of(visit: &Visit, asked: &Asked) -> Result<Self, WebError> {
        let before = asked.before.parse().ok();
        let mut entries = visit.web.desk.log_before(&asked.filter(), before, LINES + 1).await?;
        let more = entries.len() > LINES as usize;
        entries.truncate(LINES as usize);
        let last = entries.last().filter(|_| more);
        Ok(Self {
            older: last.map(|last| asked.address("/log", &last.sequence.to_string())),
            rows: entries.iter().map(|entry| Row::of(&visit.words, entry)).collect(),
        })
    }
}

#[derive(Template)]
#[template(path = "log/lines.html")]
struct LogPage {
    frame: Frame,
    asked: Asked,
    kinds: Vec<(&'static str, String)>,
    /// The address of the first page, to come back to from an older one.
    first: Option<String>,
    /// Where the rows are fetched anew.
    src: String,
    found: Rows,
}

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let called = |kind: &str| visit.words.say(&format!("log-kind-{}", kind.replace('_', "-")));
    page(&LogPage {
        frame: visit.frame(Section::Log, "nav-log"),
        kinds: KINDS.into_iter().map(|kind| (kind, called(kind))).collect(),
        first: (!asked.before.is_empty()).then(|| asked.address("/log", "")),
        src: asked.address("/log/rows", ""),
        found: Rows::of(&visit, &asked).await?,
        asked,
    })
}

#[derive(Template)]
#[template(path = "log/rows.html")]
struct RowsPart {
    frame: Frame,
    found: Rows,
}

pub(super) async fn rows(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let found = Rows::of(&visit, &asked).await?;
    fragment(&RowsPart { frame: visit.frame(Section::Log, "nav-log"), found })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_stays_in_every_address() {
        let asked = Asked { text: "a&b".to_owned(), kind: "written".to_owned(), ..Asked::default() };
        assert_eq!(asked.address("/log", "17"), "/log?kind=written&text=a%26b&before=17");
        assert_eq!(asked.filter().kinds, Some(vec!["written".to_owned()]));
        let strange = Asked { kind: "nothing of ours".to_owned(), ..Asked::default() };
        assert_eq!(strange.filter(), LogFilter::default());
    }
}
