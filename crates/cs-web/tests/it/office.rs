//! An office that answers what a test put into it, and remembers what was asked of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use cs_domain::guarded::Numbers;
use cs_domain::mapping::drift::Drift;
use cs_domain::mapping::shipped_text;
use cs_domain::{
    Edition, FieldName, Kind, KindSchema, MappingName, Origin, Record, RecordRef, StandingConflict, System,
    Value,
};
use cs_engine::Preview;
use cs_ports::{FoundFinding, KindAbout};
use cs_web::office::{
    BrokerAbout, CompanyAbout, Connection, Health, HintError, HintSent, Lacking, Lookup, MappingAbout,
    Office, OfficeError, Probe, ReportAbout, RunningMapping, SampleWish, Setting, SettingKind,
    SettingsChange, SettingsTab, Slip, TaskLimits, UnitAbout,
};
use cs_web::{Desk, Language};

/// The office of an agency that does not exist.
#[derive(Default)]
pub(crate) struct FakeOffice {
    state: Mutex<State>,
}

/// What the office knows, and what it was asked to do.
pub(crate) struct State {
    pub(crate) set_up: bool,
    pub(crate) mappings: Vec<MappingAbout>,
    pub(crate) companies: Vec<CompanyAbout>,
    pub(crate) brokers: Vec<BrokerAbout>,
    pub(crate) reviews: Vec<String>,
    /// What a look into a report finds; without it the report cannot be read.
    pub(crate) report: Option<ReportAbout>,
    pub(crate) tabs: Vec<SettingsTab>,
    /// What a change of settings is refused for.
    pub(crate) slips: Vec<Slip>,
    /// What a test of any connection finds.
    pub(crate) probes: Vec<Probe>,
    /// With what on top connections were tested.
    pub(crate) tested: Vec<(Connection, BTreeMap<String, Option<String>>)>,
    /// What was changed.
    pub(crate) changed: Vec<BTreeMap<String, Option<String>>>,
    pub(crate) health: Vec<Health>,
    pub(crate) lacking: Vec<Lacking>,
    pub(crate) lookups: Vec<Lookup>,
    pub(crate) sandbox: bool,
    /// Where published mappings are.
    pub(crate) desk: Option<Arc<dyn Desk>>,
    /// Mappings that a file fixes, with its text.
    pub(crate) fixed: BTreeMap<String, String>,
    pub(crate) schemas: BTreeMap<(System, Kind), Arc<KindSchema>>,
    pub(crate) records: Vec<Record>,
    /// Whether the systems do not answer.
    pub(crate) silent: bool,
    /// What has changed under any mapping.
    pub(crate) drifts: Vec<Drift>,
    /// Mappings of which the changes were accepted.
    pub(crate) accepted: Vec<MappingName>,
    /// What a mapping would do.
    pub(crate) preview: Preview,
    /// On what mappings were tried.
    pub(crate) tried: Vec<SampleWish>,
    /// How often the scheduler was told that there is something to do.
    pub(crate) nudges: u32,
    /// Hints that were taken.
    pub(crate) hints: Vec<System>,
    pub(crate) limits: TaskLimits,
}

impl Default for State {
    fn default() -> Self {
        Self {
            set_up: true,
            mappings: vec![mapping("crm", "Contacts", "Customer"), mapping("policy", "SalesOrder", "Policy")],
            companies: vec![company("oscar", "Oscar"), company("molina", "Molina")],
            brokers: vec![broker("BS", "BROKER SUR"), broker("ADC", "BROKER ALTO")],
            reviews: ["Pending", "Fixed", "Not an issue"].map(str::to_owned).to_vec(),
            report: None,
            tabs: tabs(),
            slips: Vec::new(),
            probes: vec![probe("login", true), probe("module Contacts", true)],
            tested: Vec::new(),
            changed: Vec::new(),
            health: Connection::ALL.map(healthy).to_vec(),
            lacking: Vec::new(),
            lookups: Vec::new(),
            sandbox: false,
            desk: None,
            fixed: BTreeMap::new(),
            schemas: BTreeMap::new(),
            records: Vec::new(),
            silent: false,
            drifts: Vec::new(),
            accepted: Vec::new(),
            preview: Preview::default(),
            tried: Vec::new(),
            nudges: 0,
            hints: Vec::new(),
            limits: TaskLimits { time_limit: 7200, attempts: 3 },
        }
    }
}

fn mapping(name: &str, module: &str, doctype: &str) -> MappingAbout {
    MappingAbout {
        name: MappingName::new(name),
        description: format!("{module} and {doctype}"),
        shipped: true,
        units: vec![UnitAbout {
            name: name.to_owned(),
            module: module.to_owned(),
            documents: vec![("main".to_owned(), doctype.to_owned())],
        }],
        missing: Vec::new(),
        problems: Vec::new(),
        wrong: Vec::new(),
    }
}

fn company(key: &str, name: &str) -> CompanyAbout {
    CompanyAbout { key: key.to_owned(), name: name.to_owned(), shipped: true }
}

fn broker(code: &str, name: &str) -> BrokerAbout {
    BrokerAbout { code: code.to_owned(), name: name.to_owned() }
}

/// A probe; what is not good says what to do.
pub(crate) fn probe(what: &str, good: bool) -> Probe {
    Probe {
        what: what.to_owned(),
        good,
        code: (!good).then(|| "vtiger.login_refused".to_owned()),
        found: if good { "as it must be" } else { "the access key is refused" }.to_owned(),
        remedy: (!good).then(|| "Copy the access key from the user's preferences.".to_owned()),
    }
}

fn healthy(connection: Connection) -> Health {
    Health { connection, configured: true, good: Some(true), found: "answers".to_owned(), at: None }
}

/// A setting that pages can change.
pub(crate) fn setting(key: &str, kind: SettingKind, value: &str) -> Setting {
    Setting {
        key: key.to_owned(),
        set: !value.is_empty(),
        value: if kind == SettingKind::Secret { String::new() } else { value.to_owned() },
        kind,
        fixed_by: None,
        label: None,
        help: None,
    }
}

fn tabs() -> Vec<SettingsTab> {
    let fixed = Setting {
        fixed_by: Some("COMPANY_SYNC_TIME_ZONE".to_owned()),
        ..setting("time_zone", SettingKind::Text, "America/Bogota")
    };
    let language = SettingKind::Choice { choices: vec!["en".to_owned(), "es".to_owned()] };
    let tab = |name: &str, testable, settings| SettingsTab { name: name.to_owned(), settings, testable };
    vec![
        tab("general", false, vec![fixed, setting("language", language, "en")]),
        tab(
            "vtiger",
            true,
            vec![
                setting("vtiger.url", SettingKind::Text, "https://crm.example.test"),
                setting("vtiger.user", SettingKind::Text, "sync"),
                setting("vtiger.access_key", SettingKind::Secret, "given"),
                setting("vtiger.requests_per_minute", SettingKind::Number, "60"),
            ],
        ),
        tab(
            "frappe",
            true,
            vec![
                setting("frappe.url", SettingKind::Text, ""),
                setting("frappe.api_key", SettingKind::Text, ""),
                setting("frappe.api_secret", SettingKind::Secret, ""),
            ],
        ),
        tab("database", true, vec![setting("database.host", SettingKind::Text, "")]),
        tab("reviews", false, vec![setting("reviews", SettingKind::Lines, "Pending\nFixed")]),
    ]
}

impl FakeOffice {
    /// What it knows, to be looked at and changed.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

#[async_trait]
impl Office for FakeOffice {
    async fn is_set_up(&self) -> Result<bool, OfficeError> {
        Ok(self.state().set_up)
    }

    async fn finish_setup(&self) -> Result<(), OfficeError> {
        self.state().set_up = true;
        Ok(())
    }

    async fn running_mapping(&self, mapping: &MappingName) -> Result<Option<RunningMapping>, OfficeError> {
        let desk = self.state().desk.clone().unwrap();
        let latest = desk.latest_mappings().await?;
        let fixed = self.state().fixed.get(mapping.as_str()).cloned();
        if let Some(text) = fixed {
            let edition = Edition::of(Origin::File, &text);
            return Ok(Some(RunningMapping { text, edition, fixed_by: Some("/etc/mine.toml".to_owned()) }));
        }
        let published = latest.into_iter().find(|one| one.version.mapping == *mapping);
        let found = published.map(|one| (Origin::Version(one.version.number), one.text));
        let found = found.or(shipped_text(mapping.as_str()).map(|text| (Origin::Shipped, text.to_owned())));
        Ok(found.map(|(origin, text)| {
            let edition = Edition::of(origin, &text);
            RunningMapping { text, edition, fixed_by: None }
        }))
    }

    async fn kind_schema(&self, system: System, kind: &Kind) -> Result<Option<Arc<KindSchema>>, OfficeError> {
        if self.state().silent {
            return Err(OfficeError::NotThere { what: "connection".to_owned() });
        }
        Ok(self.state().schemas.get(&(system, kind.clone())).cloned())
    }

    async fn kinds(&self, system: System) -> Result<Arc<Vec<KindAbout>>, OfficeError> {
        let state = self.state();
        let known = state.schemas.iter().filter(|((of, _), _)| *of == system);
        let about = known.map(|((system, kind), schema)| KindAbout {
            system: *system,
            kind: kind.clone(),
            label: schema.label.clone(),
            custom: false,
            group: None,
            creatable: Some(schema.creatable),
        });
        Ok(Arc::new(about.collect()))
    }

    async fn newest(
        &self,
        system: System,
        kind: &Kind,
        _fields: &[FieldName],
        most: u32,
    ) -> Result<Arc<Vec<Record>>, OfficeError> {
        let state = self.state();
        let found = state
            .records
            .iter()
            .filter(|record| record.reference.system == system && record.reference.kind == *kind);
        Ok(Arc::new(found.take(most as usize).cloned().collect()))
    }

    async fn look_for_drift(&self, _: &MappingName) -> Result<Vec<Drift>, OfficeError> {
        Ok(self.state().drifts.clone())
    }

    async fn accept_drift(&self, mapping: &MappingName) -> Result<(), OfficeError> {
        self.state().accepted.push(mapping.clone());
        Ok(())
    }

    async fn preview(&self, wish: &SampleWish) -> Result<Preview, OfficeError> {
        let mut state = self.state();
        state.tried.push(wish.clone());
        Ok(state.preview.clone())
    }

    async fn mappings(&self) -> Result<Vec<MappingAbout>, OfficeError> {
        Ok(self.state().mappings.clone())
    }

    async fn companies(&self) -> Result<Vec<CompanyAbout>, OfficeError> {
        Ok(self.state().companies.clone())
    }

    async fn brokers(&self) -> Result<Vec<BrokerAbout>, OfficeError> {
        Ok(self.state().brokers.clone())
    }

    async fn reviews(&self) -> Result<Vec<String>, OfficeError> {
        Ok(self.state().reviews.clone())
    }

    fn finding_text(&self, finding: &FoundFinding, language: Language) -> String {
        format!("{} of {} ({})", finding.kind, finding.member_id, language.code())
    }

    fn finding_kind(&self, kind: &str, language: Language) -> String {
        format!("{kind} ({})", language.code())
    }

    async fn inspect_report(
        &self,
        company: &str,
        _name: &str,
        _bytes: &[u8],
    ) -> Result<ReportAbout, OfficeError> {
        let state = self.state();
        let known = state.companies.iter().any(|one| one.key == company);
        if !known {
            return Err(OfficeError::NotThere { what: format!("company {company}") });
        }
        let slip = Slip { field: "file".to_owned(), message: "This is no report.".to_owned() };
        state.report.clone().ok_or(OfficeError::Invalid { slips: vec![slip] })
    }

    async fn settings(&self) -> Result<Vec<SettingsTab>, OfficeError> {
        Ok(self.state().tabs.clone())
    }

    async fn change_settings(
        &self,
        changes: &BTreeMap<String, Option<String>>,
    ) -> Result<SettingsChange, OfficeError> {
        let mut state = self.state();
        if !state.slips.is_empty() {
            return Err(OfficeError::Invalid { slips: state.slips.clone() });
        }
        state.changed.push(changes.clone());
        let mut change = SettingsChange::default();
        for setting in state.tabs.iter_mut().flat_map(|tab| &mut tab.settings) {
            let Some(value) = changes.get(&setting.key) else { continue };
            let secret = setting.kind == SettingKind::Secret;
            let told = |value: &str, set: bool| match (secret, set) {
                (true, true) => "set".to_owned(),
                _ => value.to_owned(),
            };
            change.before.insert(setting.key.clone(), told(&setting.value, setting.set));
            setting.set = value.is_some();
            setting.value = value.clone().filter(|_| !secret).unwrap_or_default();
            change.after.insert(setting.key.clone(), told(&setting.value, setting.set));
        }
        Ok(change)
    }

    async fn test(
        &self,
        connection: Connection,
        changes: &BTreeMap<String, Option<String>>,
    ) -> Result<Vec<Probe>, OfficeError> {
        let mut state = self.state();
        state.tested.push((connection, changes.clone()));
        Ok(state.probes.clone())
    }

    async fn health(&self) -> Vec<Health> {
        self.state().health.clone()
    }

    async fn lacking(&self, _: &MappingName, _: Option<&str>) -> Result<Vec<Lacking>, OfficeError> {
        Ok(self.state().lacking.clone())
    }

    async fn create_lacking(&self, _: &MappingName, _: Option<&str>) -> Result<Vec<Probe>, OfficeError> {
        let created = std::mem::take(&mut self.state().lacking);
        Ok(created.iter().map(|lacking| probe(&lacking.name, true)).collect())
    }

    async fn use_sandbox(&self) -> Result<SettingsChange, OfficeError> {
        self.state().sandbox = true;
        Ok(SettingsChange::default())
    }

    async fn look_up(&self, mapping: &MappingName, record: &RecordRef) -> Result<Lookup, OfficeError> {
        let found = self.state().lookups.iter().find(|lookup| lookup.mapping == *mapping).cloned();
        found.ok_or(OfficeError::NotThere { what: format!("record {record}") })
    }

    fn address_of(&self, record: &RecordRef) -> Option<String> {
        Some(format!("https://{}.example.test/{}", record.system.as_str(), record.id))
    }

    async fn typed_value(&self, _conflict: &StandingConflict, text: &str) -> Result<Value, OfficeError> {
        Ok(Value::Text(text.to_owned()))
    }

    async fn numbers(&self, _mapping: &MappingName) -> Numbers {
        let read = |(_, text): &(&str, &str)| cs_domain::mapping::parse(text).unwrap().mapping;
        Numbers::of(&cs_domain::mapping::shipped().iter().map(read).collect::<Vec<_>>())
    }

    fn name_of(&self, system: System) -> String {
        format!("{}.example.test", system.as_str())
    }

    async fn hint(&self, sent: HintSent) -> Result<u64, HintError> {
        match sent.proof.as_deref() {
            Some("right") if sent.body.is_empty() => {
                Err(HintError::Unreadable { source: "it names nothing".into() })
            }
            Some("right") => {
                self.state().hints.push(sent.system);
                Ok(1)
            }
            Some("closed") => Err(HintError::Closed { system: sent.system }),
            _ => Err(HintError::Unsigned { source: "another secret".into() }),
        }
    }

    fn task_limits(&self) -> TaskLimits {
        self.state().limits
    }

    fn nudge(&self) {
        self.state().nudges += 1;
    }
}
