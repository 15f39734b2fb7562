//! `findings list|show|review|export`.

use std::path::Path;

use cs_companies::Language;
use cs_companies::reconcile::FindingKind;
use cs_ports::{Clock, FindingFilter, FindingState, FindingStore, Review, StandingFinding};
use cs_store::SqliteStore;
use serde_json::json;

use super::configuration;
use crate::cli::{FindingsCommand, FindingsFilter, Global, StateOfFinding};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::export;
use crate::failure::{CommandError, Outcome};
use crate::reconciliation_error::ReconciliationError;
use crate::render::{finding, grouped, line};
use crate::user;
use crate::wiring::existing_store;

/// Findings that are read at a time.
const PAGE: u32 = 1_000;

/// Runs `findings ...`.
pub(crate) async fn run(global: &Global, command: &FindingsCommand) -> Result<Outcome, CommandError> {
    let config = configuration(global).await?;
    let store = existing_store(&config.data_dir).await?;
    let spoken = |language: &Option<_>| language.map_or(config.reconciliation.language, Language::from);
    match command {
        FindingsCommand::List { filter, limit, language } => {
            list(global, &store, &filter_of(filter)?, *limit, spoken(language)).await
        }
        FindingsCommand::Show { id, language } => show(global, &config, &store, id, spoken(language)).await,
        FindingsCommand::Review { ids, review, description } => {
            let said = Review { review: review.clone(), description: description.clone(), by: user::name() };
            note(global, &config, &store, ids, said).await
        }
        FindingsCommand::Export { file, filter, language } => {
            write(global, &store, file, &filter_of(filter)?, spoken(language)).await
        }
    }
}

fn filter_of(asked: &FindingsFilter) -> Result<FindingFilter, ReconciliationError> {
    if let Some(kind) = &asked.kind
        && !FindingKind::ALL.iter().any(|known| known.name() == kind)
    {
        let known = FindingKind::ALL.map(FindingKind::name).join(", ");
        return Err(ReconciliationError::NoKind { kind: kind.clone(), known });
    }
    Ok(FindingFilter {
        company: asked.company.clone(),
        broker: asked.broker.clone(),
        kind: asked.kind.clone(),
        member_id: asked.member.clone(),
        state: match asked.state {
            StateOfFinding::Open => Some(FindingState::Open),
            StateOfFinding::Closed => Some(FindingState::Closed),
            StateOfFinding::All => None,
        },
        review: asked.review.clone(),
        ids: None,
        begins: None,
    })
}

async fn list(
    global: &Global,
    store: &SqliteStore,
    filter: &FindingFilter,
    limit: u32,
    language: Language,
) -> Result<Outcome, CommandError> {
    let all = store.count_findings(filter).await?;
    let mut left = limit;
    let mut last: Option<StandingFinding> = None;
    while left > 0 {
        let page = store.findings(filter, last.as_ref(), left.min(PAGE)).await?;
        for found in &page {
            line(&if global.json {
                finding::object(found, language).to_string()
            } else {
                finding::row(found, language)
            })?;
        }
        left = left.saturating_sub(u32::try_from(page.len()).unwrap_or(u32::MAX));
        match page.into_iter().last() {
            Some(found) => last = Some(found),
            None => break,
        }
    }
    if !global.json {
        line(&match all {
            0 => "No findings.".to_owned(),
            all if all > u64::from(limit) => {
                format!("{} of {} findings (-n says how many).", limit, grouped(all))
            }
            all => format!("{} findings.", grouped(all)),
        })?;
    }
    Ok(Outcome::Done)
}

/// Findings that an error names, where the beginning of an id is that of several.
const NAMED: u32 = 10;

/// The finding whose id this is, or begins so.
async fn named(store: &SqliteStore, id: &str) -> Result<StandingFinding, CommandError> {
    let wanted = id.trim().to_lowercase();
    let none = || ReconciliationError::NoFinding { id: id.to_owned() };
    if wanted.is_empty() {
        return Err(none().into());
    }
    let filter = FindingFilter { begins: Some(wanted.clone()), ..FindingFilter::default() };
    let mut found = store.findings(&filter, None, NAMED).await?;
    // A whole id is what it says, whatever begins like it.
    if let Some(whole) = found.iter().position(|one| one.found.id.0 == wanted) {
        return Ok(found.swap_remove(whole));
    }
    match found.as_slice() {
        [] => Err(none().into()),
        [_] => Ok(found.swap_remove(0)),
        several => {
            let ids = several.iter().map(|one| one.found.id.0.clone()).collect();
            Err(ReconciliationError::AmbiguousFinding { id: id.to_owned(), ids }.into())
        }
    }
}

async fn show(
    global: &Global,
    config: &Config,
    store: &SqliteStore,
    id: &str,
    language: Language,
) -> Result<Outcome, CommandError> {
    let found = named(store, id).await?;
    let history = store.finding_history(&found.found.id).await?;
    if global.json {
        let mut object = finding::object(&found, language);
        if let Some(fields) = object.as_object_mut() {
            fields.insert("history".to_owned(), json!(history));
        }
        line(&object.to_string())?;
    } else {
        line(&finding::whole(&found, &history, language, &config.zone))?;
    }
    Ok(Outcome::Done)
}

async fn note(
    global: &Global,
    config: &Config,
    store: &SqliteStore,
    ids: &[String],
    mut said: Review,
) -> Result<Outcome, CommandError> {
    let known = &config.reconciliation.rules.reviews;
    if let Some(review) = said.review.take() {
        let meant = known.iter().find(|known| known.to_lowercase() == review.trim().to_lowercase());
        said.review = Some(match meant {
            Some(known) => known.clone(),
            None if review.trim().is_empty() => String::new(),
            None => return Err(ReconciliationError::NoReview { review, known: known.clone() }.into()),
        });
    }
    let mut found = Vec::new();
    for id in ids {
        found.push(named(store, id).await?.found.id);
    }
    let count = store.review(&found, &said, SystemClock.now()).await?;
    line(&if global.json {
        json!({ "reviewed": count }).to_string()
    } else {
        format!("{count} findings reviewed.")
    })?;
    Ok(Outcome::Done)
}

async fn write(
    global: &Global,
    store: &SqliteStore,
    path: &Path,
    filter: &FindingFilter,
    language: Language,
) -> Result<Outcome, CommandError> {
    let mut file = export::Export::create(path, language)?;
    let mut last: Option<StandingFinding> = None;
    let mut count: u64 = 0;
    loop {
        let page = store.findings(filter, last.as_ref(), PAGE).await?;
        for found in &page {
            file.add(found)?;
            count += 1;
        }
        match page.into_iter().last() {
            Some(found) => last = Some(found),
            None => break,
        }
    }
    file.finish()?;
    let name = path.display().to_string();
    line(&if global.json {
        json!({ "exported": count, "file": name }).to_string()
    } else {
        format!("{} findings written to {name}.", grouped(count))
    })?;
    Ok(Outcome::Done)
}
