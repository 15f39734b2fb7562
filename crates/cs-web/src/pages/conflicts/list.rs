//! All conflicts, by where they stand; many can be decided at once.

use askama::Template;
use axum::extract::Query;
use cs_domain::guarded;
use cs_domain::plan::Conflict;
use cs_domain::{Choice, ConflictId, MappingName, StandingConflict, Value};
use cs_ports::ConflictFilter;
use serde::Deserialize;

use super::told;
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::pages::labels::Labels;
use crate::pages::shown;
use crate::visit::{Answer, Visit, done, page};
use crate::words::Words;
use crate::work::conflicts;

const PAGE: u32 = 50;

/// The same, where lists that are in memory are cut.
const ROWS: usize = PAGE as usize;
/// Conflicts that are looked through for a text; whoever has more narrows it by mapping.
const LOOKED_AT: u32 = 5_000;

const STATES: [&str; 4] = ["open", "resolved", "applied", "closed"];

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    mapping: String,
    #[serde(default)]
    q: String,
    /// Counted from 1.
    #[serde(default)]
    page: usize,
}

impl Asked {
    /// The state that is shown: the name that stores know.
    fn state(&self) -> &'static str {
        STATES.into_iter().find(|state| *state == self.state).unwrap_or("open")
    }

    /// The address of the list with another state or page.
    fn to(&self, state: &str, page: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("state", state);
        let said = [("mapping", &self.mapping), ("q", &self.q)];
        query.extend_pairs(said.into_iter().filter(|(_, value)| !value.is_empty()));
        if page > 1 {
            query.append_pair("page", &page.to_string());
        }
        format!("/conflicts?{}", query.finish())
    }
}

#[derive(Template)]
#[template(path = "conflicts/list.html")]
struct ListPage {
    frame: Frame,
    asked: Asked,
    open: u64,
    mappings: Vec<MappingName>,
    rows: Vec<Row>,
    total: u64,
    /// Whether there are more than were looked at.
    cut: bool,
    page: usize,
    pages: usize,
}

impl ListPage {
    /// What is said where there is none.
    fn empty(&self) -> String {
        self.frame.say(&format!("conflicts-none-{}", self.asked.state()))
    }

    /// Whether something can be decided here by this person.
    fn decides(&self) -> bool {
        self.frame.may("review") && matches!(self.asked.state(), "open" | "resolved")
    }
}

/// A conflict in a list.
struct Row {
    id: String,
    subject: String,
    mapping: MappingName,
    place: String,
    /// Told where it is none of the usual ones, two values of a field.
    kind: Option<String>,
    vtiger: Option<String>,
    frappe: Option<String>,
    cause: String,
    decided: Option<String>,
    /// Whether either side's value answers it.
    sided: bool,
}

impl Row {
    fn of(words: &Words, labels: &Labels, standing: &StandingConflict) -> Self {
        let conflict = &standing.met.conflict;
        let values = values(conflict);
        let said = |value: &Value| told::value(words, conflict, value);
        Self {
            id: standing.met.id.0.clone(),
            subject: shown::record(&standing.subject),
            mapping: standing.mapping.clone(),
            place: told::place(labels, conflict),
            kind: (!matches!(conflict, Conflict::Field { .. })).then(|| told::kind(words, conflict)),
            vtiger: values.map(|(vtiger, _)| said(vtiger)),
            frappe: values.map(|(_, frappe)| said(frappe)),
            cause: told::cause(words, labels, conflict),
            decided: told::decided(words, standing),
            sided: standing.takes(&Choice::Vtiger),
        }
    }
}

/// What either side says, where it is about a value.
fn values(conflict: &Conflict) -> Option<(&Value, &Value)> {
    match conflict {
        Conflict::Field { vtiger, frappe, .. } => Some((vtiger, frappe)),
        Conflict::Shared { vtiger, theirs, .. } => Some((vtiger, theirs)),
        _ => None,
    }
}

/// Whether a conflict holds a text, in whatever case.
fn holds(labels: &Labels, standing: &StandingConflict, text: &str) -> bool {
    // Nobody finds out a number by looking for its beginnings.
    let conflict = &guarded::conflict(&standing.met.conflict);
    let values = values(conflict).map(|(vtiger, frappe)| [vtiger.plain(), frappe.plain()]);
    let mut held = vec![standing.subject.to_string(), told::place(labels, conflict)];
    held.extend(conflict.field().map(ToString::to_string));
    held.extend(values.into_iter().flatten());
    if let Conflict::Field { document, .. }
    | Conflict::Submitted { document, .. }
    | Conflict::DeleteEdit { document, .. } = conflict
    {
        held.push(document.to_string());
    }
    held.iter().any(|held| held.to_lowercase().contains(text))
}

/// The page of conflicts that is asked for.
struct Found {
    shown: Vec<StandingConflict>,
    total: u64,
    cut: bool,
    page: usize,
    pages: usize,
}

impl Found {
    async fn of(visit: &Visit, filter: &ConflictFilter, asked: &Asked) -> Result<Self, WebError> {
        let (desk, text) = (&visit.web.desk, asked.q.trim().to_lowercase());
        if text.is_empty() {
            let total = desk.count_conflicts(filter).await?;
            let (page, pages) = place(asked.page, usize::try_from(total).unwrap_or(usize::MAX));
            let shown = desk.conflicts_from(filter, ((page - 1) * ROWS) as u64, PAGE).await?;
            return Ok(Self { shown, total, cut: false, page, pages });
        }
        let mut all = desk.conflicts_from(filter, 0, LOOKED_AT + 1).await?;
        let cut = all.len() > LOOKED_AT as usize;
        all.truncate(LOOKED_AT as usize);
        let labels = Labels::of_conflicts(visit, &all).await?;
        all.retain(|standing| holds(&labels, standing, &text));
        let (page, pages) = place(asked.page, all.len());
        let total = all.len() as u64;
        let shown = all.into_iter().skip((page - 1) * ROWS).take(ROWS).collect();
        Ok(Self { shown, total, cut, page, pages })
    }
}

/// The page that is shown, and how many there are.
fn place(asked: usize, total: usize) -> (usize, usize) {
    let pages = total.div_ceil(ROWS).max(1);
    (asked.clamp(1, pages), pages)
}

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let filter = ConflictFilter {
        mapping: Some(asked.mapping.as_str()).filter(|name| !name.is_empty()).map(MappingName::from),
        states: Some(vec![asked.state()]),
        ..ConflictFilter::default()
    };
    let found = Found::of(&visit, &filter, &asked).await?;
    let mappings = visit.web.office.mappings().await?;
    let labels = Labels::of_conflicts(&visit, &found.shown).await?;
    page(&ListPage {
        frame: visit.frame(Section::Conflicts, "nav-conflicts"),
        open: visit.web.desk.count_open_conflicts(None).await?,
        mappings: mappings.into_iter().map(|about| about.name).collect(),
        rows: found.shown.iter().map(|standing| Row::of(&visit.words, &labels, standing)).collect(),
        total: found.total,
        cut: found.cut,
        page: found.page,
        pages: found.pages,
        asked,
    })
}

/// What the form under the list says: which side, for which conflicts, and where to go back to.
struct Many {
    choice: Option<Choice>,
    ids: Vec<ConflictId>,
    back: Asked,
}

impl Many {
    fn of(body: &str) -> Self {
        let mut many = Self { choice: None, ids: Vec::new(), back: Asked::default() };
        for (name, value) in form_urlencoded::parse(body.as_bytes()) {
            match (&*name, &*value) {
                ("choice", "vtiger") => many.choice = Some(Choice::Vtiger),
                ("choice", "frappe") => many.choice = Some(Choice::Frappe),
                ("id", id) => many.ids.push(ConflictId(id.to_owned())),
                ("state", state) => state.clone_into(&mut many.back.state),
                ("mapping", mapping) => mapping.clone_into(&mut many.back.mapping),
                ("q", text) => text.clone_into(&mut many.back.q),
                _ => {}
            }
        }
        many
    }
}

pub(super) async fn decide(visit: Visit, body: String) -> Answer {
    let many = Many::of(&body);
    let back = many.back.to(many.back.state(), 1);
    let Some(choice) = many.choice else {
        return Err(WebError::invalid("choice", visit.words.say("conflicts-choose-side")));
    };
    if many.ids.is_empty() {
        return done(&back, "conflicts-none-ticked");
    }
    let (_, left) = conflicts::decide_many(&visit, &many.ids, &choice).await?;
    done(&back, if left == 0 { "conflicts-noted" } else { "conflicts-noted-some" })
}
