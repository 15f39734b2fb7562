//! Every mapping: which text runs, whether somebody is writing another.

use std::collections::BTreeMap;

use askama::Template;
use cs_domain::MappingName;
use cs_ports::{MappingDraft, MappingVersion};

use super::bench::edition;
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::visit::{Answer, Visit, page};
use crate::work::mappings;

/// A mapping of the list.
struct Row {
    name: MappingName,
    /// As its text says it: a copy begins with the same.
    title: String,
    /// Which text runs, in words; `None`: it does not run yet.
    runs: Option<String>,
    fixed_by: Option<String>,
    /// Whether somebody keeps it from running.
    retired: bool,
    draft: Option<MappingDraft>,
    /// The version that was published last.
    latest: Option<MappingVersion>,
    /// Module and DocTypes, unit by unit.
    units: Vec<(String, Vec<String>)>,
    /// How much is wrong with the text that is being worked on.
    problems: u64,
}

#[derive(Template)]
#[template(path = "mappings/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
}

pub(super) async fn show(visit: Visit) -> Answer {
    let rows = rows(&visit).await?;
    page(&ListPage { frame: visit.frame(Section::Mappings, "nav-mappings"), rows })
}

async fn rows(visit: &Visit) -> Result<Vec<Row>, WebError> {
    let drafts = visit.web.desk.mapping_drafts().await?.into_iter();
    let mut drafts: BTreeMap<MappingName, MappingDraft> =
        drafts.map(|draft| (draft.mapping.clone(), draft)).collect();
    let latest = visit.web.desk.latest_mappings().await?.into_iter();
    let mut latest: BTreeMap<MappingName, MappingVersion> =
        latest.map(|published| (published.version.mapping.clone(), published.version)).collect();
    let retired = visit.web.desk.retired_mappings().await?;
    let mut rows = Vec::new();
    for about in visit.web.office.mappings().await? {
        let running = visit.web.office.running_mapping(&about.name).await?;
        let draft = drafts.remove(&about.name);
        let text = draft.as_ref().map(|draft| draft.text.clone());
        let text = text.or_else(|| running.as_ref().map(|running| running.text.clone()));
        let mut row = row(visit, about.name, text.as_deref().unwrap_or_default());
        row.runs = running.as_ref().map(|running| edition(&visit.words, &running.edition));
        row.fixed_by = running.and_then(|running| running.fixed_by);
        row.latest = latest.remove(&row.name);
        row.retired = retired.iter().any(|one| one.mapping == row.name);
        row.draft = draft;
        rows.push(row);
    }
    rows.extend(drafts.into_values().map(|draft| {
        let row = row(visit, draft.mapping.clone(), &draft.text);
        Row { draft: Some(draft), ..row }
    }));
    Ok(rows)
}

fn row(visit: &Visit, name: MappingName, text: &str) -> Row {
    let sketch = mappings::sketched(visit, text);
    let mapping = sketch.parsed.map(|parsed| parsed.mapping);
    let units = mapping.iter().flat_map(|mapping| &mapping.units).map(|unit| {
        let mut kinds: Vec<String> =
            unit.documents.iter().map(|document| document.doctype.to_string()).collect();
        kinds.sort();
        kinds.dedup();
        (unit.module.to_string(), kinds)
    });
    Row {
        name,
        units: units.collect(),
        title: mapping.map(|mapping| mapping.title).unwrap_or_default(),
        runs: None,
        fixed_by: None,
        retired: false,
        draft: None,
        latest: None,
        problems: sketch.problems.len() as u64,
    }
}
