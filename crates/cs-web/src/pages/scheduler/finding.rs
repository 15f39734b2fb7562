//! One finding: what it says, the row it is from, what happened to it, and what a reviewer says.

use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::http::HeaderMap;
use cs_ports::{FindingChange, FindingEvent, FindingId, Review};
use jiff::Timestamp;
use serde::Deserialize;

use super::asked::Asked;
use super::listing::Row;
use crate::frame::{Frame, Section};
use crate::visit::{Answer, Visit, done, fragment, page};
use crate::work::findings;

/// Something that happened.
struct Happened {
    at: Timestamp,
    run: Option<String>,
    what: String,
}

#[derive(Template)]
#[template(path = "findings/one.html")]
struct FindingPage {
    frame: Frame,
    row: Row,
    company: String,
    reviews: Vec<String>,
    history: Vec<Happened>,
    /// Other findings of this member.
    of_member: Option<String>,
    /// Where the row stands.
    place: Option<String>,
}

#[derive(Template)]
#[template(path = "findings/row.html")]
struct RowPart {
    frame: Frame,
    row: Row,
    reviews: Vec<String>,
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    let finding = findings::one(&visit, &FindingId(id)).await?;
    let history = visit.web.desk.finding_history(&finding.found.id).await?;
    let companies = visit.web.office.companies().await?;
    let company = companies.into_iter().find(|known| known.key == finding.book.company);
    let member = &finding.found.member_id;
    let of_member = (!member.is_empty())
        .then(|| Asked { q: member.clone(), ..Asked::default() }.address("/scheduler/findings"));
    let row = Row::of(&visit, finding);
    page(&FindingPage {
        frame: visit.titled(Section::Scheduler, row.kind.clone()),
        company: company.map_or_else(|| row.finding.book.company.clone(), |known| known.name),
        reviews: visit.web.office.reviews().await?,
        history: history.into_iter().map(|event| happened(&visit, event)).collect(),
        of_member,
        place: row.finding.found.place.as_ref().map(|(sheet, line)| told_place(&visit, sheet, *line)),
        row,
    })
}

fn told_place(visit: &Visit, sheet: &str, line: u32) -> String {
    let line = line.to_string();
    match sheet {
        "" => visit.words.tell("finding-line", &[("line", line.into())]),
        sheet => {
            let sheet = sheet.to_owned();
            visit.words.tell("finding-sheet-line", &[("sheet", sheet.into()), ("line", line.into())])
        }
    }
}

fn happened(visit: &Visit, event: FindingEvent) -> Happened {
    let words = &visit.words;
    let what = match event.what {
        FindingChange::Closed => words.say("finding-was-closed"),
        FindingChange::Reopened => words.say("finding-was-reopened"),
        FindingChange::Reviewed { review, description, by } => {
            let review = if review.is_empty() { words.say("finding-review-none") } else { review };
            let said = [review, description].into_iter().filter(|text| !text.is_empty());
            let said = said.collect::<Vec<_>>().join(" — ");
            match by {
                Some(who) => {
                    words.tell("finding-was-reviewed-by", &[("said", said.into()), ("who", who.into())])
                }
                None => words.tell("finding-was-reviewed", &[("said", said.into())]),
            }
        }
    };
    Happened { at: event.at, run: event.run.map(|run| run.0), what }
}

#[derive(Deserialize)]
pub(super) struct Said {
    review: Option<String>,
    description: Option<String>,
}

/// Notes a review. Of a list, the answer is the finding's row as it is now.
pub(super) async fn review(
    visit: Visit,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(said): Form<Said>,
) -> Answer {
    let said = Review { review: said.review, description: said.description, by: None };
    let finding = findings::review(&visit, &FindingId(id.clone()), said).await?;
    if !headers.contains_key("x-fragment") {
        return done(&format!("/scheduler/findings/{}", finding.found.id), "finding-reviewed");
    }
    fragment(&RowPart {
        frame: visit.titled(Section::Scheduler, String::new()),
        row: Row::of(&visit, finding),
        reviews: visit.web.office.reviews().await?,
    })
}
