//! One conflict with the others of its unit, decided field by field in one form.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use cs_domain::{ConflictId, StandingConflict};

use super::editors::Editors;
use super::sides::{Seen, Sent, Sides};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::office::Slip;
use crate::pages::labels::Labels;
use crate::pages::shown;
use crate::visit::{Answer, Visit, done, page};
use crate::work::conflicts;

#[derive(Template)]
#[template(path = "conflicts/one.html")]
struct ConflictPage {
    frame: Frame,
    id: ConflictId,
    standing: StandingConflict,
    /// Its record's page in its own system.
    address: Option<String>,
    /// What waits, the one that was asked for first.
    waiting: Vec<Sides>,
    /// What is over.
    over: Vec<Sides>,
    /// What is wrong with the form as a whole.
    slip: Option<String>,
}

impl ConflictPage {
    /// Whether something can be decided here by this person.
    fn decides(&self) -> bool {
        self.frame.may("review") && self.waiting.iter().any(Sides::asks)
    }
}

/// The page, with what was sent and why it was refused.
async fn drawn(visit: &Visit, id: ConflictId, sent: &Sent, slips: &[Slip]) -> Result<ConflictPage, WebError> {
    let standing = conflicts::one(visit, &id).await?;
    let all = conflicts::of_unit(visit, &standing).await?;
    let seen = Seen {
        visit,
        labels: Labels::of_conflicts(visit, &all).await?,
        editors: Editors::of(visit, &all).await,
    };
    let sides = |one: &StandingConflict| {
        let slip = slips.iter().find(|slip| slip.field == one.met.id.0);
        Sides::of(&seen, one, sent, slip.map(|slip| slip.message.clone()))
    };
    let (waiting, over): (Vec<_>, Vec<_>) = all.iter().partition(|one| conflicts::waits(one));
    Ok(ConflictPage {
        frame: visit.titled(Section::Conflicts, shown::record(&standing.subject)),
        address: visit.web.office.address_of(&standing.subject),
        waiting: waiting.into_iter().map(sides).collect(),
        over: over.into_iter().map(sides).collect(),
        slip: slips.iter().find(|slip| slip.field.is_empty()).map(|slip| slip.message.clone()),
        id,
        standing,
    })
}

pub(super) async fn show(visit: Visit, Path(id): Path<ConflictId>) -> Answer {
    page(&drawn(&visit, id, &Sent::nothing(), &[]).await?)
}

pub(super) async fn decide(visit: Visit, Path(id): Path<ConflictId>, body: String) -> Answer {
    let standing = conflicts::one(&visit, &id).await?;
    let sent = Sent::of(&body);
    let all = conflicts::of_unit(&visit, &standing).await?;
    let words: Vec<_> =
        all.into_iter().filter_map(|one| sent.word(&one.met.id.0).map(|word| (one, word))).collect();
    let decided = if words.is_empty() {
        Err(WebError::invalid("", visit.words.say("conflicts-choose")))
    } else {
        conflicts::decide(&visit, &words).await
    };
    match decided {
        Ok(_) => done("/conflicts", "conflicts-noted"),
        Err(WebError::Invalid { slips }) => {
            let shown = page(&drawn(&visit, id, &sent, &slips).await?)?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response())
        }
        Err(error) => Err(error),
    }
}
