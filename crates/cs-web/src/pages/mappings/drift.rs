//! What has changed in the two systems since the mapping last ran, and what its runs do about it.

use askama::Template;
use axum::extract::Path;
use cs_domain::MappingName;

use super::bench::Bench;
use super::place;
use crate::frame::{Frame, Section};
use crate::pages::drifts::Shown;
use crate::visit::{Answer, Visit, done, page};
use crate::work;

#[derive(Template)]
#[template(path = "mappings/drift.html")]
struct DriftPage<'b> {
    frame: Frame,
    bench: &'b Bench,
    /// `None`: it does not run yet.
    drifts: Option<Vec<Shown>>,
    /// When the systems' fields were last looked at.
    looked: Option<jiff::Timestamp>,
}

pub(super) async fn show(visit: Visit, Path(name): Path<MappingName>) -> Answer {
    let bench = Bench::of(&visit, &name, "drift").await?;
    let known = work::drifts::known(&visit, &name).await?;
    let drifts =
        known.map(|known| known.iter().map(|drift| Shown::of(&visit.words, drift)).collect::<Vec<_>>());
    let relied = visit.web.desk.relied_on(&name).await?;
    let sights = visit.web.desk.schema_sights().await?;
    let ours = sights.iter().filter(|sight| {
        relied.iter().any(|relied| relied.system == sight.system && relied.schema.kind == sight.kind)
    });
    let looked = ours.map(|sight| sight.looked).min();
    let frame = visit.titled(Section::Mappings, name.to_string());
    page(&DriftPage { frame, bench: &bench, drifts, looked })
}

pub(super) async fn look(visit: Visit, Path(name): Path<MappingName>) -> Answer {
    work::drifts::look(&visit, &name).await?;
    done(&place(&name, "drift"), "drift-looked")
}

pub(super) async fn accept(visit: Visit, Path(name): Path<MappingName>) -> Answer {
    work::drifts::accept(&visit, &name).await?;
    done(&place(&name, "drift"), "drift-accepted")
}
