//! The text itself, with what is wrong beside it.

use askama::Template;
use axum::Form;
use axum::extract::Path;
use cs_domain::MappingName;
use serde::Deserialize;

use super::bench::Bench;
use super::place;
use crate::frame::{Frame, Section};
use crate::visit::{Answer, Visit, done, page};
use crate::work::mappings;

#[derive(Template)]
#[template(path = "mappings/text.html")]
struct TextPage<'b> {
    frame: Frame,
    bench: &'b Bench,
}

pub(super) async fn show(visit: Visit, Path(name): Path<MappingName>) -> Answer {
    let bench = Bench::of(&visit, &name, "text").await?;
    page(&TextPage { frame: visit.titled(Section::Mappings, name.to_string()), bench: &bench })
}

#[derive(Deserialize)]
pub(super) struct Written {
    revision: i64,
    text: String,
}

pub(super) async fn save(
    visit: Visit,
    Path(name): Path<MappingName>,
    Form(written): Form<Written>,
) -> Answer {
    mappings::write(&visit, &name, written.revision, &written.text).await?;
    done(&place(&name, "text"), "mapping-saved")
}
