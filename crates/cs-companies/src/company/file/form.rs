//! A definition file as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// The form of a definition file, version 1.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    pub(super) format: Spanned<u32>,
    pub(super) key: Spanned<String>,
    pub(super) name: Spanned<String>,
    pub(super) crm_name: Option<String>,
    pub(super) columns: Spanned<ColumnsForm>,
    #[serde(default)]
    pub(super) keep: Vec<Spanned<KeepForm>>,
    pub(super) dates: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) no_end: Option<Vec<Spanned<String>>>,
    pub(super) totals: Option<Vec<String>>,
    #[serde(default)]
    pub(super) issuers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) ids: IdsForm,
    pub(super) password_setting: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IdsForm {
    pub(super) number_width: Option<Spanned<usize>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ColumnsForm {
    pub(super) member_id: Spanned<ColumnForm>,
    pub(super) paid_through: Spanned<PaidThroughForm>,
    pub(super) term_date: Option<Spanned<TermForm>>,
    pub(super) status: Option<Spanned<ColumnForm>>,
    pub(super) relationship: Option<Spanned<ColumnForm>>,
    pub(super) premium: Option<Spanned<ColumnForm>>,
    pub(super) issuer: Option<Spanned<ColumnForm>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ColumnForm {
    pub(super) header: String,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    #[serde(default, rename = "else")]
    pub(super) otherwise: Vec<String>,
    pub(super) required: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PaidThroughForm {
    pub(super) header: Option<String>,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    #[serde(default, rename = "else")]
    pub(super) otherwise: Vec<String>,
    pub(super) required: Option<bool>,
    pub(super) derive: Option<Vec<DeriveForm>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TermForm {
    pub(super) header: String,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    #[serde(default, rename = "else")]
    pub(super) otherwise: Vec<String>,
    pub(super) required: Option<bool>,
    pub(super) counts_as: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeriveForm {
    pub(super) status: Vec<String>,
    pub(super) months_before: Spanned<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeepForm {
    pub(super) column: Option<Spanned<String>>,
    pub(super) header: Option<String>,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    pub(super) is: Option<Vec<String>>,
    pub(super) is_not: Option<Vec<String>>,
    pub(super) is_setting: Option<String>,
}
