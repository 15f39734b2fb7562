//! What the pages need that only the whole program can give: what is configured and how to change it, the two systems
//! themselves, and what companies' definitions know. `company-sync` fulfils it; tests fulfil it with less.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use axum::http::StatusCode;
use cs_domain::guarded::Numbers;
use cs_domain::mapping::drift::Drift;
use cs_domain::mapping::{OwnTransforms, Problem};
use cs_domain::{
    Advice, Edition, Failure, FieldName, Kind, KindSchema, MappingName, Record, RecordRef, Role, System,
    UnitName, Value,
};
use cs_engine::{EngineError, Preview};
use cs_ports::{FoundFinding, KindAbout, StoreError};
use jiff::Timestamp;
use serde::Serialize;

use crate::error::of_engine;
use crate::words::Language;

/// A field that cannot be taken as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Slip {
    /// Which.
    pub field: String,
    /// Why, and what would be right.
    pub message: String,
}

/// Why the office could not do something.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// A system, the store or a mapping is in the way.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The store is.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was sent cannot be taken.
    #[error("{}", slips.iter().map(|slip| slip.message.as_str()).collect::<Vec<_>>().join("; "))]
    Invalid {
        /// Field by field.
        slips: Vec<Slip>,
    },
    /// There is none of this name.
    #[error("there is no {what}")]
    NotThere {
        /// What was looked for.
        what: String,
    },
    /// Something else, told as it is told everywhere.
    #[error("{}", failure.cause)]
    Failed {
        /// Code, cause, remedy.
        failure: Failure,
        /// Where it came from.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

impl OfficeError {
    /// Code, cause, remedy.
    pub fn failure(&self) -> Failure {
        let failure = |code: &str, remedy: &str| Failure {
            code: code.to_owned(),
            cause: self.to_string(),
            remedy: remedy.to_owned(),
            advice: Advice::NeedsPerson,
            place: None,
        };
        match self {
            Self::Engine(error) => error.failure(),
            Self::Store(error) => failure(error.code(), error.remedy()),
            Self::Invalid { .. } => failure("web.invalid", "Correct what is named and send it again."),
            Self::NotThere { .. } => failure("web.not_there", "Look at the list for what there is."),
            Self::Failed { failure, .. } => failure.clone(),
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Invalid { .. } | Self::Failed { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotThere { .. } => StatusCode::NOT_FOUND,
            Self::Engine(error) => of_engine(error),
            Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// How long a task may take that a person asked for, and how often it is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskLimits {
    /// Seconds that an attempt may take.
    pub time_limit: u32,
    /// How often it is begun before an error is its end.
    pub attempts: u32,
}

/// A hint as it came, not believed yet. It holds a secret, and is in no log.
pub struct HintSent {
    /// Who it says it is from.
    pub system: System,
    /// What it shows in a header: Frappe's signature, or the secret that VTiger's side was given.
    pub proof: Option<String>,
    /// The query of the address.
    pub query: String,
    /// What it says.
    pub body: Vec<u8>,
}

/// Why a hint is not taken. None of the texts holds what was sent.
#[derive(Debug, thiserror::Error)]
pub enum HintError {
    /// No secret was agreed on with this system: there is no such door.
    #[error("no secret for hints of {system} is set")]
    Closed {
        /// Which.
        system: System,
    },
    /// It shows no secret, or another.
    #[error("the hint does not show the secret that was agreed on")]
    Unsigned {
        /// Where it came from.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It names no record.
    #[error("the hint does not name a record of a mapping")]
    Unreadable {
        /// Where it came from.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It was right, and something else is in the way.
    #[error(transparent)]
    Office(#[from] OfficeError),
}

impl HintError {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Closed { .. } => StatusCode::NOT_FOUND,
            Self::Unsigned { .. } => StatusCode::FORBIDDEN,
            Self::Unreadable { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Office(error) => error.status(),
        }
    }

    pub(crate) fn code(&self) -> String {
        match self {
            Self::Closed { .. } => "hint.closed".to_owned(),
            Self::Unsigned { .. } => "hint.unsigned".to_owned(),
            Self::Unreadable { .. } => "hint.unreadable".to_owned(),
            Self::Office(error) => error.failure().code,
        }
    }
}

/// A mapping, for lists and forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MappingAbout {
    /// Its name.
    #[schema(value_type = String)]
    pub name: MappingName,
    /// What it is for, in its file's words.
    pub description: String,
    /// Whether it came with the program.
    pub shipped: bool,
    /// Its units, as `unit: module -> DocType, DocType`.
    pub units: Vec<UnitAbout>,
    /// Settings it asks for and does not have.
    pub missing: Vec<String>,
    /// What is wrong with its file, in lines; then it cannot run.
    pub problems: Vec<String>,
    /// What the first of these lines are about, in parts, for whoever is told of them in another language.
    #[serde(skip)]
    pub wrong: Vec<Problem>,
}

/// The text of a mapping that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningMapping {
    /// The text.
    pub text: String,
    /// Which text it is.
    pub edition: Edition,
    /// The file that fixes it: nothing can be published over it.
    pub fixed_by: Option<String>,
}

/// A unit of a mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct UnitAbout {
    /// Its name.
    pub name: String,
    /// VTiger's module.
    pub module: String,
    /// Role and DocType of its documents.
    pub documents: Vec<(String, String)>,
}

/// A company whose reports can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CompanyAbout {
    /// Its key.
    pub key: String,
    /// What people and the CRM call it.
    pub name: String,
    /// Whether its definition came with the program.
    pub shipped: bool,
}

/// A broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BrokerAbout {
    /// The code: `BS`.
    pub code: String,
    /// What the CRM calls them.
    pub name: String,
}

/// A report that was looked into before it is run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ReportAbout {
    /// `CSV`, `XLSX`, `XLS`.
    pub format: String,
    /// Rows that count.
    pub rows: u64,
    /// The columns that the definition found, field and header.
    pub columns: Vec<(String, String)>,
    /// Remarks, in lines.
    pub remarks: Vec<String>,
}

/// What a setting holds, and so how it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SettingKind {
    /// A line of text.
    Text,
    /// Several lines.
    Lines,
    /// A whole number.
    Number,
    /// On or off.
    Switch,
    /// One of these.
    Choice {
        /// Which.
        choices: Vec<String>,
    },
    /// Text that is never shown again.
    Secret,
}

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Its name, as configuration files have it: `vtiger.url`. The catalogue has its label under `setting-vtiger-url`, with
    /// what it is for under `setting-vtiger-url-help`.
    pub key: String,
    /// What it holds.
    #[serde(flatten)]
    pub kind: SettingKind,
    /// Its value; of a secret what may be shown of it: the host of an address, else nothing.
    pub value: String,
    /// Whether it has a value, secrets included.
    pub set: bool,
    /// The file or variable that fixes it; then pages cannot change it.
    pub fixed_by: Option<String>,
    /// A label that is nobody's but this installation's (a mapping's own setting); else the catalogue's.
    pub label: Option<String>,
    /// What it is for, in such a case.
    pub help: Option<String>,
}

/// A tab of settings: `frappe`, `vtiger` (API), `database`, `companies`, `brokers`, `reviews`, `mapping`, `schedule`,
/// `notifications`, `retention`, `general`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingsTab {
    /// Its name.
    pub name: String,
    /// Its settings, in their order.
    pub settings: Vec<Setting>,
    /// Whether a connection can be tested with them.
    pub testable: bool,
}

/// What a change of settings changed, without secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SettingsChange {
    /// What was.
    pub before: BTreeMap<String, String>,
    /// What is.
    pub after: BTreeMap<String, String>,
}

/// A connection that can be tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    /// VTiger's web service.
    Vtiger,
    /// VTiger's database.
    Database,
    /// Frappe.
    Frappe,
}

impl Connection {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Vtiger, Self::Frappe, Self::Database];

    /// Its name, as tabs have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vtiger => "vtiger",
            Self::Database => "database",
            Self::Frappe => "frappe",
        }
    }

    /// The connection of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|connection| connection.as_str() == name)
    }
}

/// One thing that a test of a connection looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Probe {
    /// What: `login`, `DocType Sales Order`.
    pub what: String,
    /// Whether it is as it must be.
    pub good: bool,
    /// Stable code, where it is not.
    pub code: Option<String>,
    /// What was found.
    pub found: String,
    /// What to do, where something is to do.
    pub remedy: Option<String>,
}

/// How a connection was when it was last used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Health {
    /// Which.
    pub connection: Connection,
    /// Whether it is configured.
    pub configured: bool,
    /// Whether it answered; `None`: not asked yet.
    pub good: Option<bool>,
    /// What it answered: a version, or why not.
    pub found: String,
    /// When it was asked.
    #[schema(value_type = Option<String>)]
    pub at: Option<Timestamp>,
}

/// Something that Frappe must have and does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Lacking {
    /// What it is: `custom_field`, `doctype`.
    pub kind: String,
    /// On which DocType, and its name: `Customer.custom_vtiger_id`.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// Exactly what would be sent to create it (JSON).
    #[schema(value_type = Object)]
    pub definition: serde_json::Value,
}

impl Lacking {
    /// Whether it can be created here; what comes with an app cannot.
    pub(crate) fn is_ours(&self) -> bool {
        !self.definition.is_null()
    }

    /// The key of what kind of thing it is.
    pub(crate) fn kind_key(&self) -> &'static str {
        if self.kind == "doctype" { "setup-lacking-doctype" } else { "setup-lacking-field" }
    }
}

/// A record as a system has it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sight {
    /// Which.
    pub reference: RecordRef,
    /// Its role; none of VTiger's record.
    pub role: Option<Role>,
    /// Whether it is there.
    pub there: bool,
    /// The mapped fields, in the mapping's order, with label, value and the document's field that mirrors it.
    pub fields: Vec<SightField>,
    /// The address of its page in its system.
    pub address: Option<String>,
}

/// A field of a record as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SightField {
    /// Its name.
    pub name: FieldName,
    /// Its label there.
    pub label: String,
    /// What it holds; card data and secrets reduced.
    pub value: Value,
    /// The field of the other side that it corresponds to, `role.field` for documents.
    pub partner: Option<String>,
    /// The rule between them, in the mapping's words: `owner.email = email (VTiger wins)`.
    pub rule: Option<String>,
}

/// Why something is as it is, where it can be told: which mapping, and what both systems hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lookup {
    /// The mapping.
    pub mapping: MappingName,
    /// Both sides, VTiger's record first.
    pub sights: Vec<Sight>,
}

/// Which records a mapping is tried on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleWish {
    /// The mapping's name: its settings count.
    pub mapping: MappingName,
    /// Its text, published or not.
    pub text: String,
    /// Which unit is tried.
    pub unit: UnitName,
    /// These records; none named: a sample.
    pub chosen: Vec<RecordRef>,
    /// How many the sample has.
    pub number: u32,
    /// What the sample is drawn by; `None`: the newest.
    pub seed: Option<u64>,
}

/// What only the whole program can do.
#[async_trait]
pub trait Office: Send + Sync {
    /// Whether somebody finished the setup wizard.
    async fn is_set_up(&self) -> Result<bool, OfficeError>;
    /// Notes that the wizard is finished.
    async fn finish_setup(&self) -> Result<(), OfficeError>;

    /// The transforms that the program was built with, besides the ones that come with it.
    fn own_transforms(&self) -> OwnTransforms {
        OwnTransforms::default()
    }
    /// The text of a mapping that runs; `None`: there is none of this name.
    async fn running_mapping(&self, mapping: &MappingName) -> Result<Option<RunningMapping>, OfficeError>;
    /// What a system says of a module or DocType, not older than some minutes; `None`: it has none of this name that its user
    /// may see.
    async fn kind_schema(&self, system: System, kind: &Kind) -> Result<Option<Arc<KindSchema>>, OfficeError>;
    /// The modules or DocTypes of a system, by label; not older than some minutes.
    async fn kinds(&self, system: System) -> Result<Arc<Vec<KindAbout>>, OfficeError>;
    /// Records that were made last, newest first, with these fields; not older than some minutes. They are for looking at as a
    /// whole, never for showing one by one.
    async fn newest(
        &self,
        system: System,
        kind: &Kind,
        fields: &[FieldName],
        most: u32,
    ) -> Result<Arc<Vec<Record>>, OfficeError>;
    /// Asks both systems what has changed since the mapping last ran; what is seen is noted.
    async fn look_for_drift(&self, mapping: &MappingName) -> Result<Vec<Drift>, OfficeError>;
    /// Lets the mapping rely on what both systems say now.
    async fn accept_drift(&self, mapping: &MappingName) -> Result<(), OfficeError>;
    /// What a mapping's text would do to some records; nothing is written or remembered.
    async fn preview(&self, wish: &SampleWish) -> Result<Preview, OfficeError>;

    /// The mappings there are, that have a text to run.
    async fn mappings(&self) -> Result<Vec<MappingAbout>, OfficeError>;
    /// The companies there are, by name.
    async fn companies(&self) -> Result<Vec<CompanyAbout>, OfficeError>;
    /// The brokers that are configured.
    async fn brokers(&self) -> Result<Vec<BrokerAbout>, OfficeError>;
    /// What reviewers can say.
    async fn reviews(&self) -> Result<Vec<String>, OfficeError>;
    /// What a finding says, in words.
    fn finding_text(&self, finding: &FoundFinding, language: Language) -> String;
    /// What a kind of finding is called.
    fn finding_kind(&self, kind: &str, language: Language) -> String;
    /// Looks into a report before it is run.
    async fn inspect_report(
        &self,
        company: &str,
        name: &str,
        bytes: &[u8],
    ) -> Result<ReportAbout, OfficeError>;

    /// Every setting, by tab.
    async fn settings(&self) -> Result<Vec<SettingsTab>, OfficeError>;
    /// Changes settings; `None` takes the page's value back (secrets included). Nothing is changed unless all of it can be.
    async fn change_settings(
        &self,
        changes: &BTreeMap<String, Option<String>>,
    ) -> Result<SettingsChange, OfficeError>;
    /// Tests a connection, as configured with `changes` on top: what is typed is tested before it is kept.
    async fn test(
        &self,
        connection: Connection,
        changes: &BTreeMap<String, Option<String>>,
    ) -> Result<Vec<Probe>, OfficeError>;
    /// How the connections are, as far as that is known without asking now.
    async fn health(&self) -> Vec<Health>;

    /// What a mapping needs of Frappe that is not there: as it runs, or as this text of it has it, published or not.
    async fn lacking(&self, mapping: &MappingName, text: Option<&str>) -> Result<Vec<Lacking>, OfficeError>;
    /// Creates what is lacking, one by one; answers what became of each.
    async fn create_lacking(
        &self,
        mapping: &MappingName,
        text: Option<&str>,
    ) -> Result<Vec<Probe>, OfficeError>;
    /// Starts the sandbox and configures it as the two systems.
    async fn use_sandbox(&self) -> Result<SettingsChange, OfficeError>;

    /// Both sides of a unit as they are now; `record` may be VTiger's or a document.
    async fn look_up(&self, mapping: &MappingName, record: &RecordRef) -> Result<Lookup, OfficeError>;
    /// The address of a record's page in its own system, for links.
    fn address_of(&self, record: &RecordRef) -> Option<String>;
    /// Holds a value that somebody typed against what both systems take there; answers it in its canonical form.
    async fn typed_value(
        &self,
        conflict: &cs_domain::StandingConflict,
        text: &str,
    ) -> Result<Value, OfficeError>;
    /// VTiger's fields that hold numbers of accounts and cards in this mapping's records: they are shown reduced. Of
    /// `company/<key>`, which has no mapping, those of all mappings.
    async fn numbers(&self, mapping: &MappingName) -> Numbers;
    /// What a system is called where it runs: its name or address, for headings.
    fn name_of(&self, system: System) -> String;
    /// Tells the scheduler that a task was added, so that it begins at once.
    fn nudge(&self);
    /// Takes a hint: holds what it shows against the secret that was agreed on, makes the units of its record due, and has
    /// the mappings that a schedule runs look soon. Answers how many units that were.
    async fn hint(&self, sent: HintSent) -> Result<u64, HintError>;
    /// How long what people ask for may take, and how often it is begun.
    fn task_limits(&self) -> TaskLimits;
}
