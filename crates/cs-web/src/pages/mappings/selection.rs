//! Which records take part: conditions, with how many of the newest records meet them.

use askama::Template;
use axum::extract::{Path, Query};
use cs_domain::mapping::edit::MappingEdit;
use cs_domain::mapping::{Condition, Operand, Settings, Test, UnitMapping};
use cs_domain::{FieldName, KindSchema, MappingName, System, UnitName};

use super::bench::{Bench, Told};
use super::{Where, place, revision};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::pages::shown;
use crate::sent::Sent;
use crate::visit::{Answer, Visit, done, fragment, page};
use crate::work::mappings;

/// Records that are looked at.
const LOOKED_AT: u32 = 200;

/// The tests that a condition may make, by the words of the file.
pub(super) const TESTS: [&str; 7] = ["in", "not_in", "equals", "at_least", "at_most", "present", "missing"];

/// Rows of conditions that a form may have.
const MOST: usize = 50;

/// A condition as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TypedCondition {
    pub(super) field: String,
    pub(super) test: String,
    pub(super) values: String,
}

impl TypedCondition {
    pub(super) fn of(condition: &Condition) -> Self {
        let list = |operands: &[Operand]| operands.iter().map(written).collect::<Vec<_>>().join(", ");
        let (test, values) = match &condition.test {
            Test::In(operands) => ("in", list(operands)),
            Test::NotIn(operands) => ("not_in", list(operands)),
            Test::Equals(operand) => ("equals", written(operand)),
            Test::AtLeast(operand) => ("at_least", written(operand)),
            Test::AtMost(operand) => ("at_most", written(operand)),
            Test::Present => ("present", String::new()),
            Test::Missing => ("missing", String::new()),
        };
        Self { field: condition.field.to_string(), test: test.to_owned(), values }
    }

    /// What was sent, row by row; a row without a field is none.
    pub(super) fn sent(sent: &Sent, prefix: &str) -> Vec<Self> {
        let column = |name: &str| sent.ticked(&format!("{prefix}{name}"));
        let (fields, tests, values) = (column("field"), column("test"), column("values"));
        let at = |column: &[String], row: usize| column.get(row).map(|text| text.trim().to_owned());
        let rows = fields.iter().take(MOST).enumerate();
        rows.map(|(row, field)| Self {
            field: field.trim().to_owned(),
            test: at(tests, row).unwrap_or_default(),
            values: at(values, row).unwrap_or_default(),
        })
        .filter(|row| !row.field.is_empty())
        .collect()
    }

    pub(super) fn condition(&self) -> Condition {
        let several =
            || self.values.split(',').map(str::trim).filter(|text| !text.is_empty()).map(read).collect();
        let test = match self.test.as_str() {
            "not_in" => Test::NotIn(several()),
            "equals" => Test::Equals(read(&self.values)),
            "at_least" => Test::AtLeast(read(&self.values)),
            "at_most" => Test::AtMost(read(&self.values)),
            "present" => Test::Present,
            "missing" => Test::Missing,
            _ => Test::In(several()),
        };
        Condition { field: FieldName::new(&self.field), test }
    }
}

/// A value; a setting stands between braces.
fn written(operand: &Operand) -> String {
    match operand {
        Operand::Literal(text) => text.clone(),
        Operand::Setting(name) => format!("{{{name}}}"),
    }
}

fn read(text: &str) -> Operand {
    let setting = text.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    match setting {
        Some(name) => Operand::Setting(name.trim().to_owned()),
        None => Operand::Literal(text.trim().to_owned()),
    }
}

/// How many of the newest records take part.
struct Counted {
    met: u64,
    of: u64,
    /// Whether these are all there are.
    all: bool,
}

#[derive(Template)]
#[template(path = "mappings/counted.html")]
struct CountedPart {
    frame: Frame,
    counted: Result<Counted, String>,
}

/// Whether a field is among those that can be chosen.
pub(super) fn knows(fields: &[(String, String)], field: &str) -> bool {
    fields.iter().any(|(name, _)| name == field)
}

#[derive(Template)]
#[template(path = "mappings/selection.html")]
struct SelectionPage<'b> {
    frame: Frame,
    bench: &'b Bench,
    unit: &'b UnitMapping,
    rows: Vec<TypedCondition>,
    fields: Vec<(String, String)>,
    never_read: String,
    counted: Result<Counted, String>,
    told: Vec<&'b Told>,
}

impl SelectionPage<'_> {
    /// The conditions there are, and two more.
    fn shown(&self) -> Vec<TypedCondition> {
        let more = [TypedCondition::default(), TypedCondition::default()];
        self.rows.iter().cloned().chain(more).collect()
    }

    #[allow(clippy::unused_self, reason = "templates ask their page")]
    fn tests(&self) -> [&'static str; TESTS.len()] {
        TESTS
    }
}

pub(super) async fn show(visit: Visit, Path(name): Path<MappingName>, Query(at): Query<Where>) -> Answer {
    let bench = Bench::of(&visit, &name, "selection").await?;
    let (unit, _) = bench.seat(&at).ok_or_else(|| WebError::not_there("unit", &at.unit))?;
    let rows = unit.selection.iter().map(TypedCondition::of).collect();
    page(&SelectionPage {
        frame: visit.titled(Section::Mappings, name.to_string()),
        rows,
        fields: fields(bench.vtiger.get(&unit.module).map(AsRef::as_ref)),
        never_read: unit.never_read.iter().map(FieldName::as_str).collect::<Vec<_>>().join(", "),
        counted: count(&visit, &bench, unit, &unit.selection).await,
        told: bench.of_unit(&unit.name, |_| true),
        bench: &bench,
        unit,
    })
}

/// Name and label of every field, by label.
pub(super) fn fields(schema: Option<&KindSchema>) -> Vec<(String, String)> {
    let all = schema.into_iter().flat_map(|schema| schema.fields.values());
    let mut all: Vec<(String, String)> =
        all.map(|field| (field.name.to_string(), field.label.clone())).collect();
    all.sort_by_cached_key(|(_, label)| label.to_lowercase());
    all
}

/// Looks at the newest records: VTiger cannot count. Settings are not known here; a condition on one counts as met.
async fn count(
    visit: &Visit,
    bench: &Bench,
    unit: &UnitMapping,
    selection: &[Condition],
) -> Result<Counted, String> {
    let schema = bench.vtiger.get(&unit.module).ok_or_else(|| visit.words.say("mapping-count-unknown"))?;
    let mut conditions = selection.to_vec();
    for condition in &mut conditions {
        let name = condition.field.as_str();
        let found = schema.resolve(name);
        condition.field = found.map(|field| field.name.clone()).ok_or_else(|| {
            visit.words.tell("mapping-count-no-field", &[("field", name.to_owned().into())])
        })?;
    }
    let mut wanted: Vec<FieldName> = conditions.iter().map(|condition| condition.field.clone()).collect();
    // Records are asked for by some field, whether or not anything is asked of them.
    wanted.extend(schema.fields.values().find(|field| field.mandatory).map(|field| field.name.clone()));
    wanted.sort();
    wanted.dedup();
    let records = visit.web.office.newest(System::Vtiger, &unit.module, &wanted, LOOKED_AT).await;
    let records = records.map_err(|error| shown::cause(&visit.words, &error.failure()))?;
    let met = records
        .iter()
        .filter(|record| conditions.iter().all(|condition| condition.holds(record, &Settings::new())));
    let of = records.len() as u64;
    Ok(Counted { met: met.count() as u64, of, all: of < u64::from(LOOKED_AT) })
}

/// Saves the conditions, or (`look`) only counts what they would select.
pub(super) async fn save(visit: Visit, Path(name): Path<MappingName>, sent: Sent) -> Answer {
    let at = Where::of(&sent);
    let conditions: Vec<Condition> =
        TypedCondition::sent(&sent, "").iter().map(TypedCondition::condition).collect();
    if sent.field("look").is_some() {
        let bench = Bench::of(&visit, &name, "selection").await?;
        let (unit, _) = bench.seat(&at).ok_or_else(|| WebError::not_there("unit", &at.unit))?;
        let counted = count(&visit, &bench, unit, &conditions).await;
        return fragment(&CountedPart { frame: visit.frame(Section::Mappings, "nav-mappings"), counted });
    }
    let never = sent.text("never_read").split([',', '\n']).map(str::trim).filter(|name| !name.is_empty());
    let fields = never.map(FieldName::new).collect();
    let unit = UnitName::new(&at.unit);
    let edits = [
        MappingEdit::SetSelection { unit: unit.clone(), conditions },
        MappingEdit::SetNeverRead { unit, fields },
    ];
    mappings::edit(&visit, &name, revision(&sent), &edits).await?;
    done(&format!("{}?{}", place(&name, "selection"), at.query()), "mapping-saved")
}

#[cfg(test)]
mod tests {
    use cs_domain::mapping::{parse, shipped};

    use super::*;

    #[test]
    fn what_is_shown_of_a_condition_makes_the_same_condition() {
        let mut seen = 0;
        for (_, text) in shipped() {
            let mapping = parse(text).unwrap().mapping;
            let created = mapping.units.iter().filter_map(|unit| unit.create_in_vtiger.as_ref());
            let when = created.flat_map(|create| &create.when);
            for condition in mapping.units.iter().flat_map(|unit| &unit.selection).chain(when) {
                assert_eq!(TypedCondition::of(condition).condition(), *condition);
                seen += 1;
            }
        }
        assert!(seen >= 4, "{seen}");
    }
}
