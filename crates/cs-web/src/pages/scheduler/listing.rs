//! The list of findings, as the page of all of them and the sync log of one task show it.

use std::collections::BTreeMap;

use cs_ports::{Counted, FindingGroup, FindingQuery, FindingState, StandingFinding};

use super::asked::Asked;
use crate::error::WebError;
use crate::frame::Frame;
use crate::visit::Visit;

/// Findings a page.
pub(crate) const PAGE: u32 = 50;

/// A finding in a list.
pub(crate) struct Row {
    pub(crate) finding: StandingFinding,
    pub(crate) kind: String,
    pub(crate) text: String,
}

impl Row {
    pub(crate) fn of(visit: &Visit, finding: StandingFinding) -> Self {
        let (office, language) = (&visit.web.office, visit.words.language);
        Self {
            kind: office.finding_kind(&finding.found.kind, language),
            text: office.finding_text(&finding.found, language),
            finding,
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.finding.found.id.0
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.finding.state == FindingState::Closed
    }

    /// Who it is about, for labels: the member, else the order, else the id.
    pub(crate) fn about(&self) -> &str {
        let found = &self.finding.found;
        let order = found.salesorder_no.as_deref().unwrap_or(&found.id.0);
        if found.member_id.is_empty() { order } else { &found.member_id }
    }

    /// How high its description is drawn: all of it is to be read, unless somebody wrote a letter.
    pub(crate) fn lines(&self) -> usize {
        lines(&self.finding.description)
    }

    /// The address that looks its order up.
    pub(crate) fn order_address(&self) -> Option<String> {
        let order = self.finding.found.salesorder_no.as_deref()?;
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", order).finish();
        Some(format!("/records?{query}"))
    }
}

/// Characters that the list has room for in a line of a description, and lines that it shows of a long one.
const LINE: usize = 22;
const LINES: usize = 6;

/// How many lines a text takes in the list.
fn lines(text: &str) -> usize {
    let lines = text.split('\n').map(|line| line.chars().count().div_ceil(LINE).max(1)).sum::<usize>();
    lines.clamp(1, LINES)
}

/// One of what a select offers.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) chosen: bool,
}

/// A column that the list can be sorted by.
pub(crate) struct Column {
    pub(crate) label: String,
    pub(crate) address: String,
    /// For whoever does not see the arrow.
    pub(crate) sorted: Option<&'static str>,
}

/// A page of findings, with what stands around it.
pub(crate) struct Listing {
    /// Where it is: the page whose address its links change.
    pub(crate) path: String,
    pub(crate) asked: Asked,
    pub(crate) rows: Vec<Row>,
    pub(crate) total: u64,
    pub(crate) pages: u64,
    pub(crate) kinds: Vec<Choice>,
    /// What reviewers can say.
    pub(crate) reviews: Vec<String>,
    /// The task whose log it is; none of the list of all.
    pub(crate) task: Option<String>,
}

impl Listing {
    /// Asks for a page. `asked` as it stands in addresses; `run` narrows it further where it is a task's log.
    pub(crate) async fn of(visit: &Visit, path: String, asked: Asked) -> Result<Self, WebError> {
        let query = asked.query()?;
        let mut page = asked.page();
        let mut found = rows(visit, &query, page).await?;
        let is_all = page == 1 && query.filter.kind.is_none() && found.len() < PAGE as usize;
        let counted = if is_all { by_kind(&found) } else { count_by_kind(visit, &query).await? };
        let fits = |counted: &&Counted| query.filter.kind.as_ref().is_none_or(|kind| *kind == counted.what);
        let total: u64 = counted.iter().filter(fits).map(|counted| counted.count).sum();
        let pages = total.div_ceil(u64::from(PAGE)).max(1);
        if page > pages {
            page = pages;
            found = rows(visit, &query, page).await?;
        }
        Ok(Self {
            path,
            rows: found.into_iter().map(|finding| Row::of(visit, finding)).collect(),
            total,
            pages,
            kinds: kinds(visit, counted, &asked.kind),
            reviews: visit.web.office.reviews().await?,
            task: None,
            asked: asked.on_page(page),
        })
    }

    /// The same as the log of a task.
    pub(crate) fn of_task(self, task: String) -> Self {
        Self { task: Some(task), ..self }
    }

    pub(crate) fn page(&self) -> u64 {
        self.asked.page()
    }

    /// Which rows these are: `51–100 of 1,234 findings`.
    pub(crate) fn counted(&self, frame: &Frame) -> String {
        let before = (self.page() - 1) * u64::from(PAGE);
        let number = |number: u64| frame.words.number(&number);
        let parameters = [
            ("first", number(before + 1).into()),
            ("last", number(before + self.rows.len() as u64).into()),
            ("count", self.total.into()),
            ("number", number(self.total).into()),
        ];
        frame.words.tell("finding-counted", &parameters)
    }

    /// `Page 2 of 25`.
    pub(crate) fn paged(&self, frame: &Frame) -> String {
        let number = |number: u64| frame.words.number(&number);
        let parameters = [("page", number(self.page()).into()), ("pages", number(self.pages).into())];
        frame.words.tell("finding-paged", &parameters)
    }

    /// The address of this list as it is asked for. A task's log is narrowed to its run by its path.
    fn at(&self, asked: &Asked, path: &str) -> String {
        let of_path = self.task.is_some() && path.starts_with(&self.path);
        let run = if of_path { String::new() } else { asked.run.clone() };
        Asked { run, ..asked.clone() }.address(path)
    }

    pub(crate) fn page_address(&self, page: u64) -> String {
        self.at(&self.asked.on_page(page), &self.path)
    }

    /// Where the rows are asked for anew.
    pub(crate) fn rows_address(&self) -> String {
        self.at(&self.asked, &format!("{}/rows", self.path))
    }

    pub(crate) fn export_address(&self, form: &str) -> String {
        self.at(&self.asked.on_page(1), &format!("/scheduler/findings/export.{form}"))
    }

    /// The list without what narrows it.
    pub(crate) fn whole_address(&self) -> &str {
        &self.path
    }

    pub(crate) fn column(&self, frame: &Frame, name: &str) -> Column {
        let turned = self.asked.sort.strip_prefix('-');
        let sorted = match turned {
            Some(turned) if turned == name => Some("descending"),
            None if self.asked.sort == name => Some("ascending"),
            _ => None,
        };
        Column {
            label: frame.say(&format!("finding-column-{name}")),
            address: self.at(&self.asked.sorted_by(name), &self.path),
            sorted,
        }
    }

    /// What a form of the list carries besides what it asks.
    pub(crate) fn carried(&self) -> Vec<(&'static str, &str)> {
        self.asked.pairs()
    }

    /// What a review can be, with what stands there now, and nothing.
    pub(crate) fn review_filters(&self, frame: &Frame) -> Vec<Choice> {
        let asked = &self.asked.review;
        let choice =
            |value: &str, label: String| Choice { value: value.to_owned(), label, chosen: value == asked };
        let mut choices = vec![
            choice("", frame.say("finding-review-any")),
            choice("none", frame.say("finding-review-none")),
        ];
        choices.extend(self.reviews.iter().map(|review| choice(review, review.clone())));
        choices
    }

    pub(crate) fn state_filters(&self, frame: &Frame) -> Vec<Choice> {
        let asked = if self.asked.state.is_empty() { "all" } else { &self.asked.state };
        ["all", "open", "closed"]
            .map(|state| Choice {
                value: state.to_owned(),
                label: frame.say(&format!("finding-state-{state}")),
                chosen: state == asked,
            })
            .into()
    }
}

async fn rows(visit: &Visit, query: &FindingQuery, page: u64) -> Result<Vec<StandingFinding>, WebError> {
    let before = (page - 1).saturating_mul(u64::from(PAGE));
    Ok(visit.web.desk.query_findings(query, before, PAGE).await?)
}

/// How many there are of each kind, whatever kind is asked for.
async fn count_by_kind(visit: &Visit, query: &FindingQuery) -> Result<Vec<Counted>, WebError> {
    let mut of_any_kind = query.clone();
    of_any_kind.filter.kind = None;
    Ok(visit.web.desk.count_findings_by(&of_any_kind, FindingGroup::Kind).await?)
}

/// The same of findings that are at hand: whoever searches a hundred thousand for one is not to wait for them twice.
fn by_kind(found: &[StandingFinding]) -> Vec<Counted> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in found {
        *counts.entry(&finding.found.kind).or_default() += 1;
    }
    let mut counted: Vec<Counted> =
        counts.into_iter().map(|(kind, count)| Counted { what: kind.to_owned(), count }).collect();
    counted.sort_by_key(|counted| std::cmp::Reverse(counted.count));
    counted
}

/// The kinds there are, with how many of each; the one asked for stays to be seen where there is none of it.
fn kinds(visit: &Visit, counted: Vec<Counted>, asked: &str) -> Vec<Choice> {
    let missing = !asked.is_empty() && counted.iter().all(|counted| counted.what != asked);
    let none = missing.then(|| Counted { what: asked.to_owned(), count: 0 });
    let label = |counted: &Counted| {
        let kind = visit.web.office.finding_kind(&counted.what, visit.words.language);
        format!("{kind} ({})", visit.words.number(&counted.count))
    };
    let choice = |counted: Counted| Choice {
        label: label(&counted),
        chosen: counted.what == asked,
        value: counted.what,
    };
    counted.into_iter().chain(none).map(choice).collect()
}
