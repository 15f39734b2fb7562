//! What a mapping is made of: its units, their documents, how these are found, who has the last word.

use askama::Template;
use axum::extract::{Path, Query};
use cs_domain::mapping::edit::{DocumentTraits, Level, MappingEdit, PoliciesSaid};
use cs_domain::mapping::{
    Check, CreateInVtiger, DocumentMapping, MatchKey, MatchPart, UnitMapping, UnitPart, can_name,
};
use cs_domain::policy::{DeletePolicy, DriftPolicy};
use cs_domain::{FieldName, FieldType, Kind, MappingName, Role, UnitName};

use super::bench::{Bench, Told};
use super::picture::{Picture, draw};
use super::rule::{parse_policy, policy};
use super::selection::{TypedCondition, fields, knows};
use super::settings::{Declared, declared};
use super::{Where, place, revision};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::sent::Sent;
use crate::visit::{Answer, Visit, done, page};
use crate::work::mappings;

/// Match keys that a form may have.
const MOST_KEYS: usize = 12;
/// Checks that a form may have.
const MOST_CHECKS: usize = 50;
/// What a check can ask, by the words of the file.
const CHECKS: [&str; 2] = ["required", "not_in_future"];

/// Policies as a form has them.
struct Policies {
    conflict: &'static str,
    first_contact: &'static str,
    /// `ignore`, `unlink`, `propagate`, `mark`, or empty: as further out.
    deletes: &'static str,
    mark_field: String,
    mark_value: String,
    /// `go_on`, `skip_field`, `stop`, or empty: as further out.
    on_drift: &'static str,
}

impl Policies {
    fn of(said: &PoliciesSaid) -> Self {
        let (mut mark_field, mut mark_value) = (String::new(), String::new());
        let deletes = match &said.deletes {
            None => "",
            Some(DeletePolicy::Ignore) => "ignore",
            Some(DeletePolicy::Unlink) => "unlink",
            Some(DeletePolicy::Propagate) => "propagate",
            Some(DeletePolicy::Mark { field, value }) => {
                (mark_field, mark_value) = (field.to_string(), value.clone());
                "mark"
            }
        };
        Self {
            conflict: said.conflict.map(policy).unwrap_or_default(),
            first_contact: said.first_contact.map(policy).unwrap_or_default(),
            deletes,
            mark_field,
            mark_value,
            on_drift: said.on_drift.map(DriftPolicy::as_str).unwrap_or_default(),
        }
    }

    /// What a form says.
    fn sent(sent: &Sent) -> PoliciesSaid {
        let deletes = match sent.text("deletes") {
            "ignore" => Some(DeletePolicy::Ignore),
            "unlink" => Some(DeletePolicy::Unlink),
            "propagate" => Some(DeletePolicy::Propagate),
            "mark" => Some(DeletePolicy::Mark {
                field: FieldName::new(sent.text("mark_field")),
                value: sent.text("mark_value").to_owned(),
            }),
            _ => None,
        };
        PoliciesSaid {
            conflict: parse_policy(sent.text("conflict")),
            first_contact: parse_policy(sent.text("first_contact")),
            deletes,
            on_drift: DRIFTS.into_iter().find(|policy| policy.as_str() == sent.text("on_drift")),
        }
    }
}

/// What a run can do where the systems changed.
const DRIFTS: [DriftPolicy; 3] = [DriftPolicy::Stop, DriftPolicy::SkipField, DriftPolicy::GoOn];

/// A unit's part of the page.
struct UnitPage<'b> {
    unit: &'b UnitMapping,
    policies: Policies,
    create: Option<&'b CreateInVtiger>,
    create_rows: Vec<TypedCondition>,
    /// Fields of the document that makes new records.
    create_fields: Vec<(String, String)>,
    told: Vec<&'b Told>,
}

/// A field or tie that a match key may have, with what it is in each key: empty, `f:`, `k:` or `l:` and its name.
struct Part {
    label: String,
    /// Values for equal, equal where known, and tied; those that do not apply are empty.
    equal: String,
    known: String,
    tied: String,
    chosen: Vec<String>,
}

/// The document that is open.
struct Open<'b> {
    unit: &'b UnitMapping,
    document: &'b DocumentMapping,
    /// Fields that could hold the external id.
    ids: Vec<String>,
    exists_when: String,
    policies: Policies,
    parts: Vec<Part>,
    /// Numbers of the keys, counted from 1.
    keys: Vec<usize>,
    /// Field and what is asked of it; two more are empty.
    checks: Vec<(String, &'static str)>,
    /// The fields that something can be asked of, with their labels.
    checkable: Vec<(String, String)>,
    told: Vec<&'b Told>,
}

#[derive(Template)]
#[template(path = "mappings/documents.html")]
struct DocumentsPage<'b> {
    frame: Frame,
    bench: &'b Bench,
    picture: Picture,
    policies: Policies,
    units: Vec<UnitPage<'b>>,
    open: Option<Open<'b>>,
    settings: Vec<Declared<'b>>,
}

impl DocumentsPage<'_> {
    #[allow(clippy::unused_self, reason = "templates ask their page")]
    fn tests(&self) -> [&'static str; 7] {
        super::selection::TESTS
    }

    /// Whether something is wrong with a setting.
    fn settings_told(&self) -> bool {
        self.settings.iter().any(|setting| !setting.told.is_empty())
    }

    fn several(&self) -> bool {
        self.units.iter().map(|one| one.unit.documents.len()).sum::<usize>() > 1
    }

    #[allow(clippy::unused_self, reason = "templates ask their page")]
    fn check_tests(&self) -> [&'static str; CHECKS.len()] {
        CHECKS
    }

    fn is_open(&self, unit: &UnitName, role: &Role) -> bool {
        self.open.as_ref().is_some_and(|open| open.unit.name == *unit && open.document.role == *role)
    }
}

pub(super) async fn show(visit: Visit, Path(name): Path<MappingName>, Query(at): Query<Where>) -> Answer {
    let bench = Bench::of(&visit, &name, "documents").await?;
    let units = bench.mapping().map(|mapping| mapping.units.as_slice()).unwrap_or_default();
    page(&DocumentsPage {
        frame: visit.titled(Section::Mappings, name.to_string()),
        picture: bench.mapping().map(draw).unwrap_or_default(),
        policies: Policies::of(&bench.said(&Level::Mapping)),
        units: units.iter().map(|unit| unit_page(&bench, unit)).collect(),
        open: bench.seat(&at).map(|(unit, document)| open(&bench, unit, document)),
        settings: declared(&bench),
        bench: &bench,
    })
}

fn unit_page<'b>(bench: &'b Bench, unit: &'b UnitMapping) -> UnitPage<'b> {
    let create = unit.create_in_vtiger.as_ref();
    let document = create.and_then(|create| unit.document(&create.document)).or(unit.documents.first());
    let schema = document.and_then(|document| bench.frappe.get(&document.doctype));
    let mut rows: Vec<TypedCondition> =
        create.into_iter().flat_map(|create| &create.when).map(TypedCondition::of).collect();
    rows.push(TypedCondition::default());
    UnitPage {
        unit,
        policies: Policies::of(&bench.said(&Level::Unit(unit.name.clone()))),
        create,
        create_rows: rows,
        create_fields: fields(schema.map(AsRef::as_ref)),
        told: bench
            .of_unit(&unit.name, |part| !matches!(part, UnitPart::Condition(_) | UnitPart::NeverRead(_))),
    }
}

fn open<'b>(bench: &'b Bench, unit: &'b UnitMapping, document: &'b DocumentMapping) -> Open<'b> {
    let level = Level::Document(unit.name.clone(), document.role.clone());
    let fields = bench.frappe.get(&document.doctype).into_iter().flat_map(|schema| schema.fields.values());
    let ids = fields.filter(|field| field.unique && field.field_type == FieldType::Text);
    let keys = (document.match_keys.len() + 1).min(MOST_KEYS);
    Open {
        unit,
        document,
        ids: ids.map(|field| field.name.to_string()).collect(),
        exists_when: document.exists_when.iter().map(FieldName::as_str).collect::<Vec<_>>().join(", "),
        policies: Policies::of(&bench.said(&level)),
        parts: parts(bench, unit, document, keys),
        keys: (1..=keys).collect(),
        checks: checks_shown(document),
        checkable: checkable(bench, document),
        told: bench.of_rest(&unit.name, &document.role),
    }
}

/// All that a match key may have: fields with rules, those that a key names without one, ties.
fn parts(bench: &Bench, unit: &UnitMapping, document: &DocumentMapping, keys: usize) -> Vec<Part> {
    let schema = bench.frappe.get(&document.doctype);
    let chosen = |wanted: &dyn Fn(&MatchPart) -> Option<String>| -> Vec<String> {
        let key =
            |place| document.match_keys.get(place).and_then(|key: &MatchKey| key.0.iter().find_map(wanted));
        (0..keys).map(|place| key(place).unwrap_or_default()).collect()
    };
    let mut named: Vec<&FieldName> = document.fields.iter().map(|rule| &rule.frappe).collect();
    for part in document.match_keys.iter().flat_map(|key| &key.0) {
        if let MatchPart::Field(field) | MatchPart::IfKnown(field) = part
            && !named.contains(&field)
        {
            named.push(field);
        }
    }
    let field_parts = named.into_iter().map(|field| {
        let label = schema.and_then(|schema| schema.fields.get(field)).map(|found| found.label.as_str());
        Part {
            label: label.map_or_else(|| field.to_string(), |label| format!("{label} ({field})")),
            equal: format!("f:{field}"),
            known: format!("k:{field}"),
            tied: String::new(),
            chosen: chosen(&|part| match part {
                MatchPart::Field(name) if name == field => Some(format!("f:{field}")),
                MatchPart::IfKnown(name) if name == field => Some(format!("k:{field}")),
                _ => None,
            }),
        }
    });
    let others = unit.documents.iter().filter(|other| other.role != document.role);
    let ties = others.map(|other| Part {
        label: format!("{} ({})", other.role, other.doctype),
        equal: String::new(),
        known: String::new(),
        tied: format!("l:{}", other.role),
        chosen: chosen(&|part| match part {
            MatchPart::Linked(role) if *role == other.role => Some(format!("l:{role}")),
            _ => None,
        }),
    });
    field_parts.chain(ties).collect()
}

/// The keys that a form says; what a key had keeps its order in it.
fn keys(sent: &Sent, document: Option<&DocumentMapping>) -> Vec<MatchKey> {
    let part = |text: &String| {
        let (kind, name) = text.split_once(':')?;
        Some(match kind {
            "k" => MatchPart::IfKnown(FieldName::new(name)),
            "l" => MatchPart::Linked(Role::new(name)),
            _ => MatchPart::Field(FieldName::new(name)),
        })
    };
    let before = document.map(|document| document.match_keys.as_slice()).unwrap_or_default();
    (0..MOST_KEYS)
        .map(|place| {
            let mut parts: Vec<MatchPart> =
                sent.ticked(&format!("match.{place}")).iter().filter_map(part).collect();
            let was = before.get(place).map(|key| key.0.as_slice()).unwrap_or_default();
            parts.sort_by_key(|part| was.iter().position(|one| one == part).unwrap_or(usize::MAX));
            MatchKey(parts)
        })
        .filter(|key| !key.0.is_empty())
        .collect()
}

fn checks_shown(document: &DocumentMapping) -> Vec<(String, &'static str)> {
    let shown = |check: &Check| match check {
        Check::Required(field) => (field.to_string(), "required"),
        Check::NotInFuture(field) => (field.to_string(), "not_in_future"),
    };
    let more = [(String::new(), "required"), (String::new(), "required")];
    document.checks.iter().map(shown).chain(more).collect()
}

/// The fields that have a rule, and those that a check names without one.
fn checkable(bench: &Bench, document: &DocumentMapping) -> Vec<(String, String)> {
    let schema = bench.frappe.get(&document.doctype);
    let ruled = document.fields.iter().map(|rule| &rule.frappe);
    let checked = document.checks.iter().map(|check| match check {
        Check::Required(field) | Check::NotInFuture(field) => field,
    });
    let mut all: Vec<(String, String)> = Vec::new();
    for field in ruled.chain(checked).map(FieldName::as_str) {
        let label = schema.and_then(|schema| schema.resolve(field)).map(|found| found.label.as_str());
        if !all.iter().any(|(name, _)| name == field) {
            let shown = label.map_or_else(|| field.to_owned(), |label| format!("{label} ({field})"));
            all.push((field.to_owned(), shown));
        }
    }
    all
}

/// The checks that a form says; one without a field is none.
fn checks(sent: &Sent) -> Vec<Check> {
    let tests = sent.ticked("check.test");
    let fields = sent.ticked("check.field").iter().take(MOST_CHECKS).enumerate();
    fields
        .filter(|(_, field)| !field.is_empty())
        .map(|(place, field)| match tests.get(place).map(String::as_str) {
            Some("not_in_future") => Check::NotInFuture(FieldName::new(field)),
            _ => Check::Required(FieldName::new(field)),
        })
        .collect()
}

async fn kept(visit: &Visit, name: &MappingName, sent: &Sent, edits: &[MappingEdit]) -> Answer {
    mappings::edit(visit, name, revision(sent), edits).await?;
    let at = Where::of(sent).query();
    done(&format!("{}?{at}", place(name, "documents")), "mapping-saved")
}

pub(super) async fn save_mapping(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    let title = sent.text("title").to_owned();
    let edits = [
        MappingEdit::SetTitle { title },
        MappingEdit::SetPolicies { level: Level::Mapping, said: Policies::sent(&sent) },
    ];
    kept(&visit, &name, &sent, &edits).await
}

pub(super) async fn save_unit(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    let unit = UnitName::new(sent.text("unit"));
    let conditions = TypedCondition::sent(&sent, "create.");
    let key = sent.text("key");
    let create = Some(sent.text("creates")).filter(|role| !role.is_empty()).map(|role| CreateInVtiger {
        document: Role::new(role),
        when: conditions.iter().map(TypedCondition::condition).collect(),
        key: (!key.is_empty()).then(|| FieldName::new(key)),
    });
    let edits = [
        MappingEdit::SetPolicies { level: Level::Unit(unit.clone()), said: Policies::sent(&sent) },
        MappingEdit::SetCreate { unit, create },
    ];
    kept(&visit, &name, &sent, &edits).await
}

/// Adds a document to a unit, or a unit with its first document.
pub(super) async fn add(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    let (module, doctype) = (sent.text("module"), sent.text("doctype"));
    let or_slug =
        |text: &str, words: &str| if text.is_empty() { mappings::slug(words) } else { text.to_owned() };
    let role = or_slug(sent.text("role"), doctype);
    if doctype.is_empty() {
        return Err(WebError::invalid("doctype", visit.words.say("mapping-slip-empty")));
    }
    if !can_name(&role) {
        return Err(WebError::invalid("role", visit.words.say("mapping-slip-name")));
    }
    let (role, doctype) = (Role::new(role), Kind::new(doctype));
    let edit = if module.is_empty() {
        MappingEdit::AddDocument { unit: UnitName::new(sent.text("unit")), role, doctype }
    } else {
        let unit = or_slug(sent.text("new_unit"), module);
        if !can_name(&unit) {
            return Err(WebError::invalid("new_unit", visit.words.say("mapping-slip-name")));
        }
        MappingEdit::AddUnit { unit: UnitName::new(unit), module: Kind::new(module), role, doctype }
    };
    kept(&visit, &name, &sent, &[edit]).await
}

pub(super) async fn save(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    let at = Where::of(&sent);
    let bench = Bench::of(&visit, &name, "documents").await?;
    let (unit, role) = (UnitName::new(&at.unit), Role::new(&at.role));
    let mapping = bench.mapping();
    let document = mapping.and_then(|mapping| mapping.unit(&unit)).and_then(|unit| unit.document(&role));
    let names = sent.text("exists_when").split(',').map(str::trim).filter(|name| !name.is_empty());
    let traits = DocumentTraits {
        external_id: Some(sent.text("external_id")).filter(|field| !field.is_empty()).map(FieldName::new),
        exists_when: names.map(FieldName::new).collect(),
        shared: sent.field("shared").is_some(),
        keyed: sent.field("keyed").is_some(),
        amend: sent.field("amend").is_some(),
    };
    let edits = [
        MappingEdit::SetTraits { unit: unit.clone(), role: role.clone(), traits },
        MappingEdit::SetMatch { unit: unit.clone(), role: role.clone(), keys: keys(&sent, document) },
        MappingEdit::SetChecks { unit: unit.clone(), role: role.clone(), checks: checks(&sent) },
        MappingEdit::SetPolicies { level: Level::Document(unit, role), said: Policies::sent(&sent) },
    ];
    kept(&visit, &name, &sent, &edits).await
}

/// Takes out a document, or (without a role) a unit.
pub(super) async fn drop_one(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    let at = Where::of(&sent);
    let unit = UnitName::new(&at.unit);
    let edit = if at.role.is_empty() {
        MappingEdit::DropUnit { unit }
    } else {
        MappingEdit::DropDocument { unit, role: Role::new(&at.role) }
    };
    mappings::edit(&visit, &name, revision(&sent), &[edit]).await?;
    done(&place(&name, "documents"), "mapping-saved")
}
