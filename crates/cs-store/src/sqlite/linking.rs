//! Proposals which record and document are one, in SQLite.

use async_trait::async_trait;
use cs_domain::{DecidedPair, LinkDecision, MappingName, Proposal, RecordRef, Role, UnitName};
use cs_ports::{KeptProposal, LinkingStore, ProposalFilter, ProposalId, StoreError};
use jiff::Timestamp;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Row as _, Sqlite};

use super::{SqliteStore, column, commit, from_json, number, to_json};
use crate::error::database;
use crate::linking::sql;
use crate::stamp;
use crate::word::Word;

const READ: &str = "read proposals of links";
const PUT: &str = "write down proposals of links";
const DECIDE: &str = "write down what was decided about links";

/// What the statements call a proposal that nobody has decided.
const OPEN: &str = "open";

#[async_trait]
impl LinkingStore for SqliteStore {
    async fn put_proposals(
        &self,
        mapping: &MappingName,
        unit: &UnitName,
        role: &Role,
        found: &[Proposal],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.write(PUT).await?;
        sqlx::query(sql::FORGET_UNDECIDED)
            .bind(mapping.as_str())
            .bind(unit.as_str())
            .bind(role.as_str())
            .execute(&mut *writing)
            .await
            .map_err(database(PUT))?;
        for Proposal { subject, document, score, reasons, .. } in found {
            sqlx::query(sql::PUT)
                .bind(mapping.as_str())
                .bind(unit.as_str())
                .bind(role.as_str())
                .bind(subject.kind.as_str())
                .bind(subject.id.as_str())
                .bind(document.kind.as_str())
                .bind(document.id.as_str())
                .bind(score)
                .bind(to_json(PUT, reasons)?)
                .bind(stamp::write(now))
                .execute(&mut *writing)
                .await
                .map_err(database(PUT))?;
        }
        commit(writing, PUT).await
    }

    async fn proposals(
        &self,
        filter: &ProposalFilter,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<KeptProposal>, StoreError> {
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        let query = narrowed(sqlx::query(sql::PAGE), filter).bind(limit).bind(offset);
        let rows = query.fetch_all(&self.pools.readers).await;
        rows.map_err(database(READ))?.iter().map(kept).collect()
    }

    async fn count_proposals(&self, filter: &ProposalFilter) -> Result<u64, StoreError> {
        let row = narrowed(sqlx::query(sql::COUNT), filter).fetch_one(&self.pools.readers).await;
        number(row.map_err(database(READ))?.try_get(0).map_err(database(READ))?)
    }

    async fn decide_proposals(
        &self,
        ids: &[ProposalId],
        decision: Option<LinkDecision>,
        who: &str,
        now: Timestamp,
    ) -> Result<Vec<KeptProposal>, StoreError> {
        let at = stamp::write(now);
        let mut writing = self.write(DECIDE).await?;
        for id in ids {
            sqlx::query(sql::DECIDE)
                .bind(id)
                .bind(decision.map(Word::word))
                .bind(decision.map(|_| who))
                .bind(&at)
                .execute(&mut *writing)
                .await
                .map_err(database(DECIDE))?;
            if decision == Some(LinkDecision::Accepted) {
                let others = sqlx::query(sql::UNDECIDE_OTHERS).bind(id).bind(&at);
                others.execute(&mut *writing).await.map_err(database(DECIDE))?;
            }
        }
        let mut decided = Vec::with_capacity(ids.len());
        for id in ids {
            let row = sqlx::query(sql::ONE).bind(id).fetch_optional(&mut *writing).await;
            decided.extend(row.map_err(database(DECIDE))?.as_ref().map(kept).transpose()?);
        }
        commit(writing, DECIDE).await?;
        Ok(decided)
    }
}

/// What people decided about pairs of these records.
pub(super) async fn decided(
    store: &SqliteStore,
    mapping: &MappingName,
    subjects: &[RecordRef],
) -> Result<Vec<DecidedPair>, StoreError> {
    let ids: Vec<&str> = subjects.iter().map(|subject| subject.id.as_str()).collect();
    let query = sqlx::query(sql::DECIDED).bind(mapping.as_str()).bind(to_json(READ, &ids)?);
    let rows = query.fetch_all(&store.pools.readers).await.map_err(database(READ))?;
    let pairs = rows.iter().map(kept).filter_map(|kept| match kept {
        Ok(KeptProposal { proposal, decision, .. }) => {
            let Proposal { unit, role, subject, document, .. } = proposal;
            let known = subjects.contains(&subject);
            let decision = decision.filter(|_| known)?;
            Some(Ok(DecidedPair { unit, role, subject, document, decision }))
        }
        Err(error) => Some(Err(error)),
    });
    pairs.collect()
}

fn narrowed<'q>(
    query: Query<'q, Sqlite, SqliteArguments>,
    filter: &'q ProposalFilter,
) -> Query<'q, Sqlite, SqliteArguments> {
    let decision = filter.decision.map(|decision| decision.map_or(OPEN, Word::word));
    query
        .bind(filter.mapping.as_str())
        .bind(filter.unit.as_ref().map(UnitName::as_str))
        .bind(filter.role.as_ref().map(Role::as_str))
        .bind(decision)
        .bind(filter.least_score)
}

fn kept(row: &SqliteRow) -> Result<KeptProposal, StoreError> {
    let text = |name: &'static str| column::<String>(row, name);
    let decision: Option<String> = column(row, "decision")?;
    Ok(KeptProposal {
        id: column(row, "id")?,
        mapping: text("mapping")?.into(),
        proposal: Proposal {
            unit: text("unit")?.into(),
            role: text("role")?.into(),
            subject: RecordRef::vtiger(text("subject_kind")?, text("subject_id")?),
            document: RecordRef::frappe(text("document_kind")?, text("document_id")?),
            score: number(column(row, "score")?)?,
            reasons: from_json("reasons of a proposal", &text("reasons")?)?,
        },
        decision: decision.as_deref().map(LinkDecision::read).transpose()?,
        who: column(row, "who")?,
        at: stamp::read(column(row, "at")?)?,
    })
}
