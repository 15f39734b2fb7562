//! Tokens: made, shown once, revoked.

use askama::Template;
use axum::extract::Path;
use cs_ports::Right;

use super::expect_person;
use super::own::ProfilePage;
use crate::frame::{Frame, Section};
use crate::sent::Sent;
use crate::slips::{Slips, refused};
use crate::visit::{Answer, Visit, done, page};
use crate::work::tokens::{self, Wish};

/// A token that was made; its secret is shown this once.
#[derive(Template)]
#[template(path = "profile/token.html")]
struct TokenPage {
    frame: Frame,
    label: String,
    secret: String,
}

pub(super) async fn make(visit: Visit, sent: Sent) -> Answer {
    expect_person(&visit)?;
    let term = sent.text("days");
    let wish = Wish {
        label: sent.text("label").to_owned(),
        scopes: sent.ticked("scope").iter().filter_map(|name| Right::parse(name)).collect(),
        days: Some(term).filter(|term| !term.is_empty()).map(|term| term.parse().unwrap_or_default()),
    };
    match tokens::make(&visit, &wish).await {
        Ok((token, secret)) => page(&TokenPage {
            frame: visit.frame(Section::Profile, "profile-token-made"),
            label: token.label,
            secret,
        }),
        Err(error) => {
            let again = ProfilePage::of(&visit, Slips::caught(error)?).await?;
            refused(&again.with_wish(wish, term.to_owned()))
        }
    }
}

pub(super) async fn revoke(visit: Visit, Path(id): Path<String>) -> Answer {
    expect_person(&visit)?;
    tokens::revoke(&visit, &id).await?;
    done("/profile", "profile-revoked")
}
