//! Somebody: their part and language, their password, whether they may log in.

use askama::Template;
use axum::extract::Path;
use cs_ports::Person;

use super::new::draft;
use super::{PasswordPage, address};
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::sent::Sent;
use crate::slips::{Slips, refused};
use crate::visit::{Answer, Visit, done, page};
use crate::words::Language;
use crate::work::people::{self, Draft};

#[derive(Template)]
#[template(path = "users/one.html")]
struct OnePage {
    frame: Frame,
    person: Person,
    draft: Draft,
    slips: Slips,
    /// Whether the page is about whoever looks at it: nobody locks themselves out.
    own: bool,
    tokens: usize,
}

impl OnePage {
    async fn of(visit: &Visit, person: Person, draft: Option<Draft>, slips: Slips) -> Result<Self, WebError> {
        Ok(Self {
            frame: visit.titled(Section::Users, person.name.clone()),
            draft: draft.unwrap_or_else(|| Draft::of(&person)),
            slips,
            own: visit.caller.person().login == person.login,
            tokens: visit.web.desk.tokens(Some(&person.login)).await?.len(),
            person,
        })
    }
}

pub(super) async fn show(visit: Visit, Path(login): Path<String>) -> Answer {
    let person = people::one(&visit, &login).await?;
    page(&OnePage::of(&visit, person, None, Slips::default()).await?)
}

pub(super) async fn save(visit: Visit, Path(login): Path<String>, sent: Sent) -> Answer {
    let draft = draft(&sent);
    match people::edit(&visit, &login, &draft).await {
        Ok(_) => done("/users", "users-saved"),
        Err(error) => again(&visit, &login, Some(draft), error).await,
    }
}

pub(super) async fn reset_password(visit: Visit, Path(login): Path<String>) -> Answer {
    let (person, password) = people::reset_password(&visit, &login).await?;
    page(&PasswordPage {
        frame: visit.frame(Section::Users, "users-reset-title"),
        name: person.name,
        login: person.login,
        password,
    })
}

pub(super) async fn enable(visit: Visit, Path(login): Path<String>) -> Answer {
    switch(&visit, &login, true, "users-enabled").await
}

pub(super) async fn disable(visit: Visit, Path(login): Path<String>) -> Answer {
    switch(&visit, &login, false, "users-disabled").await
}

async fn switch(visit: &Visit, login: &str, enabled: bool, notice: &str) -> Answer {
    match people::enable(visit, login, enabled).await {
        Ok(_) => done(&address(login), notice),
        Err(error) => again(visit, login, None, error).await,
    }
}

pub(super) async fn remove(visit: Visit, Path(login): Path<String>) -> Answer {
    match people::remove(&visit, &login).await {
        Ok(()) => done("/users", "users-removed"),
        Err(error) => again(&visit, &login, None, error).await,
    }
}

/// The page once more, with why it was refused.
async fn again(visit: &Visit, login: &str, draft: Option<Draft>, error: WebError) -> Answer {
    let slips = Slips::caught(error)?;
    let person = people::one(visit, login).await?;
    refused(&OnePage::of(visit, person, draft, slips).await?)
}
