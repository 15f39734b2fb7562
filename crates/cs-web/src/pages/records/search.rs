//! Searching records: by id, by name, by anything that both sides agreed on.

use askama::Template;
use axum::extract::Query;
use cs_domain::{MappingName, RecordRef, Value};
use cs_ports::{FindingQuery, Tie, TroubleFilter};
use serde::Deserialize;

use super::address;
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::pages::shown;
use crate::visit::{Answer, Visit, page};
use crate::words::Words;

/// Ties that a search looks at; a record has several.
const TIES: u32 = 300;
/// Records that are listed.
const RECORDS: usize = 50;
/// Failed units and findings that are listed besides.
const OTHERS: u32 = 10;

/// What is searched for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
}

/// A record that was found.
struct Found {
    record: String,
    address: Option<String>,
    mapping: MappingName,
    /// Role and name of its documents.
    documents: Vec<(String, String)>,
    /// Where the text stands: field and value.
    hits: Vec<(String, String)>,
    /// Whether it failed and has no document yet.
    failed: bool,
}

/// A finding that holds the text.
struct Hit {
    address: String,
    kind: String,
    text: String,
    closed: bool,
}

#[derive(Template)]
#[template(path = "records/search.html")]
struct SearchPage {
    frame: Frame,
    q: String,
    found: Vec<Found>,
    findings: Vec<Hit>,
    /// Whether there are more than are listed.
    cut: bool,
}

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let q = asked.q.trim().to_owned();
    let frame = visit.frame(Section::Records, "nav-records");
    if q.is_empty() {
        return page(&SearchPage { frame, q, found: Vec::new(), findings: Vec::new(), cut: false });
    }
    let ties = visit.web.desk.search_ties(&q, TIES).await?;
    let many = ties.len() == TIES as usize;
    let mut found = grouped(&visit.words, &q, ties);
    let cut = many || found.len() > RECORDS;
    found.truncate(RECORDS);
    add_failed(&visit, &q, &mut found).await?;
    page(&SearchPage { findings: findings(&visit, &q).await?, frame, q, found, cut })
}

/// The records whose ties were found, in the order of the best of them.
fn grouped(words: &Words, q: &str, ties: Vec<Tie>) -> Vec<Found> {
    let mut records: Vec<(RecordRef, Found)> = Vec::new();
    for tie in ties {
        let subject = tie.link.subject.clone();
        let place = records
            .iter()
            .position(|(record, found)| *record == subject && found.mapping == tie.link.mapping)
            .unwrap_or_else(|| {
                records.push((subject.clone(), found(&subject, &tie.link.mapping, false)));
                records.len() - 1
            });
        let Some((_, found)) = records.get_mut(place) else { continue };
        found.documents.push((tie.link.role.to_string(), shown::record(&tie.link.document)));
        found.hits.extend(hits(words, q, &tie));
    }
    records.into_iter().map(|(_, found)| found).collect()
}

fn found(record: &RecordRef, mapping: &MappingName, failed: bool) -> Found {
    Found {
        record: shown::record(record),
        address: address::of_record(record),
        mapping: mapping.clone(),
        documents: Vec::new(),
        hits: Vec::new(),
        failed,
    }
}

/// The fields of a tie that hold the text.
fn hits(words: &Words, q: &str, tie: &Tie) -> Vec<(String, String)> {
    let wanted = q.to_lowercase();
    let document = &tie.link.document;
    let said = |value: &Value| shown::value_of(words, document.system, &document.kind, value);
    let holds = |value: &Value| said(value).to_lowercase().contains(&wanted);
    let fields = tie.shadow.fields.iter();
    let holding = fields.filter(|(_, agreed)| holds(&agreed.vtiger) || holds(&agreed.frappe));
    holding
        .take(3)
        .map(|(name, agreed)| (format!("{}.{name}", tie.link.role), said(&agreed.frappe)))
        .collect()
}

/// Records that never came as far as a link, since they failed.
async fn add_failed(visit: &Visit, q: &str, found_so_far: &mut Vec<Found>) -> Result<(), WebError> {
    let filter = TroubleFilter { text: Some(q.to_owned()), ..TroubleFilter::default() };
    for trouble in visit.web.desk.troubles(&filter, 0, OTHERS).await? {
        let key = trouble.outcome.key;
        let name = shown::record(&key.subject);
        match found_so_far.iter_mut().find(|one| one.record == name && one.mapping == key.mapping) {
            Some(known) => known.failed = true,
            None => found_so_far.push(found(&key.subject, &key.mapping, true)),
        }
    }
    Ok(())
}

async fn findings(visit: &Visit, q: &str) -> Result<Vec<Hit>, WebError> {
    let query = FindingQuery { text: Some(q.to_owned()), ..FindingQuery::default() };
    let found = visit.web.desk.query_findings(&query, 0, OTHERS).await?;
    let office = &visit.web.office;
    let language = visit.words.language;
    let hit = |standing: cs_ports::StandingFinding| Hit {
        address: format!("/scheduler/findings/{}", standing.found.id),
        kind: office.finding_kind(&standing.found.kind, language),
        text: office.finding_text(&standing.found, language),
        closed: standing.state == cs_ports::FindingState::Closed,
    };
    Ok(found.into_iter().map(hit).collect())
}
