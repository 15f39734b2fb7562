//! The settings that a mapping asks an installation for: declared, described, taken out.

use axum::extract::Path;
use cs_domain::MappingName;
use cs_domain::mapping::edit::MappingEdit;
use cs_domain::mapping::{SettingSpec, can_name};

use super::bench::{Bench, Told};
use super::{place, revision};
use crate::error::WebError;
use crate::office::Slip;
use crate::sent::Sent;
use crate::visit::{Answer, Visit, done};
use crate::work::mappings;

/// A setting that the mapping declares.
pub(super) struct Declared<'b> {
    pub(super) name: &'b str,
    pub(super) help: &'b str,
    pub(super) default: &'b str,
    pub(super) required: bool,
    pub(super) told: Vec<&'b Told>,
}

/// Every setting of a mapping, by name.
pub(super) fn declared(bench: &Bench) -> Vec<Declared<'_>> {
    let settings = bench.mapping().map(|mapping| &mapping.settings);
    let declared = settings.into_iter().flatten().map(|(name, spec)| Declared {
        name,
        help: &spec.help,
        default: spec.default.as_deref().unwrap_or_default(),
        required: spec.required,
        told: bench.of_setting(name),
    });
    declared.collect()
}

/// Declares a setting, or says something else of one.
pub(super) async fn save(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    let (setting, help) = (sent.text("setting"), sent.text("help"));
    let mut slips = Vec::new();
    let mut slip = |field: &str, key: &str| {
        slips.push(Slip { field: field.to_owned(), message: visit.words.say(key) });
    };
    if !can_name(setting) {
        slip("setting", "mapping-slip-name");
    }
    if help.is_empty() {
        slip("help", "mapping-slip-empty");
    }
    // One that is required is what people fill in: a default would answer for them.
    let required = sent.field("required").is_some();
    let default = Some(sent.text("default")).filter(|default| !default.is_empty());
    if required && default.is_some() {
        slip("default", "mapping-setting-required-default");
    }
    if !slips.is_empty() {
        return Err(WebError::Invalid { slips });
    }
    let spec = SettingSpec { help: help.to_owned(), default: default.map(str::to_owned), required };
    set(&visit, &name, &sent, setting, Some(spec)).await
}

/// Takes a setting out.
pub(super) async fn drop_one(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    set(&visit, &name, &sent, sent.text("setting"), None).await
}

async fn set(
    visit: &Visit,
    name: &MappingName,
    sent: &Sent,
    setting: &str,
    spec: Option<SettingSpec>,
) -> Answer {
    let edit = MappingEdit::SetSetting { name: setting.to_owned(), spec };
    mappings::edit(visit, name, revision(sent), &[edit]).await?;
    done(&format!("{}#settings", place(name, "documents")), "mapping-saved")
}
