//! What the recordings together show about single documents over time.

use cs_sandbox::frappe::{Row, Site};
use jiff::Timestamp;
use serde_json::Value;

use crate::conformance::Recording;

use super::facts;

/// A whole document as one answer showed it.
struct Seen {
    recording: String,
    at: Option<Timestamp>,
    made: bool,
    row: Row,
}

/// All whole documents that answers showed.
pub(super) struct History {
    seen: Vec<Seen>,
}

impl History {
    /// Reads all answers.
    pub(super) fn read(all: &[Recording]) -> Self {
        let seen = all.iter().filter(|recording| recording.response.status == 200).filter_map(|recording| {
            let Value::Object(row) = facts::payload(recording) else {
                return None;
            };
            let whole =
                row.contains_key("doctype") && row.contains_key("name") && row.contains_key("modified");
            whole.then(|| Seen {
                recording: recording.name.clone(),
                at: facts::date(recording),
                made: recording.request.method == "POST",
                row,
            })
        });
        Self { seen: seen.collect() }
    }

    /// The document as it was last seen before this recording.
    pub(super) fn before(&self, recording: &Recording, doctype: &str, name: &str) -> Option<Row> {
        self.candidates(recording)
            .filter(|seen| facts::text(seen.row.get("doctype")) == doctype)
            .filter(|seen| facts::text(seen.row.get("name")).eq_ignore_ascii_case(name))
            .max_by_key(|seen| (seen.at, facts::text(seen.row.get("modified"))))
            .map(|seen| seen.row.clone())
    }

    /// Documents of a kind that earlier recordings made.
    pub(super) fn made_before(&self, recording: &Recording, doctype: &str) -> Vec<Row> {
        let at = facts::date(recording);
        let made =
            self.seen.iter().filter(|seen| seen.made && seen.at.zip(at).is_some_and(|(seen, at)| seen < at));
        let made = made.filter(|seen| facts::text(seen.row.get("doctype")) == doctype);
        made.map(|seen| seen.row.clone()).collect()
    }

    /// The last known state of every document of a kind that fits.
    pub(super) fn all_before(
        &self,
        recording: &Recording,
        doctype: &str,
        fits: impl Fn(&Row) -> bool,
    ) -> Vec<Row> {
        let mut rows: Vec<&Row> = self.candidates(recording).map(|seen| &seen.row).collect();
        rows.retain(|row| facts::text(row.get("doctype")) == doctype && fits(row));
        rows.sort_by_key(|row| (facts::text(row.get("name")), facts::text(row.get("modified"))));
        rows.reverse();
        rows.dedup_by_key(|row| facts::text(row.get("name")));
        rows.into_iter().cloned().collect()
    }

    /// What was seen earlier. A write's own answer shows the state after it, and within a second the stamps decide.
    fn candidates(&self, recording: &Recording) -> impl Iterator<Item = &Seen> {
        let stamp = facts::text(facts::payload(recording).get("modified"));
        let at = facts::date(recording);
        let (own, writes) = (recording.name.clone(), recording.request.method != "GET");
        self.seen.iter().filter(move |seen| {
            let older = stamp.is_empty() || facts::text(seen.row.get("modified")) < stamp;
            let earlier = match (seen.at, at) {
                (Some(seen), Some(at)) => seen < at || (seen == at && older),
                _ => older,
            };
            earlier && !(writes && seen.recording == own)
        })
    }
}

/// Puts a document that answers showed into the site: what it shows, without what only an answer has.
pub(super) fn put(site: &mut Site, row: &Row) {
    let doctype = facts::text(row.get("doctype"));
    let mut row = row.clone();
    row.retain(|_, value| !value.is_null());
    site.stage(&doctype, row);
}
