//! Somebody new.

use askama::Template;
use cs_ports::Part;

use super::PasswordPage;
use crate::frame::{Frame, Section};
use crate::sent::Sent;
use crate::slips::{Slips, refused};
use crate::visit::{Answer, Visit, done, page};
use crate::words::Language;
use crate::work::people::{self, Draft};

#[derive(Template)]
#[template(path = "users/new.html")]
struct NewPage {
    frame: Frame,
    draft: Draft,
    slips: Slips,
}

impl NewPage {
    fn of(visit: &Visit, draft: Draft, slips: Slips) -> Self {
        Self { frame: visit.frame(Section::Users, "users-new"), draft, slips }
    }
}

pub(super) async fn show(visit: Visit) -> Answer {
    let draft = Draft {
        part: Part::SyncerUser.as_str().to_owned(),
        language: visit.words.code().to_owned(),
        ..Draft::default()
    };
    page(&NewPage::of(&visit, draft, Slips::default()))
}

pub(super) async fn add(visit: Visit, sent: Sent) -> Answer {
    let draft = draft(&sent);
    match people::add(&visit, &draft, sent.field("password").unwrap_or_default()).await {
        Ok((_, None)) => done("/users", "users-added"),
        Ok((person, Some(password))) => page(&PasswordPage {
            frame: visit.frame(Section::Users, "users-added-title"),
            name: person.name,
            login: person.login,
            password,
        }),
        Err(error) => refused(&NewPage::of(&visit, draft, Slips::caught(error)?)),
    }
}

/// A person as the form sends them.
pub(super) fn draft(sent: &Sent) -> Draft {
    Draft {
        login: sent.text("login").to_owned(),
        name: sent.text("name").to_owned(),
        part: sent.text("part").to_owned(),
        language: sent.text("language").to_owned(),
    }
}
