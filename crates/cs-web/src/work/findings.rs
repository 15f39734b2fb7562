//! What reviewers say of findings.

use cs_ports::{FindingFilter, FindingId, FindingQuery, Review, StandingFinding};
use serde_json::json;

use crate::error::WebError;
use crate::visit::Visit;

/// Findings that are read, and reviewed, in one go: none of them holds up runs for long.
const BATCH: u32 = 500;

/// What a reviewer may write about a finding, in characters.
const LONGEST_DESCRIPTION: usize = 2_000;

/// Whose findings a review is about.
#[derive(Clone, Debug)]
pub(crate) enum Meant {
    /// These.
    These(Vec<FindingId>),
    /// All that answer a question.
    All(Box<FindingQuery>),
}

/// One finding.
pub(crate) async fn one(visit: &Visit, id: &FindingId) -> Result<StandingFinding, WebError> {
    let filter = FindingFilter { ids: Some(vec![id.clone()]), ..FindingFilter::default() };
    let found = visit.web.desk.findings(&filter, None, 1).await?.pop();
    found.ok_or_else(|| WebError::not_there("finding", id))
}

/// Notes what a reviewer says of one finding; answers it as it is now. What it said already is no news.
pub(crate) async fn review(visit: &Visit, id: &FindingId, said: Review) -> Result<StandingFinding, WebError> {
    let said = expect_sayable(visit, said).await?;
    let before = one(visit, id).await?;
    let same = said.review.as_ref().is_none_or(|review| *review == before.review)
        && said.description.as_ref().is_none_or(|description| *description == before.description);
    if same {
        return Ok(before);
    }
    visit.web.desk.review(std::slice::from_ref(id), &said, visit.web.clock.now()).await?;
    let after = one(visit, id).await?;
    let told = |found: &StandingFinding| json!({ "review": found.review, "description": found.description });
    visit.record("finding.review", format!("finding {id}"), told(&before), told(&after)).await?;
    visit.web.hub.reviewed();
    Ok(after)
}

/// Notes the same of many; answers how many. Which ones they are is settled before the first is changed, because a review
/// may take a finding out of the question's answer.
pub(crate) async fn review_many(visit: &Visit, meant: Meant, said: Review) -> Result<u64, WebError> {
    let said = expect_sayable(visit, said).await?;
    let ids = match meant {
        Meant::These(ids) => ids,
        Meant::All(query) => ids_of(visit, &query).await?,
    };
    let mut reviewed = 0;
    for some in ids.chunks(BATCH as usize) {
        reviewed += visit.web.desk.review(some, &said, visit.web.clock.now()).await?;
    }
    let told = json!({ "review": said.review, "description": said.description, "findings": ids });
    visit.record("finding.review", format!("{reviewed} findings"), json!({}), told).await?;
    visit.web.hub.reviewed();
    Ok(reviewed)
}

async fn ids_of(visit: &Visit, query: &FindingQuery) -> Result<Vec<FindingId>, WebError> {
    let mut ids = Vec::new();
    loop {
        let some = visit.web.desk.query_findings(query, ids.len() as u64, BATCH).await?;
        let last = some.len() < BATCH as usize;
        ids.extend(some.into_iter().map(|found| found.found.id));
        if last {
            return Ok(ids);
        }
    }
}

/// A review is one of the configured list; a description has bounds.
async fn expect_sayable(visit: &Visit, said: Review) -> Result<Review, WebError> {
    let Review { review, description, .. } = said;
    let review = review.map(|review| review.trim().to_owned());
    if let Some(review) = review.as_deref().filter(|review| !review.is_empty()) {
        let known = visit.web.office.reviews().await?;
        if !known.iter().any(|known| known == review) {
            let message = visit.words.tell("finding-no-review", &[("known", known.join(", ").into())]);
            return Err(WebError::invalid("review", message));
        }
    }
    let description = description.map(|description| description.trim().to_owned());
    if description.as_ref().is_some_and(|text| text.chars().count() > LONGEST_DESCRIPTION) {
        return Err(WebError::invalid("description", visit.words.say("finding-description-long")));
    }
    Ok(Review { review, description, by: Some(visit.caller.name()) })
}
