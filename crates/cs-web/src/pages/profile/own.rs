//! The page, and what is changed of oneself.

use askama::Template;
use cs_ports::{ApiToken, Right};
use jiff::Timestamp;

use super::expect_person;
use crate::error::WebError;
use crate::frame::{Frame, Section};
use crate::sent::Sent;
use crate::slips::{Slips, refused};
use crate::visit::{Answer, Visit, done, page};
use crate::words::Language;
use crate::work::people;
use crate::work::tokens::Wish;

/// Days that a token can be asked to last; `""`: until it is revoked.
pub(super) const TERMS: [&str; 4] = ["30", "90", "365", ""];

#[derive(Template)]
#[template(path = "profile/own.html")]
pub(super) struct ProfilePage {
    frame: Frame,
    name: String,
    language: String,
    part: String,
    tokens: Vec<ApiToken>,
    now: Timestamp,
    /// What their programs may be allowed.
    rights: Vec<Right>,
    /// The token as it was asked for, where it was refused.
    wish: Wish,
    term: String,
    slips: Slips,
}

impl ProfilePage {
    pub(super) async fn of(visit: &Visit, slips: Slips) -> Result<Self, WebError> {
        let person = visit.caller.person();
        Ok(Self {
            frame: visit.frame(Section::Profile, "nav-profile"),
            name: person.name.clone(),
            language: person.language.clone(),
            part: crate::pages::users::part(&visit.words, &person.part),
            tokens: visit.web.desk.tokens(Some(&person.login)).await?,
            now: visit.web.clock.now(),
            rights: Right::ALL.into_iter().filter(|right| visit.caller.may(*right)).collect(),
            wish: Wish::default(),
            term: "90".to_owned(),
            slips,
        })
    }

    /// With the token that was asked for.
    pub(super) fn with_wish(self, wish: Wish, term: String) -> Self {
        Self { wish, term, ..self }
    }

    fn is_over(&self, token: &ApiToken) -> bool {
        token.expires.is_some_and(|end| end <= self.now)
    }

    fn right(&self, right: &Right) -> String {
        self.frame.say(&format!("right-{}", right.as_str()))
    }

    fn scopes(&self, token: &ApiToken) -> String {
        token.scopes.iter().map(|right| self.right(right)).collect::<Vec<_>>().join(", ")
    }
}

pub(super) async fn show(visit: Visit) -> Answer {
    page(&ProfilePage::of(&visit, Slips::default()).await?)
}

pub(super) async fn save(visit: Visit, sent: Sent) -> Answer {
    expect_person(&visit)?;
    let (name, language) = (sent.text("name"), sent.text("language"));
    match people::edit_self(&visit, name, language).await {
        Ok(_) => done("/profile", "profile-saved"),
        Err(error) => {
            let again = ProfilePage::of(&visit, Slips::caught(error)?).await?;
            refused(&ProfilePage { name: name.to_owned(), language: language.to_owned(), ..again })
        }
    }
}

pub(super) async fn change_password(visit: Visit, sent: Sent) -> Answer {
    expect_person(&visit)?;
    let [old, new, again] = ["old", "new", "again"].map(|field| sent.field(field).unwrap_or_default());
    let changed = if new == again {
        people::change_password(&visit, old, new).await
    } else {
        Err(WebError::invalid("again", visit.words.say("profile-not-the-same")))
    };
    match changed {
        Ok(()) => done("/profile", "profile-password-changed"),
        Err(WebError::TooManyAttempts) => {
            let slips = Slips::caught(WebError::invalid("old", visit.words.say("login-too-many")))?;
            refused(&ProfilePage::of(&visit, slips).await?)
        }
        Err(error) => refused(&ProfilePage::of(&visit, Slips::caught(error)?).await?),
    }
}
