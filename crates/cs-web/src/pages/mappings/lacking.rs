//! What Frappe lacks for the mapping as it is being written: shown exactly as it would be created, and created.

use askama::Template;
use axum::extract::Path;
use cs_domain::MappingName;

use super::bench::Bench;
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::office::Probe;
use crate::pages::purposes::{self, Wanted};
use crate::pages::runs::told::Trouble;
use crate::pages::shown;
use crate::sent::Sent;
use crate::visit::{Answer, Visit, page};
use crate::work::preparation;

#[derive(Template)]
#[template(path = "mappings/lacking.html")]
struct LackingPage {
    frame: Frame,
    bench: Bench,
    lacking: Vec<Wanted>,
    /// Why Frappe could not be asked.
    failure: Option<Trouble>,
    /// What became of creating something.
    created: Option<Vec<Probe>>,
    /// Whether what was approved is no longer what is lacking.
    moved: bool,
}

impl LackingPage {
    async fn of(visit: &Visit, name: &MappingName) -> Result<Self, WebError> {
        let bench = Bench::of(visit, name, "").await?;
        let found = visit.web.office.lacking(name, Some(bench.standing.text())).await;
        let (lacking, failure) = match found {
            Ok(lacking) => (Wanted::all(visit, bench.mapping(), lacking).await?, None),
            Err(error) => (Vec::new(), Some(Trouble::of(&visit.words, &error.failure()))),
        };
        let frame = visit.titled(Section::Mappings, name.to_string());
        Ok(Self { frame, bench, lacking, failure, created: None, moved: false })
    }

    /// What can be created here.
    fn ours(&self) -> u64 {
        self.lacking.iter().filter(|wanted| wanted.lacking.is_ours()).count() as u64
    }

    fn seal(&self) -> String {
        purposes::seal(&self.lacking)
    }
}

pub(super) async fn show(visit: Visit, Path(name): Path<MappingName>) -> Answer {
    page(&LackingPage::of(&visit, &name).await?)
}

/// Creates what was shown, where that is still what is lacking.
pub(super) async fn create(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    let standing = crate::work::mappings::standing(&visit, &name).await?;
    match preparation::create(&visit, &name, Some(standing.text()), sent.text("shown")).await? {
        None => page(&LackingPage { moved: true, ..LackingPage::of(&visit, &name).await? }),
        Some(created) => {
            let created = created.into_iter().map(|probe| shown::probe(&visit.words, probe)).collect();
            page(&LackingPage { created: Some(created), ..LackingPage::of(&visit, &name).await? })
        }
    }
}
