//! Publishing: what would change, what is wrong, and a word about it.

use askama::Template;
use axum::Form;
use axum::extract::Path;
use cs_domain::MappingName;
use cs_domain::mapping::compare::Difference;
use cs_ports::LinkCount;
use serde::Deserialize;

use super::bench::Bench;
use super::place;
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::pages::drifts::Shown;
use crate::slips::{Slips, refused};
use crate::visit::{Answer, Visit, done, page};
use crate::work::{self, mappings};

#[derive(Template)]
#[template(path = "mappings/publish.html")]
struct PublishPage<'b> {
    frame: Frame,
    bench: &'b Bench,
    /// Against what runs; `None`: it does not run yet, or the draft is no mapping.
    differences: Option<Vec<Difference>>,
    /// Links that the draft would leave behind, by unit and role.
    lost: Vec<LinkCount>,
    /// What has changed in the two systems under the draft since the mapping last ran.
    drifts: Vec<Shown>,
    /// Whether these changes are accepted with it.
    accept: bool,
    note: String,
    slips: Slips,
    above: Vec<String>,
}

impl<'b> PublishPage<'b> {
    /// How many links would be left behind.
    fn links_lost(&self) -> u64 {
        self.lost.iter().map(|count| count.links).sum()
    }

    async fn of(visit: &Visit, bench: &'b Bench, sent: Publication, slips: Slips) -> Result<Self, WebError> {
        let running = bench.standing.running.as_ref();
        let differences =
            running.and_then(|running| mappings::difference(visit, &running.text, bench.standing.text()));
        let above = slips.besides(&["note"]).into_iter().map(str::to_owned).collect();
        let frame = visit.titled(Section::Mappings, bench.name().to_string());
        let drifts =
            work::drifts::under(visit, bench.name(), bench.standing.text()).await?.unwrap_or_default();
        let drifts = drifts.iter().map(|drift| Shown::of(&visit.words, drift)).collect();
        let lost = mappings::left_behind(visit, bench.name(), bench.standing.text()).await?;
        let (note, accept) = (sent.note, sent.accept_drift.is_some());
        Ok(Self { frame, bench, differences, lost, drifts, accept, note, slips, above })
    }
}

pub(super) async fn show(visit: Visit, Path(name): Path<MappingName>) -> Answer {
    let bench = Bench::of(&visit, &name, "").await?;
    // Whoever publishes after something has changed has most often made the draft fit it.
    let begun =
        Publication { revision: bench.revision(), note: String::new(), accept_drift: Some(String::new()) };
    page(&PublishPage::of(&visit, &bench, begun, Slips::default()).await?)
}

#[derive(Deserialize)]
pub(super) struct Publication {
    revision: i64,
    #[serde(default)]
    note: String,
    /// Ticked: what has changed in the two systems is how things are meant to be.
    accept_drift: Option<String>,
}

pub(super) async fn publish(
    visit: Visit,
    Path(name): Path<MappingName>,
    Form(sent): Form<Publication>,
) -> Answer {
    match mappings::publish(&visit, &name, sent.revision, &sent.note).await {
        Ok(_) => {
            let notice = match sent.accept_drift {
                None => "mapping-published",
                Some(_) => match work::drifts::accept(&visit, &name).await {
                    Ok(()) => "mapping-published-accepted",
                    // It is published all the same; what a system did not answer can be accepted later.
                    Err(_) => "mapping-published-not-accepted",
                },
            };
            done(&place(&name, "history"), notice)
        }
        Err(error) => {
            let slips = Slips::caught(error)?;
            let bench = Bench::of(&visit, &name, "").await?;
            refused(&PublishPage::of(&visit, &bench, sent, slips).await?)
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Dropped {
    revision: i64,
}

pub(super) async fn drop_draft(
    visit: Visit,
    Path(name): Path<MappingName>,
    Form(Dropped { revision }): Form<Dropped>,
) -> Answer {
    mappings::drop_draft(&visit, &name, revision).await?;
    let there = mappings::standing(&visit, &name).await.is_ok();
    done(&if there { place(&name, "") } else { "/mappings".to_owned() }, "mapping-dropped")
}
