//! Settings: looked at, changed, their connections tested. Secrets go in and never come out.

use axum::Json;
use cs_ports::Right;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Given;
use super::asked::{Named, Said};
use super::paging::Page;
use crate::doors::{Doors, Rule};
use crate::error::WebError;
use crate::office::{Connection, Probe, Setting, SettingKind, Slip};
use crate::visit::Visit;
use crate::work::settings::{self, Changes};

pub(super) fn doors(doors: Doors) -> Doors {
    let configures = Rule::Needs(Right::Configure);
    doors.api(configures, routes!(list)).api(configures, routes!(change)).api(configures, routes!(test))
}

/// What a setting holds.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Holds {
    Text,
    Lines,
    Number,
    Switch,
    Choice,
    Secret,
}

/// A setting.
#[derive(Debug, Serialize, ToSchema)]
struct SettingShown {
    /// Its name, as configuration files have it: `vtiger.url`.
    key: String,
    tab: String,
    kind: Holds,
    /// What can be chosen.
    choices: Vec<String>,
    /// Its value; empty for secrets.
    value: String,
    /// Whether it has a value, secrets included.
    set: bool,
    /// The file or variable that fixes it; then it cannot be changed here.
    fixed_by: Option<String>,
}

impl SettingShown {
    fn of(tab: &str, setting: Setting) -> Self {
        let (kind, choices) = match setting.kind {
            SettingKind::Text => (Holds::Text, Vec::new()),
            SettingKind::Lines => (Holds::Lines, Vec::new()),
            SettingKind::Number => (Holds::Number, Vec::new()),
            SettingKind::Switch => (Holds::Switch, Vec::new()),
            SettingKind::Choice { choices } => (Holds::Choice, choices),
            SettingKind::Secret => (Holds::Secret, Vec::new()),
        };
        let is_secret = matches!(kind, Holds::Secret);
        Self {
            key: setting.key,
            tab: tab.to_owned(),
            kind,
            choices,
            value: if is_secret { String::new() } else { setting.value },
            set: setting.set,
            fixed_by: setting.fixed_by,
        }
    }
}

/// Settings, tab by tab
#[utoipa::path(get, path = "/api/v1/settings", operation_id = "list_settings", tag = "configuration",
    responses((status = 200, description = "All of them", body = Page<SettingShown>)))]
async fn list(visit: Visit) -> Given<Page<SettingShown>> {
    Ok(Json(shown(&visit).await?))
}

async fn shown(visit: &Visit) -> Result<Page<SettingShown>, WebError> {
    let tabs = visit.web.office.settings().await?.into_iter();
    let settings = tabs.flat_map(|tab| {
        let name = tab.name;
        tab.settings.into_iter().map(move |setting| SettingShown::of(&name, setting)).collect::<Vec<_>>()
    });
    Ok(Page::whole(settings))
}

/// Settings by key; null takes back what was set.
#[derive(Debug, Deserialize, ToSchema)]
struct ChangesSaid {
    #[serde(default)]
    changes: Changes,
}

/// What no page could change, programs cannot either.
async fn expect_open(visit: &Visit, changes: &Changes) -> Result<(), WebError> {
    let tabs = visit.web.office.settings().await?;
    let known: Vec<&Setting> = tabs.iter().flat_map(|tab| &tab.settings).collect();
    let slip = |key: &String| {
        let setting = known.iter().find(|setting| setting.key == *key);
        let message = match setting.map(|setting| &setting.fixed_by) {
            None => visit.words.say("api-setting-unknown"),
            Some(Some(by)) => visit.words.tell("api-setting-fixed", &[("by", by.clone().into())]),
            Some(None) => return None,
        };
        Some(Slip { field: key.clone(), message })
    };
    let slips: Vec<Slip> = changes.keys().filter_map(slip).collect();
    if slips.is_empty() { Ok(()) } else { Err(WebError::Invalid { slips }) }
}

/// Changes settings: all that are named, or none
#[utoipa::path(patch, path = "/api/v1/settings", operation_id = "change_settings", tag = "configuration",
    request_body = ChangesSaid,
    responses((status = 200, description = "All settings as they are now", body = Page<SettingShown>)))]
async fn change(visit: Visit, Said(said): Said<ChangesSaid>) -> Given<Page<SettingShown>> {
    expect_open(&visit, &said.changes).await?;
    settings::save(&visit, "api", &said.changes).await?;
    Ok(Json(shown(&visit).await?))
}

/// What a test found.
#[derive(Debug, Serialize, ToSchema)]
struct Tested {
    /// Whether everything is as it must be.
    good: bool,
    probes: Vec<Probe>,
}

/// Tests a connection with what is sent on top of what is set, before it is kept
#[utoipa::path(post, path = "/api/v1/settings/test/{connection}", operation_id = "test_connection",
    tag = "configuration", request_body = ChangesSaid,
    params(("connection" = String, Path, description = "`vtiger`, `frappe`, `database`")),
    responses((status = 200, description = "What was found", body = Tested)))]
async fn test(visit: Visit, Named(name): Named, Said(said): Said<ChangesSaid>) -> Given<Tested> {
    let connection = Connection::parse(&name).ok_or_else(|| WebError::not_there("connection", &name))?;
    expect_open(&visit, &said.changes).await?;
    let probes = settings::test(&visit, connection, &said.changes).await;
    Ok(Json(Tested { good: probes.iter().all(|probe| probe.good), probes }))
}
