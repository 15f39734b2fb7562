//! Reports and findings in SQLite.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use cs_domain::RunId;
use cs_ports::{
    Book, FindingChange, FindingEvent, FindingFilter, FindingId, FindingQuery, FindingState, FindingStore,
    FindingsOfRun, FindingsTaken, FoundFinding, Insight, Lease, LoadedReport, Review, StandingFinding,
    StoreError,
};
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::{SqliteStore, column, commit, from_json, number, to_json};
use crate::error::{corrupt, database};
use crate::findings::sql;
use crate::insight::words_of_finding;
use crate::stamp;
use crate::word::Word;

/// Findings that one statement takes: 20 values each, and SQLite takes 32,766 at most.
const CHUNK: usize = 200;

#[async_trait]
impl FindingStore for SqliteStore {
    async fn reports(&self, book: &Book, limit: u32) -> Result<Vec<LoadedReport>, StoreError> {
        const OPERATION: &str = "read the reports of a book";
        let mut reading = self.pools.readers.acquire().await.map_err(database(OPERATION))?;
        reports(&mut reading, book, limit).await
    }

    async fn take_in(&self, lease: &Lease, findings: &FindingsOfRun) -> Result<FindingsTaken, StoreError> {
        const OPERATION: &str = "take in findings";
        let mut writing = self.write_under(lease, OPERATION).await?;
        let report = &findings.report;
        let last = reports(&mut writing, &report.book, 1).await?.pop();
        if !last.is_some_and(|last| last.digest == report.digest && last.as_of == report.as_of) {
            put_report(&mut writing, report).await?;
        }
        let states = states(&mut writing, &report.book).await?;
        put(&mut writing, report, &findings.found).await?;
        let mut taken = FindingsTaken::default();
        let mut reopened = Vec::new();
        for found in &findings.found {
            match states.get(&found.id) {
                None => taken.opened += 1,
                Some(FindingState::Closed) => reopened.push(&found.id),
                Some(FindingState::Open) => taken.kept += 1,
            }
        }
        let shown: HashSet<&FindingId> = findings.found.iter().map(|found| &found.id).collect();
        let persisting: HashSet<&FindingId> = findings.persisting.iter().collect();
        let open = states.iter().filter(|(_, state)| **state == FindingState::Open).map(|(id, _)| id);
        let (kept, gone): (Vec<_>, Vec<_>) =
            open.filter(|id| !shown.contains(id)).partition(|id| persisting.contains(id));
        taken.kept += kept.len() as u64;
        taken.reopened = reopened.len() as u64;
        taken.closed = gone.len() as u64;
        close(&mut writing, report, findings.at, &gone).await?;
        note(&mut writing, Some(&report.run), findings.at, &reopened, &FindingChange::Reopened).await?;
        commit(writing, OPERATION).await?;
        Ok(taken)
    }

    async fn correct(
        &self,
        lease: &Lease,
        report: &LoadedReport,
        at: Timestamp,
        shown: &[FoundFinding],
        gone: &[FindingId],
    ) -> Result<(), StoreError> {
        const OPERATION: &str = "correct findings";
        let mut writing = self.write_under(lease, OPERATION).await?;
        put(&mut writing, report, shown).await?;
        close(&mut writing, report, at, &gone.iter().collect::<Vec<_>>()).await?;
        commit(writing, OPERATION).await
    }

    async fn open_findings(&self, book: &Book) -> Result<Vec<FindingId>, StoreError> {
        const OPERATION: &str = "read the open findings";
        let mut reading = self.pools.readers.acquire().await.map_err(database(OPERATION))?;
        let states = states(&mut reading, book).await?;
        Ok(states.into_iter().filter(|(_, state)| *state == FindingState::Open).map(|(id, _)| id).collect())
    }

    async fn findings(
        &self,
        filter: &FindingFilter,
        after: Option<&StandingFinding>,
        limit: u32,
    ) -> Result<Vec<StandingFinding>, StoreError> {
        const OPERATION: &str = "read findings";
        let mut query = QueryBuilder::<Sqlite>::new("SELECT * FROM finding WHERE TRUE");
        narrow(&mut query, filter)?;
        if let Some(after) = after {
            query.push(" AND (company, broker, kind, member_id, id) > (");
            let mut key = query.separated(", ");
            let StandingFinding { book, found, .. } = after;
            for part in [&book.company, &book.broker, &found.kind, &found.member_id, &found.id.0] {
                key.push_bind(part.clone());
            }
            query.push(")");
        }
        query.push(" ORDER BY company, broker, kind, member_id, id LIMIT ").push_bind(i64::from(limit));
        let rows = query.build().fetch_all(&self.pools.readers).await.map_err(database(OPERATION))?;
        rows.iter().map(standing).collect()
    }

    async fn count_findings(&self, filter: &FindingFilter) -> Result<u64, StoreError> {
        self.count_query(&FindingQuery { filter: filter.clone(), ..FindingQuery::default() }).await
    }

    async fn review(&self, ids: &[FindingId], review: &Review, at: Timestamp) -> Result<u64, StoreError> {
        const OPERATION: &str = "note a review";
        let mut writing = self.write(OPERATION).await?;
        let rows = sqlx::query(sql::REVIEW)
            .bind(to_json(OPERATION, ids)?)
            .bind(&review.review)
            .bind(&review.description)
            .fetch_all(&mut *writing)
            .await
            .map_err(database(OPERATION))?;
        for row in &rows {
            let change = FindingChange::Reviewed {
                review: column(row, "review")?,
                description: column(row, "description")?,
                by: review.by.clone(),
            };
            note(&mut writing, None, at, &[&FindingId(column(row, "id")?)], &change).await?;
        }
        let all: i64 = sqlx::query_scalar(sql::COUNT_NAMED)
            .bind(to_json(OPERATION, ids)?)
            .fetch_one(&mut *writing)
            .await
            .map_err(database(OPERATION))?;
        commit(writing, OPERATION).await?;
        number(all)
    }

    async fn finding_history(&self, id: &FindingId) -> Result<Vec<FindingEvent>, StoreError> {
        let rows = sqlx::query(sql::HISTORY)
            .bind(&id.0)
            .fetch_all(&self.pools.readers)
            .await
            .map_err(database("read the history of a finding"))?;
        let event = |row: &SqliteRow| {
            Ok(FindingEvent {
                at: stamp::read(column(row, "at")?)?,
                run: column::<Option<String>>(row, "run")?.map(RunId),
                what: from_json("change of a finding", column(row, "change")?)?,
            })
        };
        rows.iter().map(event).collect()
    }
}

async fn reports(
    connection: &mut SqliteConnection,
    book: &Book,
    limit: u32,
) -> Result<Vec<LoadedReport>, StoreError> {
    let rows = sqlx::query(sql::REPORTS)
        .bind(&book.company)
        .bind(&book.broker)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await
        .map_err(database("read the reports of a book"))?;
    let report = |row: &SqliteRow| {
        Ok(LoadedReport {
            book: book.clone(),
            run: RunId(column(row, "run")?),
            as_of: day(row, "as_of")?,
            file: column(row, "file")?,
            digest: column(row, "digest")?,
            profile: column(row, "profile")?,
            totals: column(row, "totals")?,
            approved: column(row, "approved")?,
        })
    };
    rows.iter().rev().map(report).collect()
}

async fn put_report(connection: &mut SqliteConnection, report: &LoadedReport) -> Result<(), StoreError> {
    sqlx::query(sql::PUT_REPORT)
        .bind(&report.book.company)
        .bind(&report.book.broker)
        .bind(&report.run.0)
        .bind(report.as_of.to_string())
        .bind(&report.file)
        .bind(&report.digest)
        .bind(&report.profile)
        .bind(&report.totals)
        .bind(&report.approved)
        .execute(connection)
        .await
        .map(drop)
        .map_err(database("write down a report"))
}

async fn states(
    connection: &mut SqliteConnection,
    book: &Book,
) -> Result<HashMap<FindingId, FindingState>, StoreError> {
    let rows = sqlx::query(sql::STATES)
        .bind(&book.company)
        .bind(&book.broker)
        .fetch_all(connection)
        .await
        .map_err(database("read the findings of a book"))?;
    rows.iter().map(|row| Ok((FindingId(column(row, "id")?), Word::read(column(row, "state")?)?))).collect()
}

/// Writes findings as they are shown; in the order of their ids, so that the index grows at one end.
async fn put(
    connection: &mut SqliteConnection,
    report: &LoadedReport,
    found: &[FoundFinding],
) -> Result<(), StoreError> {
    const OPERATION: &str = "write down findings";
    let mut sorted: Vec<&FoundFinding> = found.iter().collect();
    sorted.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    let day = report.as_of.to_string();
    for chunk in sorted.chunks(CHUNK) {
        let bodies: Result<Vec<Bodies>, StoreError> = chunk.iter().map(|found| Bodies::of(found)).collect();
        let mut query = QueryBuilder::<Sqlite>::new(sql::PUT_FINDINGS);
        query.push_values(chunk.iter().zip(bodies?), |mut row, (found, bodies)| {
            row.push_bind(found.id.0.clone());
            row.push_bind(found.kind.clone());
            row.push_bind(found.member_id.clone());
            row.push_bind(found.message.clone());
            row.push_bind(bodies.parameters);
            row.push_bind(found.salesorder_no.clone());
            row.push_bind(found.issuer.clone());
            row.push_bind(bodies.place);
            row.push_bind(bodies.source);
            row.push_bind(found.premium.clone());
            row.push_bind(words_of_finding(found));
            row.push_bind(report.book.company.clone());
            row.push_bind(report.book.broker.clone());
            row.push_bind(FindingState::Open.word());
            // First and last seen.
            for _ in 0..2 {
                row.push_bind(day.clone());
                row.push_bind(report.run.0.clone());
            }
            // No review, no description.
            row.push_bind("");
            row.push_bind("");
        });
        query.push(sql::ON_KNOWN_FINDING);
        query.build().execute(&mut *connection).await.map_err(database(OPERATION))?;
    }
    Ok(())
}

/// What of a finding is kept as JSON.
struct Bodies {
    parameters: String,
    source: String,
    place: Option<String>,
}

impl Bodies {
    fn of(found: &FoundFinding) -> Result<Self, StoreError> {
        const OPERATION: &str = "write down findings";
        let place = found.place.as_ref().map(|place| to_json(OPERATION, place)).transpose()?;
        let parameters = to_json(OPERATION, &found.parameters)?;
        Ok(Self { parameters, source: to_json(OPERATION, &found.source)?, place })
    }
}

async fn close(
    connection: &mut SqliteConnection,
    report: &LoadedReport,
    at: Timestamp,
    gone: &[&FindingId],
) -> Result<(), StoreError> {
    const OPERATION: &str = "close findings";
    if gone.is_empty() {
        return Ok(());
    }
    sqlx::query(sql::CLOSE)
        .bind(to_json(OPERATION, gone)?)
        .bind(&report.run.0)
        .execute(&mut *connection)
        .await
        .map_err(database(OPERATION))?;
    note(connection, Some(&report.run), at, gone, &FindingChange::Closed).await
}

async fn note(
    connection: &mut SqliteConnection,
    run: Option<&RunId>,
    at: Timestamp,
    ids: &[&FindingId],
    change: &FindingChange,
) -> Result<(), StoreError> {
    const OPERATION: &str = "write down what happened to findings";
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query(sql::NOTE)
        .bind(to_json(OPERATION, ids)?)
        .bind(stamp::write(at))
        .bind(run.map(|run| &run.0))
        .bind(to_json(OPERATION, change)?)
        .execute(connection)
        .await
        .map(drop)
        .map_err(database(OPERATION))
}

pub(super) fn narrow(query: &mut QueryBuilder<Sqlite>, filter: &FindingFilter) -> Result<(), StoreError> {
    let named = [
        (" AND company = ", &filter.company),
        (" AND broker = ", &filter.broker),
        (" AND kind = ", &filter.kind),
        (" AND member_id = ", &filter.member_id),
        (" AND review = ", &filter.review),
    ];
    for (condition, value) in named {
        if let Some(value) = value {
            query.push(condition).push_bind(value.clone());
        }
    }
    if let Some(state) = filter.state {
        query.push(" AND state = ").push_bind(state.word());
    }
    if let Some(ids) = &filter.ids {
        let ids = to_json("read findings", ids)?;
        query.push(" AND id IN (SELECT value FROM json_each(").push_bind(ids).push("))");
    }
    if let Some(begins) = &filter.begins {
        let length = i64::try_from(begins.chars().count()).unwrap_or(i64::MAX);
        // The first says where to begin to look, the second where to end.
        query.push(" AND id >= ").push_bind(begins.clone());
        query.push(" AND substr(id, 1, ").push_bind(length).push(") = ").push_bind(begins.clone());
    }
    Ok(())
}

pub(super) fn standing(row: &SqliteRow) -> Result<StandingFinding, StoreError> {
    let place: Option<&str> = column(row, "place")?;
    Ok(StandingFinding {
        found: FoundFinding {
            id: FindingId(column(row, "id")?),
            kind: column(row, "kind")?,
            member_id: column(row, "member_id")?,
            message: column(row, "message")?,
            parameters: from_json("finding", column(row, "parameters")?)?,
            salesorder_no: column(row, "salesorder_no")?,
            issuer: column(row, "issuer")?,
            place: place.map(|text| from_json("finding", text)).transpose()?,
            source: from_json("finding", column(row, "source")?)?,
            premium: column(row, "premium")?,
        },
        book: Book { company: column(row, "company")?, broker: column(row, "broker")? },
        state: Word::read(column(row, "state")?)?,
        first_seen: day(row, "first_seen")?,
        first_run: RunId(column(row, "first_run")?),
        last_seen: day(row, "last_seen")?,
        last_run: RunId(column(row, "last_run")?),
        review: column(row, "review")?,
        description: column(row, "description")?,
    })
}

fn day(row: &SqliteRow, name: &'static str) -> Result<Date, StoreError> {
    column::<&str>(row, name)?.parse().map_err(|error: jiff::Error| corrupt("day", error))
}
