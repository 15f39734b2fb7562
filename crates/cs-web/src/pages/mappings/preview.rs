//! What a mapping would make of real records, before it is published: nothing is written and nothing is remembered.

use askama::Template;
use axum::extract::{Path, Query};
use cs_domain::guarded::Numbers;
use cs_domain::mapping::lone::LoneWord;
use cs_domain::{MappingName, RecordRef, System};
use serde::Deserialize;

use super::Where;
use super::bench::Bench;
use crate::frame::{Frame, Section};
use crate::office::SampleWish;
use crate::pages::labels::Labels;
use crate::pages::runs::told::Trouble;
use crate::pages::sync::planned::Unit;
use crate::visit::{Answer, Visit, page};
use crate::words::Words;

/// Records that are tried where nothing is said, and at most.
const SOME: u32 = 10;
const MOST: u32 = 50;

/// What is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    #[serde(flatten)]
    at: Where,
    number: Option<u32>,
    /// Records by their ids, one a line or with commas between; then no others.
    records: String,
    /// `newest`, or `random`.
    which: String,
    seed: Option<u64>,
    /// Whether it is to be tried: the page as it is first opened asks no system.
    go: String,
}

/// A word without a partner, as people read it.
struct Lone {
    system: System,
    field: String,
    word: String,
    sampled: u32,
    everywhere: Option<u64>,
    trouble: Trouble,
}

impl Lone {
    fn of(words: &Words, lone: &LoneWord) -> Self {
        let name = lone.field.as_str();
        Self {
            system: lone.system,
            field: if lone.label == name { name.to_owned() } else { format!("{} ({name})", lone.label) },
            word: lone.word.clone(),
            sampled: lone.sampled,
            everywhere: lone.everywhere,
            trouble: Trouble::of(words, &lone.failure),
        }
    }
}

/// What came of it.
struct Tried {
    units: Vec<Unit>,
    lone: Vec<Lone>,
    writes: u64,
    troubled: u64,
}

#[derive(Template)]
#[template(path = "mappings/preview.html")]
struct PreviewPage<'b> {
    frame: Frame,
    bench: &'b Bench,
    units: Vec<String>,
    asked: Asked,
    /// The seed of another sample.
    next_seed: u64,
    tried: Option<Tried>,
    failure: Option<Trouble>,
}

pub(super) async fn show(
    visit: Visit,
    Path(name): Path<MappingName>,
    Query(mut asked): Query<Asked>,
) -> Answer {
    let bench = Bench::of(&visit, &name, "preview").await?;
    let units: Vec<String> = bench
        .mapping()
        .map(|mapping| mapping.units.iter().map(|unit| unit.name.to_string()).collect())
        .unwrap_or_default();
    if !units.contains(&asked.at.unit) {
        asked.at.unit = units.first().cloned().unwrap_or_default();
    }
    let number = asked.number.unwrap_or(SOME).clamp(1, MOST);
    asked.number = Some(number);
    let (mut tried, mut failure) = (None, None);
    if !asked.go.is_empty() && bench.problems == 0 && bench.mapping().is_some() {
        let module = bench.seat(&asked.at).map(|(unit, _)| unit.module.clone());
        let chosen = asked.records.split([',', '\n', ' ']).map(str::trim).filter(|id| !id.is_empty());
        let wish = SampleWish {
            mapping: name.clone(),
            text: bench.standing.text().to_owned(),
            unit: asked.at.unit.as_str().into(),
            chosen: module
                .map(|module| chosen.map(|id| RecordRef::vtiger(module.clone(), id)).collect())
                .unwrap_or_default(),
            number,
            seed: (asked.which == "random").then_some(asked.seed.unwrap_or(1)),
        };
        match visit.web.office.preview(&wish).await {
            Ok(preview) => {
                let plans = preview.records.iter().map(|previewed| &previewed.plan);
                let labels = Labels::of_plans(&visit, plans).await?;
                let numbers = Numbers::of(bench.mapping());
                tried = Some(self::tried(&visit.words, &labels, &numbers, &preview));
            }
            Err(error) => failure = Some(Trouble::of(&visit.words, &error.failure())),
        }
    }
    let next_seed = asked.seed.unwrap_or(1).wrapping_add(1);
    let frame = visit.titled(Section::Mappings, name.to_string());
    page(&PreviewPage { frame, bench: &bench, units, asked, next_seed, tried, failure })
}

fn tried(words: &Words, labels: &Labels, numbers: &Numbers, preview: &cs_engine::Preview) -> Tried {
    let plans = || preview.records.iter().map(|previewed| &previewed.plan);
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Tried {
        units: plans().map(|plan| Unit::of(words, labels, numbers, plan)).collect(),
        lone: preview.lone.iter().map(|lone| Lone::of(words, lone)).collect(),
        writes: count(plans().filter(|plan| !plan.writes_nothing()).count()),
        troubled: count(
            plans().filter(|plan| !plan.failures.is_empty() || !plan.conflicts.is_empty()).count(),
        ),
    }
}
