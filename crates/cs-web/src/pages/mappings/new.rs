//! A new mapping: from nothing, or as a copy of another one.

use askama::Template;
use axum::Form;
use axum::extract::Path;
use cs_domain::{MappingName, System};
use cs_ports::KindAbout;
use serde::Deserialize;

use super::place;
use crate::frame::{Frame, Section};
use crate::pages::shown;
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
    /// What there is to choose from; empty where the system does not tell.
    modules: Vec<Choice>,
    doctypes: Vec<Choice>,
    /// Why a system did not tell.
    silent: Vec<String>,
    slips: Slips,
    above: Vec<String>,
}

/// A module or DocType to choose.
struct Choice {
    kind: String,
    /// What people call it, where that is something else, and where it belongs.
    about: String,
}

impl NewPage {
    async fn of(visit: &Visit, wish: Beginning, slips: Slips) -> Self {
        let above = slips.besides(&FIELDS).into_iter().map(str::to_owned).collect();
        let frame = visit.frame(Section::Mappings, "mapping-new");
        let mut silent = Vec::new();
        let modules = choices(visit, System::Vtiger, &mut silent).await;
        let doctypes = choices(visit, System::Frappe, &mut silent).await;
        Self { frame, wish, modules, doctypes, silent, slips, above }
    }

    fn is_module(&self, choice: &Choice) -> bool {
        choice.kind == self.wish.module
    }

    fn is_doctype(&self, choice: &Choice) -> bool {
        choice.kind == self.wish.doctype
    }
}

async fn choices(visit: &Visit, system: System, silent: &mut Vec<String>) -> Vec<Choice> {
    let kinds = match visit.web.office.kinds(system).await {
        Ok(kinds) => kinds,
        Err(error) => {
            silent.push(format!("{system}: {}", shown::cause(&visit.words, &error.failure())));
            return Vec::new();
        }
    };
    let choice = |about: &KindAbout| {
        let label = Some(about.label.as_str()).filter(|label| *label != about.kind.as_str());
        let words: Vec<&str> = label.into_iter().chain(about.group.as_deref()).collect();
        Choice { kind: about.kind.to_string(), about: words.join(" · ") }
    };
    kinds.iter().map(choice).collect()
}

pub(super) async fn show(visit: Visit) -> Answer {
    page(&NewPage::of(&visit, Beginning::default(), Slips::default()).await)
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
        Err(error) => {
            // What may be left empty is asked for by nobody: it follows from the module once that is chosen.
            let left: Vec<&str> = [("name", &wish.name), ("title", &wish.title)]
                .into_iter()
                .filter_map(|(field, said)| said.is_empty().then_some(field))
                .collect();
            let slips = Slips::caught(error)?.without(&left);
            refused(&NewPage::of(&visit, wish, slips).await)
        }
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
