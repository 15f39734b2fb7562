//! Plans that a person approved: exactly they are carried out, or refused where the data moved.

use std::collections::BTreeMap;

use cs_domain::plan::Plan;
use cs_domain::{Advice, Failure, RecordRef};

/// Approved plans, by the record or document they are about.
pub(crate) type Approved = BTreeMap<RecordRef, Plan>;

/// Why a plan may not be carried out, where it is not covered by what was approved.
pub(crate) fn moved(
    approved: &Approved,
    plan: &Plan,
    is_fresh: impl Fn(&RecordRef) -> bool,
) -> Option<Failure> {
    let agreed_to = approved.get(&plan.subject).is_some_and(|then| plan.is_covered_by(then, is_fresh));
    (!agreed_to).then(|| Failure {
        code: "plan.moved".to_owned(),
        cause: format!("{} is not as it was when the plan was made", plan.subject),
        remedy: "Make a new plan with `sync --dry-run --plan FILE`, look at it and apply that one."
            .to_owned(),
        advice: Advice::RetryLater,
        place: None,
    })
}
