//! The first page: what needs attention, the last runs, how the connections are.

use askama::Template;
use cs_domain::{Run, RunStatus};
use cs_ports::{FindingFilter, FindingState, Right, RunFilter, TroubleFilter};

use crate::doors::{Doors, Rule};
use crate::frame::{Frame, Section};
use crate::office::Health;
use crate::visit::{Answer, Visit, page};

/// Runs that are shown.
const RUNS: u32 = 8;

pub(crate) fn doors(doors: Doors) -> Doors {
    doors.get("/", Rule::Needs(Right::Read), show)
}

#[derive(Template)]
#[template(path = "workspace.html")]
struct WorkspacePage {
    frame: Frame,
    conflicts: u64,
    troubles: u64,
    findings: u64,
    runs: Vec<Run>,
    health: Vec<Health>,
    /// Whether the setup is to be finished, for whoever may.
    unfinished: bool,
}

async fn show(visit: Visit) -> Answer {
    let desk = &visit.web.desk;
    let unreviewed = FindingFilter {
        state: Some(FindingState::Open),
        review: Some(String::new()),
        ..FindingFilter::default()
    };
    let troubles = desk.count_troubles(&TroubleFilter::default()).await?;
    page(&WorkspacePage {
        frame: visit.frame(Section::Workspace, "nav-workspace"),
        conflicts: desk.count_open_conflicts(None).await?,
        troubles: troubles.iter().map(|cause| cause.count).sum(),
        findings: desk.count_findings(&unreviewed).await?,
        runs: desk.runs_before(&RunFilter::default(), None, RUNS).await?,
        health: visit.web.office.health().await,
        unfinished: visit.caller.may(Right::Administer) && !visit.web.office.is_set_up().await?,
    })
}
