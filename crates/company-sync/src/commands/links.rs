//! `links`: which document belongs to which record, and putting that right.

use cs_domain::{
    IntentState, Kind, Link, LinkOrigin, LinkStanding, Mapping, RecordId, RecordRef, Shadow, System,
};
use cs_engine::Job;
use cs_ports::{FieldRequests, Settlement, Store, StoreError, Tie, TieChange, UnitKey};

use super::configuration;
use crate::cli::{Global, LinkName, LinksCommand};
use crate::failure::{CommandError, Outcome};
use crate::links::{Found, LinkError, Place, expect_free, find, references};
use crate::mappings::Editions;
use crate::render::line;
use crate::render::link::{for_machines, row};
use crate::wiring::{Wired, existing_store, wire};

/// Units whose links are read together.
const PAGE: u32 = 500;

/// Runs `links ...`.
pub(crate) async fn run(global: &Global, command: &LinksCommand) -> Result<Outcome, CommandError> {
    let config = configuration(global).await?;
    // Nothing is made where there is nothing: no store, no links.
    let store = existing_store(&config.data_dir).await?;
    let editions = Editions::read(&config, &store).await?;
    match command {
        LinksCommand::List { subject, mapping } => {
            let jobs = jobs(&editions, mapping)?;
            list(global, &store, &jobs, subject.as_deref()).await
        }
        LinksCommand::Restore { link, document } => {
            let jobs = jobs(&editions, &link.mapping)?;
            let wired = wire(&config, Vec::new()).await?;
            wired.pair(&config).expect_known().await?;
            restore(global, &wired, &jobs, link, document.as_deref()).await
        }
        LinksCommand::GiveUp { link } => {
            let jobs = jobs(&editions, &link.mapping)?;
            let wired = wire(&config, Vec::new()).await?;
            wired.pair(&config).expect_known().await?;
            give_up(global, &wired, &jobs, link).await
        }
    }
}

fn jobs(editions: &Editions<'_>, named: &[String]) -> Result<Vec<Job>, CommandError> {
    editions.wanted(named).iter().map(|name| editions.job(name, false)).collect()
}

async fn list(
    global: &Global,
    store: &dyn Store,
    jobs: &[Job],
    subject: Option<&str>,
) -> Result<Outcome, CommandError> {
    let mut listed = 0_u64;
    let mut show = |ties: Vec<Tie>| {
        ties.iter().try_for_each(|tie| {
            listed += 1;
            line(&if global.json { for_machines(tie).to_string() } else { row(tie) })
        })
    };
    for Job { mapping, .. } in jobs {
        match subject {
            Some(subject) => show(ties_of(store, mapping, subject).await?)?,
            None => {
                for subjects in known(store, mapping).await? {
                    show(store.ties_of(&mapping.name, &subjects).await?)?;
                }
            }
        }
    }
    if listed == 0 && !global.json {
        line("There is no such link.")?;
    }
    Ok(Outcome::Done)
}

/// The links of a record, or to a document.
async fn ties_of(store: &dyn Store, mapping: &Mapping, subject: &str) -> Result<Vec<Tie>, StoreError> {
    let modules = mapping.units.iter().map(|unit| unit.module.clone());
    let records = references(System::Vtiger, modules, subject);
    let ties = store.ties_of(&mapping.name, &records).await?;
    if !ties.is_empty() {
        return Ok(ties);
    }
    let documents = mapping.units.iter().flat_map(|unit| &unit.documents);
    let doctypes: Vec<Kind> = documents.map(|document| document.doctype.clone()).collect();
    let documents = references(System::Frappe, doctypes.into_iter(), subject);
    store.ties_to(&mapping.name, &documents).await
}

/// The records of a mapping that are known, a page at a time.
async fn known(store: &dyn Store, mapping: &Mapping) -> Result<Vec<Vec<RecordRef>>, StoreError> {
    let mut pages = Vec::new();
    for unit in &mapping.units {
        let mut after: Option<RecordId> = None;
        loop {
            let page = store.known(&mapping.name, &unit.name, after.as_ref(), None, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.subject.id.clone());
            pages.push(page.into_iter().map(|known| known.key.subject).collect());
        }
    }
    Ok(pages)
}

async fn place<'j>(wired: &Wired, jobs: &'j [Job], name: &LinkName) -> Result<Place<'j>, Found> {
    let mappings: Vec<&Mapping> = jobs.iter().map(|job| &job.mapping).collect();
    find(wired.store.as_ref(), &mappings, &name.subject, &name.role).await
}

async fn restore(
    global: &Global,
    wired: &Wired,
    jobs: &[Job],
    name: &LinkName,
    document: Option<&str>,
) -> Result<Outcome, CommandError> {
    let place = place(wired, jobs, name).await?;
    let kind = place.document.doctype.clone();
    let tie = match (document.map(|name| RecordRef::frappe(kind, name)), &place.tie) {
        (None, None) => {
            let (subject, role) = (place.subject, place.document.role.clone());
            return Err(LinkError::None { subject, role }.into());
        }
        // What was agreed with the same document is still what both build on.
        (None, Some(tie)) => live(tie.clone()),
        (Some(document), Some(tie)) if tie.link.document == document => live(tie.clone()),
        (Some(document), _) => Tie { link: chosen(&place, document), shadow: Shadow::default() },
    };
    expect_free(wired.store.as_ref(), &place, &tie.link.document).await?;
    expect_there(wired, &tie.link.subject).await?;
    expect_there(wired, &tie.link.document).await?;
    put(wired, &tie).await?;
    tell(global, &tie, "The link holds; the next run compares the two: company-sync sync")
}

fn live(mut tie: Tie) -> Tie {
    tie.link.standing = LinkStanding::Live;
    tie
}

/// The link of this place with a document that a person named.
fn chosen(place: &Place<'_>, document: RecordRef) -> Link {
    Link {
        mapping: place.mapping.name.clone(),
        unit: place.unit.name.clone(),
        subject: place.subject.clone(),
        role: place.document.role.clone(),
        document,
        origin: LinkOrigin::Chosen,
        standing: LinkStanding::Live,
    }
}

async fn expect_there(wired: &Wired, reference: &RecordRef) -> Result<(), CommandError> {
    let peer = match reference.system {
        System::Vtiger => &wired.engine.vtiger,
        System::Frappe => &wired.engine.frappe,
    };
    let ids = [reference.id.clone()];
    let found = peer.read(&reference.kind, &ids, &FieldRequests::default()).await?;
    if found.is_empty() { Err(LinkError::Missing { missing: reference.clone() }.into()) } else { Ok(()) }
}

async fn give_up(
    global: &Global,
    wired: &Wired,
    jobs: &[Job],
    name: &LinkName,
) -> Result<Outcome, CommandError> {
    let place = place(wired, jobs, name).await?;
    let Some(mut tie) = place.tie else {
        let (subject, role) = (place.subject, place.document.role.clone());
        return Err(LinkError::None { subject, role }.into());
    };
    tie.link.standing = LinkStanding::GivenUp;
    put(wired, &tie).await?;
    tell(global, &tie, "The two are kept apart from now on; both stay as they are.")
}

/// Writes the link down, as a run of the mapping would: no run may be under way.
async fn put(wired: &Wired, tie: &Tie) -> Result<(), CommandError> {
    let lease = wired.lease(&tie.link.mapping).await?;
    let settlement =
        Settlement { intent: None, state: IntentState::Settled, ties: vec![TieChange::Set(tie.clone())] };
    let settled = wired.store.settle(&lease, &tie.link.mapping, &[settlement]).await;
    wired.store.release_lease(&lease).await?;
    settled?;
    let (mapping, unit, subject) =
        (tie.link.mapping.clone(), tie.link.unit.clone(), tie.link.subject.clone());
    wired.store.hint(&[UnitKey { mapping, unit, subject }]).await?;
    Ok(())
}

fn tell(global: &Global, tie: &Tie, what: &str) -> Result<Outcome, CommandError> {
    if global.json {
        line(&for_machines(tie).to_string())?;
    } else {
        line(&row(tie))?;
        line(what)?;
    }
    Ok(Outcome::Done)
}
