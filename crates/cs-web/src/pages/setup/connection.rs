//! The connections: what each needs, tested as it is typed; or the sandbox in their place.

use askama::Template;
use axum::extract::Path;

use super::Step;
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::office::{Connection, SettingKind};
use crate::pages::settings::{Field, fields};
use crate::sent::Sent;
use crate::slips::{Slips, refused};
use crate::visit::{Answer, Visit, done, page};
use crate::work::settings::{self, changes};

/// What each connection cannot do without; everything else can wait.
const NEEDED: [&str; 11] = [
    "vtiger.url",
    "vtiger.user",
    "vtiger.access_key",
    "frappe.url",
    "frappe.api_key",
    "frappe.api_secret",
    "database.type",
    "database.host",
    "database.port",
    "database.user",
    "database.name",
];

#[derive(Template)]
#[template(path = "setup/connection.html")]
struct ConnectionPage {
    frame: Frame,
    step: Step,
    name: String,
    /// What it cannot do without.
    needed: Fields,
    /// Everything else.
    others: Fields,
    above: Vec<String>,
}

/// Settings as the template of settings wants them.
#[derive(Template)]
#[template(path = "settings/fields.html")]
struct Fields {
    frame: Frame,
    fields: Vec<Field>,
}

impl ConnectionPage {
    async fn of(visit: &Visit, name: &str, sent: Option<&Sent>, slips: &Slips) -> Result<Self, WebError> {
        let step = step(name)?;
        let tab = settings::tab(visit, name).await?;
        let keys: Vec<&str> = tab.settings.iter().map(|setting| setting.key.as_str()).collect();
        let above = slips.besides(&keys).into_iter().map(str::to_owned).collect();
        let all = fields(&visit.words, &tab, sent, slips);
        let is_needed =
            |field: &Field| NEEDED.contains(&field.key.as_str()) || field.kind == SettingKind::Secret;
        let (needed, others) = all.into_iter().partition(is_needed);
        let frame = || visit.frame(Section::Settings, step.label());
        Ok(Self {
            frame: frame(),
            step,
            name: name.to_owned(),
            needed: Fields { frame: frame(), fields: needed },
            others: Fields { frame: frame(), fields: others },
            above,
        })
    }
}

fn step(name: &str) -> Result<Step, WebError> {
    match Connection::parse(name) {
        Some(Connection::Vtiger) => Ok(Step::Vtiger),
        Some(Connection::Frappe) => Ok(Step::Frappe),
        Some(Connection::Database) => Ok(Step::Database),
        None => Err(WebError::not_there("connection", name)),
    }
}

pub(super) async fn show(visit: Visit, Path(name): Path<String>) -> Answer {
    page(&ConnectionPage::of(&visit, &name, None, &Slips::default()).await?)
}

pub(super) async fn save(visit: Visit, Path(name): Path<String>, sent: Sent) -> Answer {
    let step = step(&name)?;
    let tab = settings::tab(&visit, &name).await?;
    match settings::save(&visit, &name, &changes(&tab, &sent)).await {
        Ok(true) => done(step.next().path(), "settings-saved"),
        Ok(false) => done(step.next().path(), "settings-as-before"),
        Err(error) => {
            let slips = Slips::caught(error)?;
            refused(&ConnectionPage::of(&visit, &name, Some(&sent), &slips).await?)
        }
    }
}

/// Takes the built-in stand-ins as the two systems.
pub(super) async fn use_sandbox(visit: Visit) -> Answer {
    let change = visit.web.office.use_sandbox().await?;
    visit.record("setup.sandbox", "settings sandbox", change.before, change.after).await?;
    done(Step::Check.path(), "setup-sandbox-used")
}
