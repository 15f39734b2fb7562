//! A new mapping: from nothing, or as a copy of another one.

use askama::Template;
use axum::Form;
use axum::extract::Path;
use cs_domain::MappingName;
use serde::Deserialize;

use super::place;
use crate::frame::{Frame, Section};
use crate::sent::Sent;
use crate::slips::{Slips, refused};
use crate::visit::{Answer, Visit, done, page};
use crate::work::mappings::{self, Beginning};

const FIELDS: [&str; 4] = ["name", "title", "module", "doctype"];

#[derive(Template)]
#[template(path = "mappings/new.html")]
struct NewPage {
    frame: Frame,
    wish: Beginning,
    slips: Slips,
    above: Vec<String>,
}

impl NewPage {
    fn of(visit: &Visit, wish: Beginning, slips: Slips) -> Self {
        let above = slips.besides(&FIELDS).into_iter().map(str::to_owned).collect();
        Self { frame: visit.frame(Section::Mappings, "mapping-new"), wish, slips, above }
    }
}

pub(super) async fn show(visit: Visit) -> Answer {
    page(&NewPage::of(&visit, Beginning::default(), Slips::default()))
}

pub(super) async fn begin(visit: Visit, sent: Sent) -> Answer {
    let mut wish = Beginning {
        name: sent.text("name").to_owned(),
        title: sent.text("title").to_owned(),
        module: sent.text("module").to_owned(),
        doctype: sent.text("doctype").to_owned(),
    };
    // Who names the two kinds has said enough: the rest follows from them.
    if wish.name.is_empty() && !wish.module.is_empty() {
        wish.name = mappings::slug(&wish.module);
    }
    if wish.title.is_empty() && !wish.module.is_empty() {
        wish.title = format!("{} ⇄ {}", wish.module, wish.doctype);
    }
    match mappings::begin(&visit, &wish).await {
        Ok(name) => done(&place(&name, ""), "mapping-begun"),
        Err(error) => refused(&NewPage::of(&visit, wish, Slips::caught(error)?)),
    }
}

#[derive(Deserialize)]
pub(super) struct Copy {
    #[serde(default)]
    name: String,
    #[serde(default)]
    title: String,
}

pub(super) async fn copy(
    visit: Visit,
    Path(name): Path<MappingName>,
    Form(Copy { name: called, title }): Form<Copy>,
) -> Answer {
    let title = if title.trim().is_empty() { called.clone() } else { title };
    let made = mappings::copy(&visit, &name, &called, &title).await?;
    done(&place(&made, ""), "mapping-begun")
}
