//! The check: rights and fields of both systems, and what Frappe lacks, which is created after it was shown.

use askama::Template;
use axum::extract::Path;
use cs_domain::MappingName;
use cs_domain::mapping::parse_with;

use super::Step;
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::office::{Connection, MappingAbout, Probe};
use crate::pages::purposes::{self, Wanted};
use crate::pages::runs::told::Trouble;
use crate::pages::shown;
use crate::sent::Sent;
use crate::visit::{Answer, Visit, page};
use crate::work::settings::{self, Changes};
use crate::work::{mappings, preparation};

#[derive(Template)]
#[template(path = "setup/check.html")]
struct CheckPage {
    frame: Frame,
    step: Step,
    connections: Vec<Checked>,
    mappings: Vec<Needs>,
    /// What became of creating something.
    created: Option<Vec<Probe>>,
    /// Whether what was approved is no longer what is lacking.
    moved: bool,
}

/// A connection, and what its test found.
struct Checked {
    name: String,
    /// Whether all of it is as it must be.
    good: bool,
    probes: Vec<Probe>,
}

/// A mapping, and what Frappe lacks for it.
struct Needs {
    about: MappingAbout,
    /// Nothing is known where Frappe does not answer as it must.
    lacking: Option<Result<Vec<Wanted>, Trouble>>,
}

impl Needs {
    fn lacking(&self) -> &[Wanted] {
        match &self.lacking {
            Some(Ok(lacking)) => lacking,
            Some(Err(_)) | None => &[],
        }
    }

    fn failure(&self) -> Option<&Trouble> {
        self.lacking.as_ref()?.as_ref().err()
    }

    /// What names exactly this list: what was shown is what is created, or nothing is.
    fn seal(&self) -> String {
        purposes::seal(self.lacking())
    }
}

impl CheckPage {
    async fn of(visit: &Visit) -> Result<Self, WebError> {
        let (vtiger, frappe) =
            tokio::join!(checked(visit, Connection::Vtiger), checked(visit, Connection::Frappe));
        // A Frappe that lacks what is to be created is not as it must be, and answers all the same.
        let reachable = frappe.probes.iter().any(|probe| probe.good);
        let mut mappings = Vec::new();
        for about in mappings::that_run(visit).await? {
            if !about.problems.is_empty() {
                continue;
            }
            let lacking = if reachable { Some(lacking(visit, &about.name).await?) } else { None };
            mappings.push(Needs { about, lacking });
        }
        Ok(Self {
            frame: visit.frame(Section::Settings, Step::Check.label()),
            step: Step::Check,
            connections: vec![vtiger, frappe],
            mappings,
            created: None,
            moved: false,
        })
    }
}

async fn checked(visit: &Visit, connection: Connection) -> Checked {
    let probes = settings::test(visit, connection, &Changes::new()).await;
    let good = !probes.is_empty() && probes.iter().all(|probe| probe.good);
    Checked { name: visit.words.connection(&connection), good, probes }
}

/// What Frappe lacks for a mapping, or why it did not say.
async fn lacking(visit: &Visit, name: &MappingName) -> Result<Result<Vec<Wanted>, Trouble>, WebError> {
    let office = &visit.web.office;
    let found = match office.lacking(name, None).await {
        Ok(found) => found,
        Err(error) => return Ok(Err(Trouble::of(&visit.words, &error.failure()))),
    };
    let running = office.running_mapping(name).await?;
    let parsed = running.and_then(|running| parse_with(&running.text, &office.own_transforms()).ok());
    Wanted::all(visit, parsed.as_ref().map(|parsed| &parsed.mapping), found).await.map(Ok)
}

pub(super) async fn show(visit: Visit) -> Answer {
    page(&CheckPage::of(&visit).await?)
}

/// Creates what was shown, where that is still what is lacking.
pub(super) async fn create(visit: Visit, Path(mapping): Path<MappingName>, sent: Sent) -> Answer {
    match preparation::create(&visit, &mapping, None, sent.text("shown")).await? {
        None => page(&CheckPage { moved: true, ..CheckPage::of(&visit).await? }),
        Some(created) => {
            let created = created.into_iter().map(|probe| shown::probe(&visit.words, probe)).collect();
            page(&CheckPage { created: Some(created), ..CheckPage::of(&visit).await? })
        }
    }
}
