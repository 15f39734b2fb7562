//! What is there, by id: finds deletes, which no query shows, and changes that move no version (facts/VTIGER.md, trap 12).
//!
//! Whatever a census does not tell is taken for deleted, and VTiger answers an error of its database with an empty page
//! (trap 11). So the end is never read off a page that is empty or short: it is believed when the module's highest id,
//! asked for by a question of another form and without any of the columns, is not above the last one seen. A module
//! without any record has no such witness; there the database must at least answer for the users, of whom there always
//! is one: ourselves.

use async_trait::async_trait;
use cs_domain::{Kind, RecordId};
use cs_ports::{Census, CensusPage, FieldRequests, PeerError};

use crate::client::{VtigerClient, Wire};
use crate::describe::Described;
use crate::error::VtigerError;
use crate::query::{Columns, any, check_id, highest, record_page};
use crate::read::{id_of, number_of};

/// How much there is after a page.
enum After {
    /// More: a full page, or a record that came while the page was read.
    More,
    /// Nothing, and that is certain.
    End,
}

#[async_trait]
impl Census for VtigerClient {
    async fn census(
        &self,
        kind: &Kind,
        after: Option<&RecordId>,
        fields: &FieldRequests,
    ) -> Result<CensusPage, PeerError> {
        let page = self.count_page(kind, after, fields).await;
        page.map_err(|error| error.into_peer(format!("census of {kind}")))
    }
}

impl VtigerClient {
    async fn count_page(
        &self,
        kind: &Kind,
        after: Option<&RecordId>,
        wanted: &FieldRequests,
    ) -> Result<CensusPage, VtigerError> {
        let described = self.described(kind).await?;
        if let Some(after) = after {
            check_id(&described, after.as_str())?;
        }
        let after_id = after.map(RecordId::as_str);
        let question =
            |columns: &Columns| Ok(record_page(&described, columns, &[], after_id, self.page_size));
        let whole = Columns::wanted(&described, wanted)?;
        let (columns, wanted) = self.fitting(&described, whole, wanted, &question)?;
        let query = question(&columns)?;
        let mut rows = self.rows(query.clone()).await?;
        let mut end = self.end_after(&described, after, &rows).await?;
        if rows.is_empty() && matches!(end, After::More) {
            // Somebody may have created it since. Where the same page is empty once more, it is an error instead.
            rows = self.rows(query).await?;
            end = self.end_after(&described, after, &rows).await?;
            if rows.is_empty() && matches!(end, After::More) {
                return Err(VtigerError::Swallowed { kind: kind.clone() });
            }
        }
        let observations = self.observations(&described, &columns, &rows, wanted).await?;
        Ok(CensusPage { observations, more: matches!(end, After::More) })
    }

    async fn end_after(
        &self,
        described: &Described,
        after: Option<&RecordId>,
        rows: &[Wire],
    ) -> Result<After, VtigerError> {
        if rows.len() >= self.page_size as usize {
            return Ok(After::More);
        }
        let last = match rows.last() {
            Some(row) => Some(number_of(&id_of(row)?)),
            None => after.map(|after| number_of(after.as_str())),
        };
        match (self.highest_id(described).await?, last) {
            (Some(highest), Some(last)) if number_of(highest.as_str()) <= last => Ok(After::End),
            (Some(_), _) => Ok(After::More),
            // A row was seen a moment ago, and now there is none at all.
            (None, _) if !rows.is_empty() => Err(VtigerError::Swallowed { kind: described.kind().clone() }),
            (None, _) => self.empty_module(described).await.map(|()| After::End),
        }
    }

    /// The module's record with the highest id, as far as this user sees.
    pub(crate) async fn highest_id(&self, described: &Described) -> Result<Option<RecordId>, VtigerError> {
        let rows = self.rows(highest(described)).await?;
        rows.first().map(|row| id_of(row).map(RecordId::new)).transpose()
    }

    /// The same, where a module that has none is proven to be empty.
    pub(crate) async fn highest_or_none(
        &self,
        described: &Described,
    ) -> Result<Option<RecordId>, VtigerError> {
        let highest = self.highest_id(described).await?;
        if highest.is_none() {
            self.empty_module(described).await?;
        }
        Ok(highest)
    }

    /// Believes that a module is empty: one more form of the question, and a witness that the database answers.
    async fn empty_module(&self, described: &Described) -> Result<(), VtigerError> {
        let plain = self.rows(any(described.kind())).await?;
        let witness = self.rows(any(&Kind::from("Users"))).await?;
        if plain.is_empty() && !witness.is_empty() {
            return Ok(());
        }
        Err(VtigerError::Swallowed { kind: described.kind().clone() })
    }
}
