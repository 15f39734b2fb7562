//! Causes first: what goes wrong, how often, what to do. Then the units, one by one.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use cs_domain::MappingName;
use cs_ports::{Counted, TroubleFilter, TroubledUnit};
use jiff::Timestamp;
use serde::Deserialize;

use super::told::{self, Told};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::pages::records::address;
use crate::pages::shown;
use crate::visit::{Answer, Visit, done, page};
use crate::work::{errors, syncs};

const PAGE: u32 = 50;

/// Causes that are explained; the rest are rare, and in the list below.
const CAUSES: usize = 12;

/// What the filters say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    mapping: String,
    code: String,
    q: String,
    /// Counted from 1.
    page: String,
}

impl Asked {
    fn filter(&self) -> TroubleFilter {
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        TroubleFilter {
            mapping: said(&self.mapping).map(MappingName::from),
            code: said(&self.code),
            text: said(&self.q),
        }
    }

    /// The address of the list, narrowed to a code, on a page.
    fn to(&self, code: &str, page: u64) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let said = [("mapping", &*self.mapping), ("code", code), ("q", &*self.q)];
        query.extend_pairs(said.into_iter().filter(|(_, value)| !value.is_empty()));
        if page > 1 {
            query.append_pair("page", &page.to_string());
        }
        let query = query.finish();
        if query.is_empty() { "/errors".to_owned() } else { format!("/errors?{query}") }
    }
}

/// A cause with all its units.
struct Cause {
    code: String,
    count: u64,
    meaning: String,
    /// Whether the meaning is only what was said of one of them.
    is_example: bool,
    /// Whether those are English where the page is not.
    is_foreign: bool,
    remedy: String,
    advice: String,
    /// Whether this is what the list is narrowed to.
    chosen: bool,
    address: String,
    /// Deletes are approved on their mapping's page: trying again would stop at the brake again.
    approve: Option<MappingName>,
}

/// A failed unit in the list.
struct Row {
    mapping: MappingName,
    record: String,
    /// The page of its failure.
    address: Option<String>,
    failure: Option<Told>,
    /// Failures besides the first.
    more: u64,
    attempts: u64,
    next: (&'static str, String),
    /// Whether it waits for somebody's approval, and not for another try.
    braked: bool,
    system: &'static str,
    kind: String,
    id: String,
}

#[derive(Template)]
#[template(path = "errors/list.html")]
struct ListPage {
    frame: Frame,
    asked: Asked,
    mappings: Vec<MappingName>,
    causes: Vec<Cause>,
    rows: Vec<Row>,
    total: u64,
    page: u64,
    pages: u64,
}

impl ListPage {
    /// The address of this page of the list.
    fn here(&self) -> String {
        self.asked.to(&self.asked.code, self.page)
    }

    fn narrows(&self) -> bool {
        [&self.asked.mapping, &self.asked.code, &self.asked.q].iter().any(|said| !said.is_empty())
    }
}

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Answer {
    let desk = &visit.web.desk;
    let filter = asked.filter();
    let any_code = TroubleFilter { code: None, ..filter.clone() };
    let counted = desk.count_troubles(&any_code).await?;
    let is_asked = |counted: &&Counted| filter.code.as_ref().is_none_or(|code| *code == counted.what);
    let total: u64 = counted.iter().filter(is_asked).map(|counted| counted.count).sum();
    let pages = total.div_ceil(u64::from(PAGE)).max(1);
    let number = asked.page.parse().unwrap_or(1).clamp(1, pages);
    let troubles = desk.troubles(&filter, (number - 1) * u64::from(PAGE), PAGE).await?;
    let now = visit.web.clock.now();
    let mappings = visit.web.office.mappings().await?;
    page(&ListPage {
        frame: visit.frame(Section::Errors, "nav-errors"),
        mappings: mappings.into_iter().map(|about| about.name).collect(),
        causes: causes(&visit, &asked, &any_code, counted).await?,
        rows: troubles.iter().map(|trouble| row(&visit, trouble, now)).collect(),
        total,
        page: number,
        pages,
        asked,
    })
}

async fn causes(
    visit: &Visit,
    asked: &Asked,
    filter: &TroubleFilter,
    counted: Vec<Counted>,
) -> Result<Vec<Cause>, WebError> {
    let mut causes = Vec::new();
    for Counted { what, count } in counted.into_iter().take(CAUSES) {
        let of_code = TroubleFilter { code: Some(what.clone()), ..filter.clone() };
        let Some(example) = visit.web.desk.troubles(&of_code, 0, 1).await?.pop() else { continue };
        let Some(failure) = example.outcome.failures.first() else { continue };
        let words = &visit.words;
        let (meaning, said) = (told::meaning(words, &what), shown::said(words, &failure.cause));
        let key = format!("trouble-{}-remedy", what.replace(['.', '_'], "-"));
        causes.push(Cause {
            is_example: meaning.is_none(),
            is_foreign: meaning.is_none() && said.1,
            meaning: meaning.unwrap_or(said.0),
            remedy: words.said(&key).unwrap_or_else(|| shown::remedy(words, failure)),
            advice: told::advice(words, failure.advice),
            chosen: asked.code == what,
            address: asked.to(if asked.code == what { "" } else { &what }, 1),
            approve: (what == syncs::BRAKE).then(|| example.outcome.key.mapping.clone()),
            code: what,
            count,
        });
    }
    Ok(causes)
}

fn row(visit: &Visit, trouble: &TroubledUnit, now: Timestamp) -> Row {
    let outcome = &trouble.outcome;
    let subject = &outcome.key.subject;
    let address = address::of_failure(&outcome.key.mapping, subject);
    Row {
        mapping: outcome.key.mapping.clone(),
        record: shown::record(subject),
        failure: outcome.failures.first().map(|failure| Told::of(&visit.words, failure)),
        more: (outcome.failures.len() as u64).saturating_sub(1),
        attempts: u64::from(outcome.attempts),
        next: told::next(&visit.words, trouble, now),
        braked: told::is_braked(trouble),
        system: subject.system.as_str(),
        kind: subject.kind.to_string(),
        // Where the name is one that nobody is to see, the unit is tried again with all of its cause.
        id: address.as_ref().map(|_| subject.id.to_string()).unwrap_or_default(),
        address,
    }
}

/// Tries every unit again that fails for the cause, within what the list was narrowed to.
pub(super) async fn retry_all(visit: Visit, Form(asked): Form<Asked>) -> Answer {
    let filter = asked.filter();
    if filter.code.is_none() {
        return Err(WebError::invalid("code", visit.words.say("errors-no-cause")));
    }
    let retried = errors::retry_all(&visit, &filter).await?;
    done(&asked.to(&asked.code, 1), notice(retried))
}

/// What is said of a retry.
pub(super) fn notice(retried: errors::Retried) -> &'static str {
    match retried {
        errors::Retried { units: 0, .. } => "errors-retry-none",
        errors::Retried { started: true, .. } => "errors-retry-started",
        errors::Retried { .. } => "errors-retry-noted",
    }
}
