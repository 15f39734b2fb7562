//! What all recordings together show about the server that they were made from.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cs_sandbox::vtiger::{Kind, Values};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::request::{Asked, lab};
use crate::conformance::Recording;

/// One look at a record.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// Where the look stands among all looks.
    pub(super) turn: (Timestamp, usize),
    /// The fields as they were answered.
    pub(super) fields: Map<String, Value>,
}

/// A recording, read once.
pub(super) struct Entry {
    pub(super) asked: Asked,
    /// The answer's JSON.
    pub(super) answer: Option<Value>,
    file: PathBuf,
    old: bool,
    turn: (Timestamp, usize),
}

/// All recordings and what they show.
pub(super) struct Archive {
    pub(super) entries: Vec<Entry>,
    stock: World,
    old: World,
}

impl Archive {
    pub(super) fn read(all: &[Recording]) -> Self {
        let entry = |(index, recording): (usize, &Recording)| Entry {
            asked: Asked::read(recording),
            answer: json_of(&recording.response.body),
            file: recording.file.clone(),
            old: family(&recording.server),
            turn: (time_of(recording), index),
        };
        let entries: Vec<Entry> = all.iter().enumerate().map(entry).collect();
        Self { stock: World::read(&entries, false), old: World::read(&entries, true), entries }
    }

    /// What is known of the server that a recording was made from.
    pub(super) fn world(&self, recording: &Recording) -> &World {
        if family(&recording.server) { &self.old } else { &self.stock }
    }

    /// Where a recording stands among all.
    pub(super) fn turn(&self, recording: &Recording) -> (Timestamp, usize) {
        let entry = self.entries.iter().find(|entry| entry.file == recording.file);
        entry.map_or_else(|| (time_of(recording), 0), |entry| entry.turn)
    }
}

/// Everything seen of one server.
#[derive(Debug, Default)]
pub(super) struct World {
    records: BTreeMap<String, Vec<Seen>>,
    deleted: BTreeMap<String, (Timestamp, usize)>,
}

/// The version whose database a recording was made on; the mended server shares the stock one's.
fn family(server: &str) -> bool {
    server.contains("8.2.0")
}

/// When a recording was made.
pub(super) fn time_of(recording: &Recording) -> Timestamp {
    let date = recording.response.header("date").unwrap_or_default();
    let parsed = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_zoned(date);
    parsed.map_or_else(|_| "2026-11-22T02:00:00Z".parse().unwrap(), |zoned| zoned.timestamp())
}

/// The JSON of an answer, without warnings before it.
pub(super) fn json_of(body: &str) -> Option<Value> {
    let start = body.find("{\"success\"")?;
    serde_json::from_str(body.get(start..)?).ok()
}

impl World {
    fn read(entries: &[Entry], old: bool) -> Self {
        let mut world = Self::default();
        for entry in entries.iter().filter(|entry| entry.old == old) {
            let Some(result) = entry.answer.as_ref().and_then(|answer| answer.get("result")) else {
                continue;
            };
            world.look(entry.turn, result);
            if let Some(updated) = result.get("updated") {
                world.look(entry.turn, updated);
            }
            if let (true, Some(id)) = (entry.asked.operation == "delete", &entry.asked.id) {
                world.deleted.insert(id.clone(), entry.turn);
            }
        }
        world
    }

    fn look(&mut self, turn: (Timestamp, usize), result: &Value) {
        match result {
            Value::Array(rows) => rows.iter().for_each(|row| self.look(turn, row)),
            Value::Object(fields) => {
                let id = fields.get("id").and_then(Value::as_str).filter(|id| id.contains('x'));
                if let Some(id) = id {
                    let seen = Seen { turn, fields: fields.clone() };
                    self.records.entry(id.to_owned()).or_default().push(seen);
                }
            }
            _ => {}
        }
    }

    /// What was seen of a record before `turn`, the latest last.
    fn before(&self, id: &str, turn: (Timestamp, usize)) -> Vec<&Seen> {
        let mut seen: Vec<&Seen> =
            self.records.get(id).into_iter().flatten().filter(|seen| seen.turn < turn).collect();
        seen.sort_by_key(|seen| seen.turn);
        seen
    }

    /// A field as it was last seen before `turn`, else as it was seen first afterwards.
    pub(super) fn field(&self, id: &str, name: &str, turn: (Timestamp, usize)) -> Option<&Value> {
        let earlier = self.before(id, turn).into_iter().rev().find_map(|seen| seen.fields.get(name));
        earlier.or_else(|| self.records.get(id)?.iter().find_map(|seen| seen.fields.get(name)))
    }

    /// All fields as they were last seen before `turn`, else afterwards.
    pub(super) fn fields(&self, id: &str, turn: (Timestamp, usize)) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut later: Vec<&Seen> =
            self.records.get(id).into_iter().flatten().filter(|seen| seen.turn > turn).collect();
        later.sort_by_key(|seen| std::cmp::Reverse(seen.turn));
        for seen in later.into_iter().chain(self.before(id, turn)) {
            fields.extend(seen.fields.clone());
        }
        fields
    }

    /// Whether a record was deleted before `turn`.
    pub(super) fn is_deleted(&self, id: &str, turn: (Timestamp, usize)) -> bool {
        self.deleted.get(id).is_some_and(|deleted| *deleted < turn)
    }

    /// An id of another module with the same number.
    pub(super) fn namesake(&self, id: &str) -> Option<String> {
        let number = id.split_once('x')?.1;
        self.records
            .keys()
            .find(|other| *other != id && other.split_once('x').is_some_and(|(_, n)| n == number))
            .cloned()
    }
}

/// Answered fields as columns: references and owners lose their prefix, null stays null.
pub(super) fn columns(module: &str, fields: &Map<String, Value>) -> Values {
    let Some(module) = lab().module(module) else { return Values::new() };
    let mut values = Values::new();
    for (name, value) in fields {
        let Some(field) = module.field(name).filter(|field| field.name != "id" && !field.item) else {
            continue;
        };
        let text = match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let bare = |text: String| text.rsplit('x').next().map(str::to_owned).filter(|text| !text.is_empty());
        let text = match field.kind {
            // Users keep empty text where records keep nothing.
            Kind::Reference if module.name == "Users" => text.map(|text| bare(text).unwrap_or_default()),
            Kind::Reference | Kind::Owner => text.and_then(bare),
            Kind::Date | Kind::DateTime | Kind::Time => text.filter(|text| !text.is_empty()),
            // The answers of `create` write sums as numbers; columns have their places.
            Kind::Decimal(places) => text.filter(|text| !text.is_empty()).map(|text| padded(&text, places)),
            _ => text,
        };
        values.insert(name.clone(), text);
    }
    values
}

fn padded(text: &str, places: u32) -> String {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}.{rest:0<width$}", width = places as usize)
}
