//! Records and documents that are there on both sides: which of them are one and the same, proposed with why; accepted or
//! rejected one by one or many at once. Nothing is written until a run links them.

use askama::Template;
use axum::extract::{Path, Query};
use cs_domain::{LinkDecision, LinkReason, MappingName};
use cs_ports::{KeptProposal, ProposalFilter, ProposalId};
use serde::Deserialize;

use super::bench::Bench;
use super::{Where, place};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::pages::shown;
use crate::sent::Sent;
use crate::visit::{Answer, Visit, done, page};
use crate::words::Words;
use crate::work::linking;

/// Proposals on a page.
const PAGE: u32 = 50;

/// From this score on they are accepted together, where nothing else is said.
const LIKELY: u32 = 85;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    #[serde(flatten)]
    at: Where,
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
    score: u32,
    why: Vec<String>,
    against: Vec<String>,
    who: Option<String>,
}

impl Pair {
    fn of(visit: &Visit, kept: KeptProposal) -> Self {
        let words = &visit.words;
        let (against, why): (Vec<&LinkReason>, Vec<&LinkReason>) =
            kept.proposal.reasons.iter().partition(|reason| matches!(reason, LinkReason::Different { .. }));
        let all =
            |reasons: Vec<&LinkReason>| reasons.into_iter().map(|reason| self::why(words, reason)).collect();
        Self {
            id: kept.id,
            record: shown::record(&kept.proposal.subject),
            record_address: visit.web.office.address_of(&kept.proposal.subject),
            document: shown::record(&kept.proposal.document),
            document_address: visit.web.office.address_of(&kept.proposal.document),
            score: kept.proposal.score,
            why: all(why),
            against: all(against),
            who: kept.who,
        }
    }
}

fn why(words: &Words, reason: &LinkReason) -> String {
    let field = |key: &str, field: &String| words.tell(key, &[("field", field.clone().into())]);
    match reason {
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
    }
}

/// A choice of what is shown.
struct Tab {
    name: &'static str,
    label: String,
    number: u64,
    here: bool,
}

#[derive(Template)]
#[template(path = "mappings/linking.html")]
struct LinkingPage<'b> {
    frame: Frame,
    bench: &'b Bench,
    /// Unit and role, for each document of the mapping.
    seats: Vec<(String, String)>,
    asked: Asked,
    tabs: Vec<Tab>,
    pairs: Vec<Pair>,
    next: Option<u64>,
    likely: u32,
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
    if let Some((unit, document)) = bench.seat(&asked.at) {
        asked.at = Where { unit: unit.name.to_string(), role: document.role.to_string() };
    }
    let units = bench.mapping().map(|mapping| mapping.units.as_slice()).unwrap_or_default();
    let seats = units.iter().flat_map(|unit| {
        unit.documents.iter().map(|document| (unit.name.to_string(), document.role.to_string()))
    });
    let seats = seats.collect();
    let all = filter(&name, &asked);
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
    let next = more.then_some(asked.from + u64::from(PAGE));
    let pairs = found.into_iter().take(PAGE as usize).map(|kept| Pair::of(&visit, kept)).collect();
    let frame = visit.titled(Section::Mappings, name.to_string());
    page(&LinkingPage { frame, bench: &bench, seats, asked, tabs, pairs, next, likely: LIKELY })
}

pub(super) async fn find(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    let at = Where::of(&sent);
    let (unit, role) = (at.unit.as_str().into(), at.role.as_str().into());
    let gathered = linking::find(&visit, &name, &unit, &role).await?;
    let notice = if gathered.proposals.is_empty() { "linking-found-none" } else { "linking-found" };
    done(&format!("{}?{}", place(&name, "linking"), at.query()), notice)
}

pub(super) async fn decide(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    let asked = Asked { at: Where::of(&sent), show: sent.text("show").to_owned(), from: 0 };
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
