//! A tab: shown, saved, its connection tested.

use askama::Template;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect};

use super::field::{Field, fields};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::office::{Connection, Probe, SettingKind, SettingsTab};
use crate::sent::Sent;
use crate::slips::{Slips, refused};
use crate::visit::{Answer, Visit, done, fragment, page};
use crate::words::Words;
use crate::work::settings::{self, changes};

#[derive(Template)]
#[template(path = "settings/tab.html")]
struct TabPage {
    frame: Frame,
    /// Every tab: its name and what it is called.
    tabs: Vec<(String, String)>,
    name: String,
    help: Option<String>,
    fields: Vec<Field>,
    /// Whether anything can be changed here.
    open: bool,
    testable: bool,
    above: Vec<String>,
    /// What a test found, where one was made.
    probes: Option<Vec<Probe>>,
}

impl TabPage {
    async fn of(visit: &Visit, name: &str, sent: Option<&Sent>, slips: &Slips) -> Result<Self, WebError> {
        let tabs = visit.web.office.settings().await?;
        let tab = tabs.iter().find(|tab| tab.name == name);
        let tab = tab.ok_or_else(|| WebError::not_there("settings tab", name))?;
        let keys: Vec<&str> = tab.settings.iter().map(|setting| setting.key.as_str()).collect();
        Ok(Self {
            frame: visit.frame(Section::Settings, "nav-settings"),
            tabs: tabs.iter().map(|tab| (tab.name.clone(), called(&visit.words, tab))).collect(),
            name: name.to_owned(),
            help: visit.words.said(&format!("settings-tab-{name}-help")),
            fields: fields(&visit.words, tab, sent, slips),
            open: tab.settings.iter().any(|setting| setting.fixed_by.is_none()),
            testable: tab.testable && Connection::parse(name).is_some(),
            above: slips.besides(&keys).into_iter().map(str::to_owned).collect(),
            probes: None,
        })
    }
}

fn called(words: &Words, tab: &SettingsTab) -> String {
    words.said(&format!("settings-tab-{}", tab.name)).unwrap_or_else(|| tab.name.clone())
}

/// What a test of a connection found.
#[derive(Template)]
#[template(path = "settings/probes.html")]
pub(crate) struct ProbesPart {
    pub(crate) frame: Frame,
    pub(crate) probes: Vec<Probe>,
}

pub(super) async fn first(visit: Visit) -> Answer {
    let tabs = visit.web.office.settings().await?;
    let first = tabs.first().ok_or_else(|| WebError::not_there("settings tab", ""))?;
    Ok(Redirect::to(&format!("/settings/{}", first.name)).into_response())
}

pub(super) async fn show(visit: Visit, Path(name): Path<String>) -> Answer {
    page(&TabPage::of(&visit, &name, None, &Slips::default()).await?)
}

pub(super) async fn save(visit: Visit, Path(name): Path<String>, sent: Sent) -> Answer {
    let tab = settings::tab(&visit, &name).await?;
    match settings::save(&visit, &name, &changes(&tab, &sent)).await {
        Ok(changed) => {
            done(&format!("/settings/{name}"), if changed { "settings-saved" } else { "settings-as-before" })
        }
        Err(error) => {
            let slips = Slips::caught(error)?;
            refused(&TabPage::of(&visit, &name, Some(&sent), &slips).await?)
        }
    }
}

/// Tests with what is typed, before it is kept.
pub(super) async fn test(visit: Visit, Path(name): Path<String>, headers: HeaderMap, sent: Sent) -> Answer {
    let tab = settings::tab(&visit, &name).await?;
    let connection = Connection::parse(&name).ok_or_else(|| WebError::not_there("connection", &name))?;
    let probes = settings::test(&visit, connection, &changes(&tab, &sent)).await;
    if headers.contains_key("x-fragment") {
        return fragment(&ProbesPart { frame: visit.frame(Section::Settings, "nav-settings"), probes });
    }
    let shown = TabPage::of(&visit, &name, Some(&sent), &Slips::default()).await?;
    page(&TabPage { probes: Some(probes), ..shown })
}
