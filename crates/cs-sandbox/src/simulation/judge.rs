//! Whether all is well, when everything is quiet.

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::{Clearing, DeletePolicy, Link, LinkStanding, RecordRef, System};
use cs_ports::{Tie, UnitOutcome};

use super::ledger::number;
use super::mending::complains_of;
use super::pairs::{Pair, bare};
use super::story::Story;
use super::vtiger_values;
use super::world::World;

/// What is looked at: every tie there is, and what people were told of.
struct Found {
    ties: Vec<Tie>,
    told: Vec<UnitOutcome>,
}

/// Looks at everything once more.
pub(crate) fn judge(story: &Story) {
    let Some(Found { ties, told }) = find(story) else { return };
    let mut world = story.world.lock();
    one_to_one(&mut world, story, &ties);
    nobody_left_out(&mut world, story, &ties, &told);
    for duplicate in world.ledger.duplicates() {
        world.breach(duplicate);
    }
    for tie in &ties {
        judge_tie(&mut world, story, tie, &told);
    }
}

/// What the feeds alone must have brought about, before anything was counted: edits and new records are never missed, though
/// deletes in VTiger and silent changes may be. Records that lost a document, and documents whose record is gone, are left
/// out with all that is tied to them.
pub(crate) fn judge_feeds(story: &Story) {
    let Some(Found { ties, told }) = find(story) else { return };
    let waits = |subject: &RecordRef| told.iter().any(|outcome| outcome.key.subject == *subject);
    let mut world = story.world.lock();
    let whole = |tie: &Tie| {
        let record = number(&tie.link.subject.id);
        let document = world.ledger.known_document(&tie.link.document);
        let there = |id: u64| world.ledger.documents.get(&id).is_some_and(|document| !document.gone);
        record.is_some_and(|record| !world.ledger.record_is_gone(record)) && document.is_some_and(there)
    };
    let broken: BTreeSet<RecordRef> =
        ties.iter().filter(|tie| !whole(tie)).map(|tie| tie.link.subject.clone()).collect();
    nobody_left_out(&mut world, story, &ties, &told);
    for tie in &ties {
        if !broken.contains(&tie.link.subject) && !waits(&tie.link.subject) {
            judge_tie(&mut world, story, tie, &told);
        }
    }
}

fn find(story: &Story) -> Option<Found> {
    let subjects: Vec<RecordRef> = {
        let world = story.world.lock();
        let modules: Vec<String> =
            story.told.mapping.units.iter().map(|unit| unit.module.to_string()).collect();
        let records = world.vtiger.records().values().filter(|record| modules.contains(&record.module));
        let refer =
            |record| RecordRef::vtiger(record_module(record), vtiger_values::id(&world.vtiger, record));
        records.map(refer).collect()
    };
    let name = story.told.mapping.name.clone();
    let ties = story.with_store(async |store| store.ties_of(&name, &subjects).await);
    let Some(Ok(ties)) = ties else {
        story.world.lock().breach("the ties cannot be read");
        return None;
    };
    let troubled = story.with_store(async |store| store.troubled(Some(&name), u32::MAX).await);
    let mut told = troubled.and_then(Result::ok).unwrap_or_default();
    told.retain(|outcome| !outcome.failures.is_empty());
    Some(Found { ties, told })
}

fn record_module(record: &crate::vtiger::Record) -> &str {
    &record.module
}

/// Every record that takes part has been tied once, to a document of the role that every record has, or a person was told
/// why not.
fn nobody_left_out(world: &mut World, story: &Story, ties: &[Tie], told: &[UnitOutcome]) {
    for unit in &story.told.mapping.units {
        let always = unit.documents.iter().rfind(|document| document.exists_when.is_empty());
        let Some(role) = always.map(|document| &document.role) else { continue };
        let records = world.vtiger.records().values();
        let records = records.filter(|record| !record.deleted && record.module == unit.module.as_str());
        let records: Vec<u64> = records.map(|record| record.id).collect();
        for record in
            records.into_iter().filter(|record| is_selected(world, story, *record)).collect::<Vec<_>>()
        {
            let tied = |tie: &Tie| number(&tie.link.subject.id) == Some(record) && tie.link.role == *role;
            let excused = told.iter().any(|outcome| number(&outcome.key.subject.id) == Some(record));
            if !excused && !ties.iter().any(tied) {
                world.breach(format!("{} {record} takes part and has no {role}", unit.module));
            }
        }
    }
}

/// No document belongs to two records, unless the mapping shares it.
fn one_to_one(world: &mut World, story: &Story, ties: &[Tie]) {
    let mut owners: BTreeMap<&RecordRef, Vec<&Tie>> = BTreeMap::new();
    for tie in ties.iter().filter(|tie| tie.link.standing == LinkStanding::Live) {
        owners.entry(&tie.link.document).or_default().push(tie);
    }
    for (document, owners) in owners {
        let unit = owners.first().and_then(|tie| story.told.mapping.unit(&tie.link.unit));
        let shared = owners.iter().all(|tie| {
            unit.and_then(|unit| unit.document(&tie.link.role)).is_some_and(|document| document.shared)
        });
        if owners.len() > 1 && !shared {
            let subjects: Vec<String> = owners.iter().map(|tie| tie.link.subject.to_string()).collect();
            world.breach(format!("{document} is tied to several records: {}", subjects.join(", ")));
        }
    }
}

fn judge_tie(world: &mut World, story: &Story, tie: &Tie, told: &[UnitOutcome]) {
    let link = &tie.link;
    let Some(subject) = number(&link.subject.id) else { return };
    // A link that was given up names what is gone, and another document may bear that name by now.
    let given_up = (link.standing == LinkStanding::GivenUp)
        .then(|| world.ledger.last_tied(subject, link.role.as_str()))
        .flatten();
    let Some(document) = given_up.or_else(|| world.ledger.known_document(&link.document)) else {
        if link.standing == LinkStanding::Live {
            world.breach(format!(
                "{}/{} is tied to {}, which never was",
                link.subject, link.role, link.document
            ));
        }
        return;
    };
    let record_gone = world.ledger.record_is_gone(subject);
    let document_gone = world.ledger.documents.get(&document).is_none_or(|document| document.gone);
    if link.standing == LinkStanding::Live && !record_gone && !document_gone {
        let pairs: Vec<Pair> = world
            .ledger
            .pairs
            .iter()
            .filter(|pair| pair.role == link.role && pair.unit == link.unit)
            // What a person was told to mend is no silent disagreement.
            .filter(|pair| {
                let mut own = told.iter().filter(|outcome| outcome.key.subject == link.subject);
                !own.any(|outcome| complains_of(outcome, pair) || is_refused(outcome, pair))
            })
            .cloned()
            .collect();
        if is_selected(world, story, subject) {
            for pair in pairs {
                judge_pair(world, subject, document, &pair);
            }
        }
    } else if record_gone != document_gone
        && (record_gone || (is_selected(world, story, subject) && !is_told_of(told, link)))
    {
        judge_departure(world, story, tie, record_gone, document_gone);
    }
}

/// Whether a person was told why the record has no document in this role: it means another one by now, which cannot be made.
fn is_told_of(told: &[UnitOutcome], link: &Link) -> bool {
    let own = told.iter().filter(|outcome| outcome.key.subject == link.subject);
    own.flat_map(|outcome| &outcome.failures).any(|failure| {
        failure.code == "unit.parent_given_up" && failure.place.as_deref() == Some(link.role.as_str())
    })
}

/// Whether a person was told that the pair's document is refused as a whole: a value that Frappe works out of others (a full
/// name of 161 letters) names none of the fields that it is made of.
fn is_refused(outcome: &UnitOutcome, pair: &Pair) -> bool {
    outcome.failures.iter().any(|failure| failure.place.as_deref() == Some(pair.role.as_str()))
}

/// The policy's own selection: what it leaves out is not kept in agreement.
fn is_selected(world: &World, story: &Story, subject: u64) -> bool {
    let Some(record) = world.vtiger.records().get(&subject) else { return false };
    let policy = story.told.mapping.name.as_str() == "policy";
    !policy
        || (crate::agency::SELECTED.contains(&record.text("cf_2141"))
            && record.text("cf_2059") == "2026-01-01")
}

fn judge_pair(world: &mut World, subject: u64, document: u64, pair: &Pair) {
    let here = world.ledger.last_said(System::Vtiger, subject, pair);
    let there = world.ledger.last_said(System::Frappe, document, pair);
    let (Some((vtiger, cleared_here)), Some((frappe, cleared_there))) = (here, there) else { return };
    if pair.same(&vtiger, &frappe) {
        return;
    }
    let keeps = pair.clearing == Clearing::Keep;
    // Only people leave nothing but space.
    let excused =
        |text: &str, by_person: bool| keeps && bare(text).is_empty() && (by_person || !text.is_empty());
    if excused(&vtiger, cleared_here) || excused(&frappe, cleared_there) {
        return;
    }
    // What a new document was not given and its owner never said is not known there; what its owner said and took back before
    // the two ever agreed clears nothing.
    let unagreed = world.ledger.pair_never_agreed(subject, document, pair);
    let never = |side: System, id: u64, text: &str| {
        bare(text).is_empty() && (unagreed || !world.ledger.was_said(side, id, pair))
    };
    if (!pair.speaks(System::Vtiger) && never(System::Frappe, document, &frappe))
        || (!pair.speaks(System::Frappe) && never(System::Vtiger, subject, &vtiger))
    {
        return;
    }
    // What only the side without a voice says stays there.
    let silent = |owner: &str| bare(owner).is_empty() && keeps;
    let (to_frappe, to_vtiger) = (pair.speaks(System::Vtiger), pair.speaks(System::Frappe));
    if (!to_vtiger && silent(&vtiger)) || (!to_frappe && silent(&frappe)) {
        return;
    }
    world.breach(format!(
        "the sides do not agree: VTiger {} {subject}.{} says {vtiger:?}, Frappe {}.{} says {frappe:?} ({:?}, {:?}, {:?})",
        pair.module, pair.vtiger, pair.doctype, pair.frappe, pair.direction, pair.clearing, pair.policy
    ));
}

fn judge_departure(world: &mut World, story: &Story, tie: &Tie, record_gone: bool, document_gone: bool) {
    let link = &tie.link;
    let unit = story.told.mapping.unit(&link.unit);
    let Some(document) = unit.and_then(|unit| unit.document(&link.role)) else { return };
    let decided = world
        .ledger
        .decisions
        .iter()
        .any(|decision| Some(decision.subject) == number(&link.subject.id) && decision.field.is_empty());
    let live = link.standing == LinkStanding::Live;
    let what = format!("{}/{} and {}", link.subject, link.role, link.document);
    match &document.deletes {
        DeletePolicy::Ignore => {
            if !live {
                world.breach(format!("{what} were taken apart, though deletes are to be ignored"));
            }
        }
        DeletePolicy::Propagate if record_gone && !document_gone && !document.shared && !decided && live => {
            world.breach(format!(
                "{what}: the record is gone, and the document neither followed nor was let go"
            ));
        }
        DeletePolicy::Unlink | DeletePolicy::Mark { .. } | DeletePolicy::Propagate => {
            if live && (record_gone != document_gone) {
                world.breach(format!("{what}: one is gone, and the tie still holds"));
            }
        }
    }
}
