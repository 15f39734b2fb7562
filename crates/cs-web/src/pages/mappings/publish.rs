//! Publishing: what would change, what is wrong, and a word about it.

use askama::Template;
use axum::Form;
use axum::extract::Path;
use cs_domain::MappingName;
use cs_domain::mapping::compare::Difference;
use serde::Deserialize;

use super::bench::Bench;
use super::place;
use crate::frame::{Frame, Section};
use crate::slips::{Slips, refused};
use crate::visit::{Answer, Visit, done, page};
use crate::work::mappings;

#[derive(Template)]
#[template(path = "mappings/publish.html")]
struct PublishPage<'b> {
    frame: Frame,
    bench: &'b Bench,
    /// Against what runs; `None`: it does not run yet, or the draft is no mapping.
    differences: Option<Vec<Difference>>,
    note: String,
    slips: Slips,
    above: Vec<String>,
}

impl<'b> PublishPage<'b> {
    fn of(visit: &Visit, bench: &'b Bench, note: String, slips: Slips) -> Self {
        let running = bench.standing.running.as_ref();
        let differences =
            running.and_then(|running| mappings::difference(visit, &running.text, bench.standing.text()));
        let above = slips.besides(&["note"]).into_iter().map(str::to_owned).collect();
        let frame = visit.titled(Section::Mappings, bench.name().to_string());
        Self { frame, bench, differences, note, slips, above }
    }
}

pub(super) async fn show(visit: Visit, Path(name): Path<MappingName>) -> Answer {
    let bench = Bench::of(&visit, &name, "").await?;
    page(&PublishPage::of(&visit, &bench, String::new(), Slips::default()))
}

#[derive(Deserialize)]
pub(super) struct Publication {
    revision: i64,
    #[serde(default)]
    note: String,
}

pub(super) async fn publish(
    visit: Visit,
    Path(name): Path<MappingName>,
    Form(sent): Form<Publication>,
) -> Answer {
    match mappings::publish(&visit, &name, sent.revision, &sent.note).await {
        Ok(_) => done(&place(&name, "history"), "mapping-published"),
        Err(error) => {
            let slips = Slips::caught(error)?;
            let bench = Bench::of(&visit, &name, "").await?;
            refused(&PublishPage::of(&visit, &bench, sent.note, slips))
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
