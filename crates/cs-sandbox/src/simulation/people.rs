//! What people do on both sides, at any time and without asking.

use std::time::Duration;

use cs_domain::{FieldName, FieldType, Fields, Kind, Mapping, RecordId, RecordRef, System};
use jiff::SignedDuration;
use serde_json::{Map, Value as Json, json};

use crate::frappe::Row;
use crate::vtiger::{Draft, Write};

use super::frappe_values::text;
use super::ledger::Author;
use super::pairs::{Pair, bare};
use super::vtiger_values;
use super::world::{PERSON, World};

/// Texts that something goes wrong with, sooner or later.
const NASTY: [&str; 12] = [
    "José",
    "jose",
    "JOSE",
    "Muñoz & Cía",
    " Ana ",
    "",
    "O'Neil",
    "a\\b",
    "Ñandú  doble",
    "50%",
    "Ana 😀",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
];
/// Days, both ends of summer time among them.
const DAYS: [&str; 6] = ["1990-02-28", "2000-02-29", "1985-10-27", "1999-03-28", "2026-01-01", "1970-01-01"];

/// Does something.
pub(crate) fn act(world: &mut World, mapping: &Mapping) {
    match world.random.below(100) {
        0..30 => edit_vtiger(world),
        30..62 => edit_frappe(world),
        62..68 => edit_unmapped(world),
        68..76 => create_in_vtiger(world, mapping),
        76..84 => create_in_frappe(world, mapping),
        84..88 => delete_in_vtiger(world, mapping),
        88..92 => delete_in_frappe(world, mapping),
        92..97 => rename(world, mapping),
        _ => touch(world, mapping),
    }
}

/// When things happen: most of them at a few moments, in the same second.
pub(crate) fn moments(world: &mut World, count: u64, length: Duration) -> Vec<Duration> {
    let millis = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
    let clusters: Vec<u64> = (0..3).map(|_| world.random.below(millis)).collect();
    let mut moment = || match world.random.pick(&clusters).copied() {
        Some(cluster) if world.random.percent(60) => cluster + world.random.below(900),
        _ => world.random.below(millis),
    };
    (0..count).map(|_| Duration::from_millis(moment())).collect()
}

fn word(world: &mut World, current: &str, other: &str) -> String {
    match world.random.below(20) {
        0 if !other.is_empty() => other.to_owned(),
        1 => current.to_uppercase(),
        2 => format!("{current} "),
        3..9 => world.random.pick(&NASTY).copied().unwrap_or_default().to_owned(),
        _ => fresh(world),
    }
}

/// A text that nobody said before.
pub(crate) fn fresh(world: &mut World) -> String {
    let number = world.ledger.tally.edits;
    let name = world.random.pick(&["Ana", "Beto", "Cruz", "Dora", "Elía", "Fito"]).copied();
    format!("{} {number}{}", name.unwrap_or("Ana"), world.random.below(10))
}

fn day(world: &mut World) -> String {
    match world.random.below(10) {
        0 => String::new(),
        1..4 => world.random.pick(&DAYS).copied().unwrap_or_default().to_owned(),
        _ => format!(
            "19{:02}-{:02}-{:02}",
            world.random.between(50, 99),
            world.random.between(1, 12),
            world.random.between(1, 28)
        ),
    }
}

/// A value for a field: of its type, and nasty where it may be.
fn value(
    world: &mut World,
    system: System,
    kind: &Kind,
    field: &FieldName,
    current: &str,
    other: &str,
) -> String {
    let is_link = world.ledger.pairs.iter().any(|pair| {
        (pair.vtiger == *field || pair.frappe == *field)
            && world.ground.doctypes.get(&pair.doctype).is_some_and(|schema| {
                let field = schema.kind.fields.get(&pair.frappe);
                field.is_some_and(|field| matches!(field.field_type, FieldType::Reference { .. }))
            })
    });
    if is_link {
        return world.random.pick(&["Male", "Female", ""]).copied().unwrap_or_default().to_owned();
    }
    let schema = match system {
        System::Vtiger => world.ground.modules.get(kind),
        System::Frappe => world.ground.doctypes.get(kind).map(|schema| &schema.kind),
    };
    let field_type = schema.and_then(|schema| schema.fields.get(field)).map(|field| field.field_type.clone());
    match field_type {
        Some(FieldType::Date) => day(world),
        Some(FieldType::Reference { .. }) => {
            world.random.pick(&["Male", "Female", ""]).copied().unwrap_or_default().to_owned()
        }
        _ if ["accountname", "customer_name"].contains(&field.as_str()) && world.random.percent(85) => {
            fresh(world)
        }
        _ => word(world, current, other),
    }
}

fn records(world: &World, module: &str) -> Vec<u64> {
    let records = world.vtiger.records().values();
    records.filter(|record| !record.deleted && record.module == module).map(|record| record.id).collect()
}

fn names(world: &World, doctype: &str) -> Vec<String> {
    let rows = world.site.rows(doctype).filter(|row| text(row, "user").is_empty());
    rows.map(|row| text(row, "name")).collect()
}

/// Somebody changes a field in VTiger; answers whether VTiger took it.
pub(crate) fn say_in_vtiger(world: &mut World, number: u64, fields: &[(&str, String)]) -> bool {
    let Some(record) = world.vtiger.records().get(&number) else { return false };
    let id = vtiger_values::id(&world.vtiger, record);
    let mut element: Map<String, Json> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    element.insert("id".to_owned(), json!(id.as_str()));
    let (Some(user), now) = (world.admin(), world.vtiger_now()) else { return false };
    let done = world.vtiger.write(&user, Write::Revise, &element, now).is_ok();
    let shown: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    let word = if done { "" } else { " (refused)" };
    world.say(|_| format!("PERSON in VTiger: {id} {}{word}", shown.join(", ")));
    world.note(Author::Person);
    done
}

/// Somebody changes a field in Frappe; answers whether Frappe took it.
pub(crate) fn say_in_frappe(world: &mut World, doctype: &str, name: &str, field: &str, value: &str) -> bool {
    let row: Row = [(field.to_owned(), json!(value))].into_iter().collect();
    let mut now = world.frappe_now();
    let before = world.site.clock();
    // Now and then a request is slow, and is committed after others that began later.
    let late =
        now.checked_sub(SignedDuration::from_secs(i64::try_from(world.random.below(100)).unwrap_or(0)));
    let newer = |late: jiff::Timestamp, world: &World| {
        let stamp = late.to_zoned(world.site.time_zone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        world.site.row(doctype, name).is_some_and(|row| text(row, "modified") < stamp)
    };
    let slow = late.ok().filter(|late| world.random.percent(12) && newer(*late, world));
    if let Some(late) = slow {
        world.site.stage_clock(late);
        now = late;
    }
    let done = world.site.transact(PERSON, now, |txn| txn.update(doctype, name, &row));
    if slow.is_some() {
        world.site.stage_clock(before);
    }
    let done = done.result.is_ok();
    let word = if done { "" } else { " (refused)" };
    let slow = if slow.is_some() { " (committed late)" } else { "" };
    world.say(|_| format!("PERSON in Frappe: {doctype} {name:?} {field}={value:?}{word}{slow}"));
    world.note(Author::Person);
    done
}

fn edit_vtiger(world: &mut World) {
    let Some(pair) = drawn_pair(world) else { return };
    let all = records(world, pair.module.as_str());
    let Some(number) = world.random.pick(&all).copied() else { return };
    let current =
        world.vtiger.records().get(&number).map(|record| record.text(pair.vtiger.as_str()).to_owned());
    let other = anything_in_frappe(world, &pair);
    let value =
        value(world, System::Vtiger, &pair.module, &pair.vtiger, &current.unwrap_or_default(), &other);
    say_in_vtiger(world, number, &[(pair.vtiger.as_str(), value)]);
}

fn edit_frappe(world: &mut World) {
    let Some(pair) = drawn_pair(world) else { return };
    let all = names(world, pair.doctype.as_str());
    let Some(name) = world.random.pick(&all).cloned() else { return };
    let current = world.site.row(pair.doctype.as_str(), &name).map(|row| text(row, pair.frappe.as_str()));
    let other = anything_in_vtiger(world, &pair);
    let value =
        value(world, System::Frappe, &pair.doctype, &pair.frappe, &current.unwrap_or_default(), &other);
    say_in_frappe(world, pair.doctype.as_str(), &name, pair.frappe.as_str(), &value);
}

fn drawn_pair(world: &mut World) -> Option<Pair> {
    let index = world.random.index(world.ledger.pairs.len());
    world.ledger.pairs.get(index).cloned()
}

fn anything_in_frappe(world: &mut World, pair: &Pair) -> String {
    let all = names(world, pair.doctype.as_str());
    let Some(name) = world.random.pick(&all).cloned() else { return String::new() };
    world
        .site
        .row(pair.doctype.as_str(), &name)
        .map(|row| text(row, pair.frappe.as_str()))
        .unwrap_or_default()
}

fn anything_in_vtiger(world: &mut World, pair: &Pair) -> String {
    let all = records(world, pair.module.as_str());
    let Some(number) = world.random.pick(&all).copied() else { return String::new() };
    let record = world.vtiger.records().get(&number);
    record.map(|record| bare(record.text(pair.vtiger.as_str())).to_owned()).unwrap_or_default()
}

fn edit_unmapped(world: &mut World) {
    let said = fresh(world);
    if world.random.percent(50) {
        let all: Vec<u64> = world
            .vtiger
            .records()
            .values()
            .filter(|record| !record.deleted)
            .map(|record| record.id)
            .collect();
        let Some(number) = world.random.pick(&all).copied() else { return };
        say_in_vtiger(world, number, &[("description", said)]);
    } else {
        let doctype = world.random.pick(&["Contact", "Customer", "Address"]).copied().unwrap_or("Contact");
        let all = names(world, doctype);
        let Some(name) = world.random.pick(&all).cloned() else { return };
        let field = if doctype == "Address" {
            "county"
        } else if doctype == "Customer" {
            "customer_details"
        } else {
            "middle_name"
        };
        say_in_frappe(world, doctype, &name, field, &said);
    }
}

fn touch(world: &mut World, mapping: &Mapping) {
    let Some(unit) = world.random.pick(&mapping.units) else { return };
    let all = records(world, unit.module.as_str());
    let Some(number) = world.random.pick(&all).copied() else { return };
    say_in_vtiger(world, number, &[]);
}

/// Somebody makes a record in VTiger.
pub(crate) fn create_in_vtiger(world: &mut World, mapping: &Mapping) {
    let Some(module) = world.random.pick(&mapping.units).map(|unit| unit.module.to_string()) else { return };
    let mut element: Map<String, Json> = Map::new();
    let mut set = |field: &str, value: String| drop(element.insert(field.to_owned(), json!(value)));
    set("assigned_user_id", "19x1".to_owned());
    match module.as_str() {
        "Accounts" => {
            set("accountname", fresh(world));
            set("website", word(world, "", ""));
            if world.random.percent(70) {
                set("bill_street", fresh(world));
                set("bill_city", fresh(world));
                set("bill_code", fresh(world));
            }
        }
        "Contacts" => {
            set("firstname", word(world, "", ""));
            set("lastname", fresh(world));
            set("birthday", day(world));
            set("department", word(world, "", ""));
            let accounts = records(world, "Accounts");
            if let Some(account) = world.random.pick(&accounts).copied().filter(|_| world.random.percent(50))
            {
                set("account_id", format!("11x{account}"));
            }
        }
        _ => return create_order(world),
    }
    let (Some(user), now) = (world.admin(), world.vtiger_now()) else { return };
    let answer = world.vtiger.create(&user, &module, &element, now);
    let id = answer.as_ref().ok().and_then(|answer| answer.get("id")?.as_str().map(str::to_owned));
    world.say(|_| {
        format!("PERSON in VTiger: creates {module} {} {}", id.unwrap_or_default(), Json::Object(element))
    });
    world.note(Author::Person);
}

/// Somebody saves an order in VTiger's own form: like another one, for somebody else.
fn create_order(world: &mut World) {
    let orders = records(world, "SalesOrder");
    let Some(number) = world.random.pick(&orders).copied() else { return };
    let Some(like) = world.vtiger.records().get(&number).cloned() else { return };
    let mut values = like.values.clone();
    let now = world.vtiger_now();
    let stamp = now.to_zoned(world.vtiger.setup.time_zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let (first, app) = (fresh(world), format!("61{:08}", world.random.below(100_000_000)));
    for (field, value) in
        [("cf_2293", first), ("cf_2115", app), ("createdtime", stamp.clone()), ("modifiedtime", stamp)]
    {
        values.insert(field.to_owned(), Some(value));
    }
    let draft =
        Draft { module: "SalesOrder".to_owned(), values, items: like.items.clone(), ..Draft::default() };
    let id = world.vtiger.put(draft);
    world.say(|_| format!("PERSON in VTiger: creates SalesOrder {}", id.unwrap_or_default()));
    world.note(Author::Person);
}

/// Somebody makes a document in Frappe.
pub(crate) fn create_in_frappe(world: &mut World, mapping: &Mapping) {
    let people = mapping.units.iter().any(|unit| unit.module.as_str() == "Contacts");
    if !people {
        return;
    }
    let doctype = if world.random.percent(50) { "Customer" } else { "Contact" };
    let mut row = Row::new();
    let mut set = |field: &str, value: Json| drop(row.insert(field.to_owned(), value));
    if doctype == "Customer" {
        set("customer_name", json!(fresh(world)));
        set("customer_type", json!("Company"));
        set("website", json!(word(world, "", "")));
    } else {
        set("first_name", json!(fresh(world)));
        set("last_name", json!(word(world, "", "")));
        set("custom_day_of_birth", json!(day(world)));
    }
    create_document(world, doctype, &row);
}

/// Somebody makes this document in Frappe.
pub(crate) fn create_document(world: &mut World, doctype: &str, row: &Row) {
    let now = world.frappe_now();
    let done = world.site.transact(PERSON, now, |txn| txn.insert(doctype, row));
    let name =
        done.result.map_or_else(|refusal| format!("(refused: {})", refusal.text), |row| text(&row, "name"));
    world.say(|_| format!("PERSON in Frappe: creates {doctype} {name:?} {}", Json::Object(row.clone())));
    world.note(Author::Person);
}

fn delete_in_vtiger(world: &mut World, mapping: &Mapping) {
    let Some(module) = world.random.pick(&mapping.units).map(|unit| unit.module.to_string()) else { return };
    let all = records(world, &module);
    let Some(number) = world.random.pick(&all).copied() else { return };
    let Some(id) = world.vtiger.records().get(&number).map(|record| vtiger_values::id(&world.vtiger, record))
    else {
        return;
    };
    let (Some(user), now) = (world.admin(), world.vtiger_now()) else { return };
    let done = world.vtiger.delete(&user, id.as_str(), now).is_ok();
    world.say(|_| format!("PERSON in VTiger: deletes {id} ({done})"));
    world.note(Author::Person);
}

fn drawn_document(world: &mut World, mapping: &Mapping) -> Option<(String, String)> {
    let kinds: Vec<String> = mapping
        .units
        .iter()
        .flat_map(|unit| &unit.documents)
        .filter(|document| !document.keyed)
        .map(|document| document.doctype.to_string())
        .collect();
    let doctype = world.random.pick(&kinds).cloned()?;
    let all = names(world, &doctype);
    let name = world.random.pick(&all).cloned()?;
    Some((doctype, name))
}

fn delete_in_frappe(world: &mut World, mapping: &Mapping) {
    let Some((doctype, name)) = drawn_document(world, mapping) else { return };
    let now = world.frappe_now();
    let done = world.site.transact(PERSON, now, |txn| txn.delete(&doctype, &name)).result.is_ok();
    world.say(|_| format!("PERSON in Frappe: deletes {doctype} {name:?} ({done})"));
    world.note(Author::Person);
}

/// Somebody deletes a Customer that an engine left to people, and what hangs on it.
pub(crate) fn delete_by_hand(world: &mut World, name: Option<RecordId>) {
    let Some(name) = name else { return };
    let now = world.frappe_now();
    let done = world.site.transact(PERSON, now, |txn| txn.delete("Customer", name.as_str())).result.is_ok();
    world.say(|_| format!("PERSON in Frappe: deletes Customer {name:?} ({done})"));
    world.note(Author::Person);
}

fn rename(world: &mut World, mapping: &Mapping) {
    let Some((doctype, name)) = drawn_document(world, mapping) else { return };
    if doctype == "Sales Order" {
        return;
    }
    let new = format!("R {}", fresh(world));
    let now = world.frappe_now();
    let done =
        world.site.transact(PERSON, now, |txn| txn.rename(&doctype, &name, &new, false)).result.is_ok();
    if done {
        world.ledger.renamed(&doctype, &name, &new);
    }
    world.say(|_| format!("PERSON in Frappe: renames {doctype} {name:?} to {new:?} ({done})"));
    world.note(Author::Person);
}

/// Somebody edits the very record that an engine is writing.
pub(crate) fn meddle(world: &mut World, target: &RecordRef, fields: &Fields) {
    let chance = world.weather.meddling;
    if chance == 0 || !world.random.permille(chance) {
        return;
    }
    let pairs: Vec<Pair> = world.ledger.pairs.clone();
    let own = |pair: &&Pair| match target.system {
        System::Vtiger => pair.module == target.kind,
        System::Frappe => pair.doctype == target.kind,
    };
    let written = |pair: &&Pair| match target.system {
        System::Vtiger => fields.contains_key(&pair.vtiger),
        System::Frappe => fields.contains_key(&pair.frappe),
    };
    let here: Vec<&Pair> = pairs.iter().filter(own).collect();
    let same: Vec<&Pair> = here.iter().copied().filter(written).collect();
    let from = if same.is_empty() || world.random.percent(30) { here } else { same };
    let Some(pair) = world.random.pick(&from).copied().cloned() else { return };
    match target.system {
        System::Vtiger => {
            let Some(number) = super::ledger::number(&target.id) else { return };
            let said = value(world, System::Vtiger, &pair.module, &pair.vtiger, "", "");
            say_in_vtiger(world, number, &[(pair.vtiger.as_str(), said)]);
        }
        System::Frappe => {
            let said = value(world, System::Frappe, &pair.doctype, &pair.frappe, "", "");
            say_in_frappe(world, pair.doctype.as_str(), target.id.as_str(), pair.frappe.as_str(), &said);
        }
    }
}
