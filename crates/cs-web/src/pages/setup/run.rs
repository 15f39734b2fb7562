//! The last step: a first dry run, which writes nothing; and the end of the setup.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect};
use cs_domain::{MappingName, RunStatus};
use cs_ports::{Task, TaskFilter, Work};
use serde_json::{Value as Json, json};

use super::Step;
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::office::MappingAbout;
use crate::sent::Sent;
use crate::slips::{Slips, refused};
use crate::visit::{Answer, Visit, done, page};
use crate::work::{mappings, tasks};

/// Tasks of a mapping that are looked through for a dry run.
const TASKS: u32 = 20;

#[derive(Template)]
#[template(path = "setup/run.html")]
struct RunPage {
    frame: Frame,
    step: Step,
    mappings: Vec<Ready>,
    finished: bool,
    above: Vec<String>,
}

/// A mapping, and its last dry run.
struct Ready {
    about: MappingAbout,
    last: Option<Task>,
}

impl Ready {
    fn fits(&self) -> bool {
        self.about.problems.is_empty() && self.about.missing.is_empty()
    }
}

impl RunPage {
    async fn of(visit: &Visit, slips: &Slips) -> Result<Self, WebError> {
        let mut mappings = Vec::new();
        for about in mappings::that_run(visit).await? {
            let filter = TaskFilter {
                kinds: Some(vec!["sync"]),
                lane: Some(about.name.to_string()),
                ..TaskFilter::default()
            };
            let tasks = visit.web.desk.tasks(&filter, None, TASKS).await?;
            mappings.push(Ready { last: tasks.into_iter().find(|task| task.work.is_dry_run()), about });
        }
        Ok(Self {
            frame: visit.frame(Section::Settings, Step::Run.label()),
            step: Step::Run,
            mappings,
            finished: visit.web.office.is_set_up().await?,
            above: slips.besides(&[]).into_iter().map(str::to_owned).collect(),
        })
    }
}

pub(super) async fn show(visit: Visit) -> Answer {
    page(&RunPage::of(&visit, &Slips::default()).await?)
}

pub(super) async fn start(visit: Visit, sent: Sent) -> Answer {
    let mapping = MappingName::new(sent.text("mapping"));
    let work = Work::Sync {
        mapping: mapping.clone(),
        full: true,
        census: false,
        approved_deletes: None,
        dry_run: true,
    };
    match tasks::add(&visit, work).await {
        Ok(task) => {
            let path = format!("/sync/{mapping}/plans/{}", task.id);
            Ok(Redirect::to(&path).into_response())
        }
        Err(error) => refused(&RunPage::of(&visit, &Slips::caught(error)?).await?),
    }
}

pub(super) async fn finish(visit: Visit) -> Answer {
    visit.web.office.finish_setup().await?;
    visit.record("setup.finish", "settings setup", Json::Null, json!({})).await?;
    done("/", "setup-finished")
}
