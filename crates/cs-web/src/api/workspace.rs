//! What needs attention, and how the connections are.

use axum::Json;
use cs_ports::{FindingFilter, FindingState, Right, RunFilter, TroubleFilter, UnitCounts};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Given;
use super::paging::Page;
use super::runs::RunShown;
use crate::doors::{Doors, Rule};
use crate::office::Health;
use crate::visit::Visit;
use crate::work::syncs;

/// Runs that are told.
const RUNS: u32 = 8;

pub(super) fn doors(doors: Doors) -> Doors {
    let reads = Rule::Needs(Right::Read);
    doors.api(reads, routes!(show)).api(reads, routes!(health))
}

/// How many units of a mapping are where.
#[derive(Debug, Serialize, ToSchema)]
struct MappingStands {
    mapping: String,
    in_step: u64,
    waiting: u64,
    retrying: u64,
    parked: u64,
    conflicted: u64,
    skipped: u64,
}

impl MappingStands {
    fn of(mapping: String, counts: UnitCounts) -> Self {
        let UnitCounts { in_step, waiting, retrying, parked, conflicted, skipped } = counts;
        Self { mapping, in_step, waiting, retrying, parked, conflicted, skipped }
    }
}

/// What needs attention.
#[derive(Debug, Serialize, ToSchema)]
struct Workspace {
    /// Conflicts that wait for a decision.
    conflicts: u64,
    /// Units that failed.
    errors: u64,
    /// Open findings that nobody reviewed.
    findings: u64,
    mappings: Vec<MappingStands>,
    /// The latest runs, newest first.
    runs: Vec<RunShown>,
    health: Vec<Health>,
}

/// What needs attention
#[utoipa::path(get, path = "/api/v1/workspace", operation_id = "get_workspace", tag = "workspace",
    responses((status = 200, description = "How things stand", body = Workspace)))]
async fn show(visit: Visit) -> Given<Workspace> {
    let desk = &visit.web.desk;
    let unreviewed = FindingFilter {
        state: Some(FindingState::Open),
        review: Some(String::new()),
        ..FindingFilter::default()
    };
    let errors = desk.count_troubles(&TroubleFilter::default()).await?;
    let runs = desk.runs_before(&RunFilter::default(), None, RUNS).await?;
    let mut mappings = Vec::new();
    for about in visit.web.office.mappings().await? {
        let counts = syncs::units(&visit, &about.name).await?;
        mappings.push(MappingStands::of(about.name.to_string(), counts));
    }
    Ok(Json(Workspace {
        conflicts: desk.count_open_conflicts(None).await?,
        errors: errors.iter().map(|cause| cause.count).sum(),
        findings: desk.count_findings(&unreviewed).await?,
        mappings,
        runs: runs.into_iter().map(|run| RunShown::of(&visit.words, run)).collect(),
        health: visit.web.office.health().await,
    }))
}

/// How the connections were when they were last used
#[utoipa::path(get, path = "/api/v1/health", operation_id = "get_health", tag = "workspace",
    responses((status = 200, description = "All of them", body = Page<Health>)))]
async fn health(visit: Visit) -> Given<Page<Health>> {
    Ok(Json(Page::whole(visit.web.office.health().await)))
}
