//! *Sync Error Logs*: findings and errors by review, by kind, by company, and day by day. Only counts are asked for: there may be
//! a hundred thousand findings.

use cs_ports::{Counted, FindingFilter, FindingGroup, FindingQuery, FindingState, TroubleFilter};
use jiff::civil::Date;

use super::chart::{Bars, Days};
use super::period::Period;
use super::synced::Runs;
use crate::error::WebError;
use crate::pages::errors::told;
use crate::visit::Visit;

/// Bars of a chart.
const BARS: usize = 8;

/// Findings first seen and units failed, day by day.
pub(super) async fn by_day(visit: &Visit, period: Period, runs: &Runs) -> Result<Days, WebError> {
    let query = FindingQuery { from: Some(period.from), to: Some(period.to), ..FindingQuery::default() };
    let found = visit.web.desk.count_findings_by(&query, FindingGroup::Day).await?;
    let mut days = runs.counted(period, |balance| vec![0, balance.failed]);
    for Counted { what, count } in found {
        let counts = what.parse::<Date>().ok().and_then(|day| days.get_mut(&day));
        if let Some(new) = counts.and_then(|counts| counts.first_mut()) {
            *new = count;
        }
    }
    let series = [("s3", "workspace-new-findings"), ("s4", "workspace-failed-units")];
    Ok(Days::of(&visit.words, "workspace-errors", &series, days.into_iter().collect()))
}

/// What stands now, by review, kind, company and cause.
pub(super) async fn bars(visit: &Visit) -> Result<Vec<Bars>, WebError> {
    let (desk, office, words) = (&visit.web.desk, &visit.web.office, &visit.words);
    let filter = FindingFilter { state: Some(FindingState::Open), ..FindingFilter::default() };
    let open = FindingQuery { filter, ..FindingQuery::default() };
    let companies = office.companies().await?;
    let company = |key: &str| {
        let known = companies.iter().find(|about| about.key == key);
        (known.map_or_else(|| key.to_owned(), |about| about.name.clone()), listed("company", key))
    };
    let review = |review: &str| match review {
        "" => (words.say("finding-review-none"), listed("review", "none")),
        said => (said.to_owned(), listed("review", said)),
    };
    let kind = |kind: &str| (office.finding_kind(kind, words.language), listed("kind", kind));
    let cause = |code: &str| {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("code", code).finish();
        (told::meaning(words, code).unwrap_or_else(|| code.to_owned()), format!("/errors?{query}"))
    };
    let by_review = desk.count_findings_by(&open, FindingGroup::Review).await?;
    let by_kind = desk.count_findings_by(&open, FindingGroup::Kind).await?;
    let by_company = desk.count_findings_by(&open, FindingGroup::Company).await?;
    let by_cause = desk.count_troubles(&TroubleFilter::default()).await?;
    Ok(vec![
        Bars::of("workspace-by-review", by_review, BARS, review),
        Bars::of("workspace-by-kind", by_kind, BARS, kind),
        Bars::of("workspace-by-company", by_company, BARS, company),
        Bars::of("workspace-by-cause", by_cause, BARS, cause),
    ])
}

/// The list of the open findings that these are.
fn listed(name: &str, value: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("state", "open")
        .append_pair(name, value)
        .finish();
    format!("/scheduler/findings?{query}")
}
