//! Records and documents that are there on both sides: which of them are one and the same, proposed with why; accepted or
//! rejected one by one or many at once. Nothing is written until a run links them.

use askama::Template;
use axum::extract::{Path, Query};
use cs_domain::{LinkDecision, LinkReason, MappingName, RunStatus};
use cs_ports::{KeptProposal, ProposalFilter, ProposalId, Task};
use serde::Deserialize;

use super::bench::Bench;
use super::{Where, place};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::live::Progress;
use crate::pages::runs::told::Trouble;
use crate::pages::shown;
use crate::sent::Sent;
use crate::visit::{Answer, Visit, done, fragment, page};
use crate::words::Words;
use crate::work::{linking, tasks};

/// Proposals on a page.
const PAGE: u32 = 50;

/// From this score on they are accepted together, where nothing else is said.
const LIKELY: u32 = 85;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    #[serde(flatten)]
    at: Where,
    /// Unit and role in one, as the choice has it: `contact/person`.
    seat: String,
    /// `open`, `accepted`, `rejected`.
    show: String,
    from: u64,
}

impl Asked {
    fn decision(&self) -> Option<LinkDecision> {
        match self.show.as_str() {
            "accepted" => Some(LinkDecision::Accepted),
            "rejected" => Some(LinkDecision::Rejected),
            _ => None,
        }
    }

    fn query(&self) -> String {
        let show = self.decision().map_or("open", decided);
        format!("{}&show={show}", self.at.query())
    }
}

fn decided(decision: LinkDecision) -> &'static str {
    match decision {
        LinkDecision::Accepted => "accepted",
        LinkDecision::Rejected => "rejected",
    }
}

/// A proposal as people read it.
struct Pair {
    id: ProposalId,
    record: String,
    record_address: Option<String>,
    document: String,
    document_address: Option<String>,
    /// What both are called, where they have a name.
    called: (String, String),
    score: u32,
    why: Vec<String>,
    against: Vec<String>,
    who: Option<String>,
}

impl Pair {
    fn of(visit: &Visit, kept: KeptProposal) -> Self {
        let words = &visit.words;
        let reasons = &kept.proposal.reasons;
        let called = reasons.iter().find_map(|reason| match reason {
            LinkReason::Called { record, document } => Some((record.clone(), document.clone())),
            _ => None,
        });
        let (against, why): (Vec<&LinkReason>, Vec<&LinkReason>) =
            reasons.iter().partition(|reason| matches!(reason, LinkReason::Different { .. }));
        let all = |reasons: Vec<&LinkReason>| {
            reasons.into_iter().filter_map(|reason| self::why(words, reason)).collect()
        };
        Self {
            id: kept.id,
            record: shown::record(&kept.proposal.subject),
            record_address: visit.web.office.address_of(&kept.proposal.subject),
            document: shown::record(&kept.proposal.document),
            document_address: visit.web.office.address_of(&kept.proposal.document),
            called: called.unwrap_or_default(),
            score: kept.proposal.score,
            why: all(why),
            against: all(against),
            who: kept.who,
        }
    }
}

/// What speaks for or against a pair; `None`: neither.
fn why(words: &Words, reason: &LinkReason) -> Option<String> {
    let field = |key: &str, field: &String| words.tell(key, &[("field", field.clone().into())]);
    Some(match reason {
        LinkReason::MatchKey { number } => {
            words.tell("linking-why-key", &[("number", (number + 1).to_string().into())])
        }
        LinkReason::SameEmail { field: name } => field("linking-why-email", name),
        LinkReason::SamePhone { field: name } => field("linking-why-phone", name),
        LinkReason::SameDate { field: name } => field("linking-why-date", name),
        LinkReason::SameText { field: name } => field("linking-why-text", name),
        LinkReason::LikeName { percent } => {
            words.tell("linking-why-name", &[("percent", percent.to_string().into())])
        }
        LinkReason::Different { field: name } => field("linking-why-different", name),
        LinkReason::Called { .. } => return None,
    })
}

/// A choice of what is shown.
struct Tab {
    name: &'static str,
    label: String,
    number: u64,
    here: bool,
}

/// The latest search for a document.
struct Search {
    task: Task,
    percent: u64,
    /// Records of VTiger's that were seen so far.
    seen: u64,
    compared: u64,
    expected: u64,
    failure: Option<Trouble>,
    /// What it found, in words, where it came to its end.
    found: Option<String>,
}

impl Search {
    fn of(visit: &Visit, task: Task) -> Self {
        let told = visit.web.hub.progress(&task.id).unwrap_or_else(|| Progress::of(&task));
        let number = |name: &str| task.outcome.get(name).and_then(serde_json::Value::as_u64);
        let words = &visit.words;
        let told_of = |records: u64, documents: u64, pairs: u64| {
            let found = [
                words.count("linking-of-records", &records),
                words.count("linking-of-documents", &documents),
                words.count("linking-of-pairs", &pairs),
            ];
            found.join(" ")
        };
        Self {
            percent: told.percent(),
            seen: told.seen.max(told.expected),
            compared: told.balance.read,
            expected: told.expected,
            failure: task.failure.as_ref().map(|failure| Trouble::of(words, failure)),
            found: number("records")
                .zip(number("documents"))
                .zip(number("pairs"))
                .map(|((records, documents), pairs)| told_of(records, documents, pairs)),
            task,
        }
    }

    fn goes_on(&self) -> bool {
        !self.task.status.is_final()
    }
}

/// What was found for a document, and the search for it.
struct Found {
    name: MappingName,
    asked: Asked,
    search: Option<Search>,
    tabs: Vec<Tab>,
    pairs: Vec<Pair>,
    next: Option<u64>,
    likely: u32,
}

impl Found {
    async fn of(visit: &Visit, name: &MappingName, asked: Asked) -> Result<Self, WebError> {
        let all = filter(name, &asked);
        let mut tabs = Vec::new();
        for decision in [None, Some(LinkDecision::Accepted), Some(LinkDecision::Rejected)] {
            let kept = ProposalFilter { decision: Some(decision), ..all.clone() };
            let show = decision.map_or("open", decided);
            tabs.push(Tab {
                name: show,
                label: visit.words.say(&format!("linking-show-{show}")),
                number: visit.web.desk.count_proposals(&kept).await?,
                here: decision == asked.decision(),
            });
        }
        let wanted = ProposalFilter { decision: Some(asked.decision()), ..all };
        let found = visit.web.desk.proposals(&wanted, asked.from, PAGE + 1).await?;
        let more = found.len() > PAGE as usize;
        let (unit, role) = (asked.at.unit.as_str().into(), asked.at.role.as_str().into());
        let search = linking::latest(visit, name, &unit, &role).await?;
        Ok(Self {
            name: name.clone(),
            search: search.map(|task| Search::of(visit, task)),
            tabs,
            next: more.then_some(asked.from + u64::from(PAGE)),
            pairs: found.into_iter().take(PAGE as usize).map(|kept| Pair::of(visit, kept)).collect(),
            likely: LIKELY,
            asked,
        })
    }

    fn path(&self, tab: &str) -> String {
        place(&self.name, tab)
    }

    /// The search that is under way.
    fn going(&self) -> Option<&Search> {
        self.search.as_ref().filter(|search| search.goes_on())
    }

    /// The search that is over.
    fn last(&self) -> Option<&Search> {
        self.search.as_ref().filter(|search| !search.goes_on())
    }
}

/// Unit and role of a document of the mapping.
struct Seat {
    unit: String,
    role: String,
    here: bool,
}

#[derive(Template)]
#[template(path = "mappings/linking.html")]
struct LinkingPage<'b> {
    frame: Frame,
    bench: &'b Bench,
    seats: Vec<Seat>,
    found: Found,
}

#[derive(Template)]
#[template(path = "mappings/linking_found.html")]
struct FoundPart {
    frame: Frame,
    found: Found,
}

fn filter(name: &MappingName, asked: &Asked) -> ProposalFilter {
    ProposalFilter {
        unit: Some(asked.at.unit.as_str().into()),
        role: Some(asked.at.role.as_str().into()),
        ..ProposalFilter::of(name.clone())
    }
}

pub(super) async fn show(
    visit: Visit,
    Path(name): Path<MappingName>,
    Query(mut asked): Query<Asked>,
) -> Answer {
    let bench = Bench::of(&visit, &name, "linking").await?;
    if let Some((unit, role)) = asked.seat.split_once('/') {
        asked.at = Where { unit: unit.to_owned(), role: role.to_owned() };
    }
    if let Some((unit, document)) = bench.seat(&asked.at) {
        asked.at = Where { unit: unit.name.to_string(), role: document.role.to_string() };
    }
    let units = bench.mapping().map(|mapping| mapping.units.as_slice()).unwrap_or_default();
    let seats = units.iter().flat_map(|unit| unit.documents.iter().map(move |document| (unit, document)));
    let seats = seats.map(|(unit, document)| Seat {
        here: unit.name.as_str() == asked.at.unit && document.role.as_str() == asked.at.role,
        unit: unit.name.to_string(),
        role: document.role.to_string(),
    });
    let seats = seats.collect();
    let found = Found::of(&visit, &name, asked).await?;
    let frame = visit.titled(Section::Mappings, name.to_string());
    page(&LinkingPage { frame, bench: &bench, seats, found })
}

pub(super) async fn found(visit: Visit, Path(name): Path<MappingName>, Query(asked): Query<Asked>) -> Answer {
    let found = Found::of(&visit, &name, asked).await?;
    fragment(&FoundPart { frame: visit.titled(Section::Mappings, name.to_string()), found })
}

pub(super) async fn find(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    let at = Where::of(&sent);
    let (unit, role) = (at.unit.as_str().into(), at.role.as_str().into());
    linking::find(&visit, &name, &unit, &role).await?;
    done(&format!("{}?{}", place(&name, "linking"), at.query()), "linking-begun")
}

pub(super) async fn stop(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    let at = Where::of(&sent);
    let (unit, role) = (at.unit.as_str().into(), at.role.as_str().into());
    let search = linking::latest(&visit, &name, &unit, &role).await?;
    let search = search.ok_or_else(|| WebError::not_there("search", format!("{unit}/{role}")))?;
    tasks::cancel(&visit, &search.id).await?;
    done(&format!("{}?{}", place(&name, "linking"), at.query()), "linking-stopped")
}

pub(super) async fn decide(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    let show = sent.text("show").to_owned();
    let asked = Asked { at: Where::of(&sent), show, ..Asked::default() };
    let back = format!("{}?{}", place(&name, "linking"), asked.query());
    let decision = match sent.text("decision") {
        "accept" | "accept-above" => Some(LinkDecision::Accepted),
        "reject" => Some(LinkDecision::Rejected),
        "undo" => None,
        other => return Err(WebError::not_there("decision", other)),
    };
    let ids: Vec<ProposalId> = if sent.text("decision") == "accept-above" {
        let least = sent.text("least").parse().unwrap_or(LIKELY);
        linking::above(&visit, &filter(&name, &asked), least).await?
    } else {
        sent.ticked("pick").iter().filter_map(|id| id.parse().ok()).collect()
    };
    if ids.is_empty() {
        return done(&back, "linking-none-chosen");
    }
    linking::decide(&visit, &name, &ids, decision).await?;
    done(&back, "linking-decided")
}
